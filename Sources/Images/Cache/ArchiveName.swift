/// How the names of a tree stand in an archive of the cache.
///
/// An archive holds text, and `.wh.` at the start of a name means something in it. So bytes that are not UTF-8, `%`
/// itself and the first byte of a name that only looks like a whiteout are written as `%` and two hex digits.
enum ArchiveName {
    /// Before the name of what a folder hides of the layers below (OCI image-spec, layer.md, "Whiteouts").
    static let whiteout = Array(".wh.".utf8)

    /// A name, or a link's target, as text.
    static func text(_ bytes: [UInt8], isName: Bool = true) -> String {
        let isText = String(validating: bytes, as: UTF8.self) != nil
        let looksHidden = isName && bytes.starts(with: whiteout)
        var result: [UInt8] = []
        for (index, byte) in bytes.enumerated() {
            let isPlain = byte != UInt8(ascii: "%") && (isText || byte < 0x80) && !(looksHidden && index == 0)
            if isPlain {
                result.append(byte)
            } else {
                result += [UInt8(ascii: "%"), digit(byte >> 4), digit(byte & 15)]
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The path of names as text.
    static func text(path: [[UInt8]]) -> String { path.map { text($0) }.joined(separator: "/") }

    /// The bytes that a text stands for.
    static func bytes(_ text: some Sequence<UInt8>) throws(CacheError) -> [UInt8] {
        var result: [UInt8] = []
        var rest = Array(text)[...]
        while let byte = rest.popFirst() {
            guard byte == UInt8(ascii: "%") else {
                result.append(byte)
                continue
            }
            guard let high = rest.popFirst().flatMap(value), let low = rest.popFirst().flatMap(value) else {
                throw .badArchive(reason: "a name has % without two hex digits")
            }
            result.append(high << 4 | low)
        }
        return result
    }

    /// The names that a path stands for, and whether the last is one that the folder hides.
    ///
    /// Fails where a name is empty, `.` or `..`, or holds a slash or a null.
    static func names(_ path: String) throws(CacheError) -> (names: [[UInt8]], isHidden: Bool) {
        if path == "." { return ([], false) }
        var result: [[UInt8]] = []
        var isHidden = false
        for part in path.utf8.split(separator: UInt8(ascii: "/"), omittingEmptySubsequences: false) {
            guard !isHidden else { throw .badArchive(reason: "it puts something into what it hides") }
            isHidden = part.starts(with: whiteout)
            let name = try bytes(isHidden ? part.dropFirst(whiteout.count) : part)
            guard !name.isEmpty, name != [0x2E], name != [0x2E, 0x2E], !name.contains(0), !name.contains(0x2F) else {
                throw .badArchive(reason: "it has a path that leads elsewhere")
            }
            result.append(name)
        }
        return (result, isHidden)
    }

    private static func digit(_ value: UInt8) -> UInt8 { value < 10 ? 0x30 + value : 0x41 + value - 10 }

    private static func value(_ digit: UInt8) -> UInt8? {
        switch digit {
        case 0x30...0x39: digit - 0x30
        case 0x41...0x46: digit - 0x41 + 10
        default: nil
        }
    }
}
