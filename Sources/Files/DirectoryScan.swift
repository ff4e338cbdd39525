import Glibc
import Planning
import SystemPackage

/// One walk over a folder that asks the ignore rules about every name.
struct DirectoryScan {
    private(set) var entries: [SourceEntry] = []
    private(set) var warnings: [String] = []
    private let rules: IgnoreRules
    /// The bytes of the path at hand, grown and cut as the walk goes.
    private var path: [UInt8] = []

    init(rules: IgnoreRules) { self.rules = rules }

    mutating func run(_ root: OpenFolder) throws {
        // The stream takes the descriptor with it, so it gets its own.
        let descriptor = openat(root.descriptor, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw OpenFolder.unreadable(.root) }
        try scan(descriptor, at: .root, state: rules.root)
    }

    /// The names of a folder in one array of bytes.
    private struct Names {
        var bytes: [UInt8] = []
        var items: [(range: Range<Int>, type: UInt8)] = []

        mutating func sort() {
            bytes.withUnsafeBufferPointer { bytes in
                items.sort { left, right in
                    let count = min(left.range.count, right.range.count)
                    guard let base = bytes.baseAddress else { return false }
                    let order = memcmp(base + left.range.lowerBound, base + right.range.lowerBound, count)
                    return order == 0 ? left.range.count < right.range.count : order < 0
                }
            }
        }
    }

    /// Reads a folder, which is closed afterwards.
    private mutating func scan(_ descriptor: Int32, at folder: SourcePath, state: IgnoreRules.Folder) throws {
        guard let stream = fdopendir(descriptor) else {
            close(descriptor)
            throw OpenFolder.unreadable(folder)
        }
        defer { closedir(stream) }
        var names = Names()
        errno = 0
        while let item = readdir(stream) {
            let name = UnsafeRawPointer(item) + (MemoryLayout<dirent>.offset(of: \.d_name) ?? 0)
            let length = strlen(name.assumingMemoryBound(to: CChar.self))
            let text = UnsafeRawBufferPointer(start: name, count: length)
            if text.elementsEqual(".".utf8) || text.elementsEqual("..".utf8) { continue }
            let start = names.bytes.count
            names.bytes.append(contentsOf: text)
            names.bytes.append(0)
            names.items.append((start..<start + length, item.pointee.d_type))
        }
        guard errno == 0 else { throw OpenFolder.unreadable(folder) }
        names.sort()
        let length = path.count
        if length > 0 { path.append(UInt8(ascii: "/")) }
        let start = path.count
        for item in names.items {
            path.append(contentsOf: names.bytes[item.range])
            defer { path.removeSubrange(start...) }
            try names.bytes.withUnsafeBufferPointer { bytes in
                guard let base = bytes.baseAddress else { return }
                try visit(
                    (base + item.range.lowerBound).withMemoryRebound(to: CChar.self, capacity: item.range.count + 1) {
                        $0
                    },
                    type: item.type, nameAt: start, in: folder, descriptor: descriptor, state: state)
            }
        }
        path.removeSubrange(length...)
    }

    private mutating func visit(
        _ name: UnsafePointer<CChar>, type: UInt8, nameAt start: Int, in folder: SourcePath, descriptor: Int32,
        state: IgnoreRules.Folder
    ) throws {
        var status = stat()
        var isFolder = type == UInt8(DT_DIR)
        if type == UInt8(DT_UNKNOWN) {
            guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
            isFolder = status.st_mode & S_IFMT == S_IFDIR
        }
        let holds = { (condition: DefaultIgnore.Condition) in Self.holds(condition, name: name, in: descriptor) }
        if isFolder {
            let inner = rules.folder(path, name: start, in: state, holds: holds)
            guard !inner.isIgnored || inner.mayHoldExceptions else { return }
            try enter(name, in: folder, descriptor: descriptor, state: inner)
        } else if !rules.ignoresFile(path, name: start, in: state, holds: holds) {
            try add(name, in: folder, descriptor: descriptor)
        }
    }

