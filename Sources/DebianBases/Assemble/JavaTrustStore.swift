import Crypto

/// The certificate authorities as Java reads them: a key store of the kind JKS, version 2, with the password `changeit`.
///
/// Debian's package makes it in its script, by Java. Big-endian: magic, version, number of entries; for each its tag, name,
/// date, kind and DER bytes; then the SHA-1 of the password, the words `Mighty Aphrodite` and all that precedes
/// (sun.security.provider.JavaKeyStore).
struct JavaTrustStore {
    let bytes: [UInt8]

    /// A store of the certificates of some PEM files; `malformed` is what is thrown for the name of a file that holds none.
    init(
        pem files: [(name: String, text: String)], malformed: (String) -> DebianBaseError
    ) throws(DebianBaseError) {
        var entries: [(name: String, der: [UInt8])] = []
        for file in files {
            guard let certificates = PEM.certificates(in: file.text) else { throw malformed(file.name) }
            for (index, der) in certificates.enumerated() {
                let suffix = index == 0 ? "" : "-\(index + 1)"
                entries.append(("debian:\(file.name.lowercased())\(suffix)", der))
            }
        }
        var writer = BigEndian()
        writer.add(0xFEED_FEED as UInt32)
        writer.add(2 as UInt32)
        writer.add(UInt32(entries.count))
        for entry in entries {
            // A trusted certificate.
            writer.add(2 as UInt32)
            writer.add(text: entry.name)
            // No date: the bytes depend on the authorities alone.
            writer.add(0 as UInt64)
            writer.add(text: "X.509")
            writer.add(UInt32(entry.der.count))
            writer.bytes += entry.der
        }
        let password = "changeit".utf16.flatMap { [UInt8($0 >> 8), UInt8($0 & 0xff)] }
        var hash = Insecure.SHA1()
        hash.update(data: password)
        hash.update(data: Array("Mighty Aphrodite".utf8))
        hash.update(data: writer.bytes)
        bytes = writer.bytes + Array(hash.finalize())
    }

    private struct BigEndian {
        var bytes: [UInt8] = []

        mutating func add(_ value: some FixedWidthInteger) {
            withUnsafeBytes(of: value.bigEndian) { bytes += $0 }
        }

        /// Java's modified UTF-8: a character outside the basic plane is written as its two surrogates, 0 as two bytes.
        mutating func add(text: String) {
            var encoded: [UInt8] = []
            for unit in text.utf16 {
                switch unit {
                case 1..<0x80: encoded.append(UInt8(unit))
                case ..<0x800: encoded += [0xC0 | UInt8(unit >> 6), 0x80 | UInt8(unit & 0x3F)]
                default:
                    encoded += [
                        0xE0 | UInt8(unit >> 12), 0x80 | UInt8(unit >> 6 & 0x3F), 0x80 | UInt8(unit & 0x3F),
                    ]
                }
            }
            add(UInt16(encoded.count))
            bytes += encoded
        }
    }
}

/// Text that wraps certificates (RFC 7468).
enum PEM {
    /// The DER bytes of the certificates in a text, in order; nil where it has none or one is broken.
    static func certificates(in text: String) -> [[UInt8]]? {
        var result: [[UInt8]] = []
        var body: String?
        for line in text.split(whereSeparator: \.isNewline) {
            if line == "-----BEGIN CERTIFICATE-----" {
                body = ""
            } else if line == "-----END CERTIFICATE-----" {
                guard let text = body, let der = decode(text), !der.isEmpty else { return nil }
                result.append(der)
                body = nil
            } else {
                body?.append(contentsOf: line)
            }
        }
        return result.isEmpty || body != nil ? nil : result
    }

    /// The bytes that base64 stands for (RFC 4648, section 4); nil where it is none.
    private static func decode(_ text: String) -> [UInt8]? {
        let digits = text.utf8.reversed().drop { $0 == UInt8(ascii: "=") }.reversed()
        guard text.utf8.count % 4 == 0, text.utf8.count - digits.count < 3 else { return nil }
        var (buffer, count) = (0 as UInt32, 0)
        var result: [UInt8] = []
        for digit in digits {
            guard let value = value(of: digit) else { return nil }
            buffer = buffer << 6 | value
            count += 6
            guard count >= 8 else { continue }
            count -= 8
            result.append(UInt8(truncatingIfNeeded: buffer >> UInt32(count)))
        }
        return result
    }

    private static func value(of digit: UInt8) -> UInt32? {
        switch digit {
        case UInt8(ascii: "A")...UInt8(ascii: "Z"): UInt32(digit - UInt8(ascii: "A"))
        case UInt8(ascii: "a")...UInt8(ascii: "z"): UInt32(digit - UInt8(ascii: "a")) + 26
        case UInt8(ascii: "0")...UInt8(ascii: "9"): UInt32(digit - UInt8(ascii: "0")) + 52
        case UInt8(ascii: "+"): 62
        case UInt8(ascii: "/"): 63
        default: nil
        }
    }
}
