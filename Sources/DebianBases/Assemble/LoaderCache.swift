import Files
import Glibc
import Images
import Planning
import SystemPackage

/// `/etc/ld.so.cache`, as ldconfig(8) would write it: where every library is that programs ask for by name.
///
/// The loader finds our libraries without it. Who asks `ldconfig -p` does not: Python's `ctypes.util.find_library`, by which
/// many projects find what they open. The format is glibc's `struct cache_file_new` (sysdeps/generic/dl-cache.h).
struct LoaderCache {
    /// Names and places, each name once.
    private let libraries: [String: String]
    private let flags: UInt32

    /// Writes the cache of a tree, where its architecture's flags are known.
    static func write(in tree: FilePath, architecture: String) throws {
        guard let cache = try LoaderCache(of: HostFolder(tree), architecture: architecture) else { return }
        let path = tree.pushing("etc/ld.so.cache")
        try AtomicFile.write(cache.bytes, to: path)
        guard chmod(path.string, 0o644) == 0 else { throw SystemError.last("change the mode of", path) }
    }

    /// The libraries of a tree of packages; nil for an architecture whose flags are not known.
    init?(of tree: HostFolder, architecture: String) throws {
        guard let machine = Self.machines[architecture] else { return nil }
        var libraries: [String: String] = [:]
        for place in ["/usr/lib", "/usr/lib/\(machine.triplet)"] {
            guard let folder = try tree.folder(at: ImagePath.root.resolving(place)) else { continue }
            for name in try Self.names(in: folder) { libraries[name] = "\(place)/\(name)" }
        }
        self.libraries = libraries
        flags = machine.flags
    }

    /// The names that libraries go by, without the links that only linkers follow.
    ///
    /// Packages give each library a link of the name that others know it by (Debian policy 8.1), unless the file itself has it.
    private static func names(in folder: HostFolder) throws -> [String] {
        let all = try folder.names().filter { $0.hasPrefix("lib") && $0.contains(".so") || $0.hasPrefix("ld-linux") }
        var links: [String: String] = [:]
        for name in all { links[name] = try folder.linkTarget(name) }
        let targets = Set(links.values)
        return all.filter { name in
            if links[name] != nil { return !name.hasSuffix(".so") }
            return folder.isFile(name) && !targets.contains(name)
        }
    }

    /// The file's bytes.
    var bytes: [UInt8] {
        let sorted = libraries.sorted { Self.compare($0.key, $1.key) > 0 }
        let entrySize = 24
        let headerSize = 48
        var strings: [UInt8] = []
        var entries: [UInt8] = []
        let base = headerSize + entrySize * sorted.count
        for (name, path) in sorted {
            let key = base + strings.count
            strings += Array(name.utf8) + [0]
            let value = base + strings.count
            strings += Array(path.utf8) + [0]
            entries += [flags, UInt32(key), UInt32(value), 0, 0, 0].flatMap(Self.littleEndian)
        }
        // flags 2 says little endian.
        return Array("glibc-ld.so.cache1.1".utf8) + Self.littleEndian(UInt32(sorted.count))
            + Self.littleEndian(UInt32(strings.count)) + [2, 0, 0, 0] + [0, 0, 0, 0].flatMap(Self.littleEndian)
            + entries + strings
    }

    private static func littleEndian(_ value: UInt32) -> [UInt8] {
        (0..<4).map { UInt8(truncatingIfNeeded: value >> ($0 * 8)) }
    }

    /// glibc's order of names, by which it searches: runs of digits count as numbers and come after everything else
    /// (`_dl_cache_libcmp`).
    static func compare(_ one: String, _ other: String) -> Int {
        var (a, b) = (Array(one.utf8)[...], Array(other.utf8)[...])
        func isDigit(_ byte: UInt8) -> Bool { (48...57).contains(byte) }
        func number(_ text: inout ArraySlice<UInt8>) -> Int {
            let digits = text.prefix(while: isDigit)
            text = text.dropFirst(digits.count)
            // Fifteen digits are more than any version has, and fit.
            return digits.suffix(15).reduce(0) { $0 * 10 + Int($1 - 48) }
        }
        while let x = a.first {
            guard let y = b.first else { return 1 }
            switch (isDigit(x), isDigit(y)) {
            case (true, true):
                let difference = number(&a) - number(&b)
                if difference != 0 { return difference }
            case (true, false): return 1
            case (false, true): return -1
            case (false, false):
                if x != y { return Int(x) - Int(y) }
                a = a.dropFirst()
                b = b.dropFirst()
            }
        }
        return b.isEmpty ? 0 : -1
    }

    /// The folder of an architecture's libraries; nil where it is not known.
    static func triplet(_ architecture: String) -> String? { machines[architecture]?.triplet }

    /// By Debian's name: what the loader compares with itself, of little-endian machines (`FLAG_ELF_LIBC6` and the ABI's).
    private static let machines: [String: (triplet: String, flags: UInt32)] = [
        "amd64": ("x86_64-linux-gnu", 0x0303), "arm64": ("aarch64-linux-gnu", 0x0a03),
        "i386": ("i386-linux-gnu", 0x0003),
    ]
}