    /// Goes into a folder; an ignored one stays only as the parent of what is let in below it.
    private mutating func enter(
        _ name: UnsafePointer<CChar>, in folder: SourcePath, descriptor: Int32, state: IgnoreRules.Folder
    ) throws {
        let here = try Self.path(name, in: folder)
        let next = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
        guard next >= 0 else { throw OpenFolder.unreadable(here) }
        let position = entries.count
        entries.append(SourceEntry(path: here, kind: .folder))
        try scan(next, at: here, state: state)
        guard state.isIgnored, entries.count == position + 1 else { return }
        entries.removeLast()
    }

    private mutating func add(_ name: UnsafePointer<CChar>, in folder: SourcePath, descriptor: Int32) throws {
        let here = try Self.path(name, in: folder)
        var status = stat()
        // What vanished since the folder was read was never there.
        guard fstatat(descriptor, name, &status, AT_SYMLINK_NOFOLLOW) == 0 else { return }
        switch status.st_mode & S_IFMT {
        case S_IFREG:
            if status.st_mode & 0o444 != 0o444, faccessat(descriptor, name, R_OK, AT_EACCESS) != 0 {
                throw OpenFolder.unreadable(here)
            }
            let kind = SourceEntry.Kind.file(executable: status.st_mode & 0o111 != 0, size: Int64(status.st_size))
            entries.append(SourceEntry(path: here, kind: kind))
        case S_IFLNK:
            let target = try Self.target(name, in: descriptor, at: here)
            if folder.resolving(target) == nil {
                warnings.append(
                    "\(here): this link leads out of the source tree, to '\(target)'; what it points at is not copied")
            }
            entries.append(SourceEntry(path: here, kind: .link(target: target)))
        default:
            warnings.append("\(here): left out, for it is a socket, pipe or device")
        }
    }

    private static func path(_ name: UnsafePointer<CChar>, in folder: SourcePath) throws -> SourcePath {
        guard let text = String(validatingCString: name) else {
            throw SourceError.unusableName(folder: folder, name: String(cString: name))
        }
        return folder.appending(name: text)
    }

    private static func target(_ name: UnsafePointer<CChar>, in descriptor: Int32, at path: SourcePath) throws -> String
    {
        try withUnsafeTemporaryAllocation(of: CChar.self, capacity: Int(PATH_MAX) + 1) { buffer in
            guard let start = buffer.baseAddress else { return "" }
            let count = readlinkat(descriptor, name, start, Int(PATH_MAX))
            guard count >= 0 else { throw OpenFolder.unreadable(path) }
            let bytes = UnsafeRawBufferPointer(rebasing: UnsafeRawBufferPointer(buffer)[..<count])
            guard let text = String(validating: bytes, as: UTF8.self) else {
                throw SourceError.unreadable(path, reason: "the target of this link is not UTF-8")
            }
            return text
        }
    }

    private static func holds(
        _ condition: DefaultIgnore.Condition, name: UnsafePointer<CChar>, in descriptor: Int32
    ) -> Bool {
        switch condition {
        case .always: return true
        case .holdsFile(let file):
            let folder = openat(descriptor, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC)
            guard folder >= 0 else { return false }
            defer { close(folder) }
            var status = stat()
            return fstatat(folder, file, &status, AT_SYMLINK_NOFOLLOW) == 0
        case .holdsToken:
            let file = openat(descriptor, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC)
            guard file >= 0 else { return true }
            defer { close(file) }
            let text = withUnsafeTemporaryAllocation(byteCount: 1 << 16, alignment: 1) { buffer in
                String(decoding: buffer[..<max(0, read(file, buffer.baseAddress, buffer.count))], as: UTF8.self)
            }
            return DefaultIgnore.holdsToken(text)
        }
    }
}
