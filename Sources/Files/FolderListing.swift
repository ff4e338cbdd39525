import Glibc
package import SystemPackage

extension HostFiles {
    /// The names in a folder as the file system has them, sorted, without `.` and `..`; they need not be UTF-8.
    package static func rawNames(in path: FilePath) throws -> [[UInt8]] {
        let descriptor = path.withPlatformString { open($0, O_RDONLY | O_DIRECTORY | O_CLOEXEC) }
        guard descriptor >= 0 else { throw SystemError.last("list", path) }
        return try rawNames(of: descriptor, shown: path)
    }

    /// The names in an open folder.
    ///
    /// Takes the descriptor over; `shown` is the path of the folder for errors.
    package static func rawNames(of descriptor: Int32, shown: FilePath) throws -> [[UInt8]] {
        guard let stream = fdopendir(descriptor) else {
            let error = SystemError.last("list", shown)
            close(descriptor)
            throw error
        }
        defer { closedir(stream) }
        var result: [[UInt8]] = []
        while true {
            errno = 0
            guard let item = readdir(stream) else {
                guard errno == 0 else { throw SystemError.last("list", shown) }
                break
            }
            let name = withUnsafePointer(to: &item.pointee.d_name) {
                $0.withMemoryRebound(to: CChar.self, capacity: 256) { text in
                    UnsafeBufferPointer(start: text, count: strlen(text)).map(UInt8.init(bitPattern:))
                }
            }
            if name != [0x2E], name != [0x2E, 0x2E] { result.append(name) }
        }
        return result.sorted { $0.lexicographicallyPrecedes($1) }
    }

    /// O_PATH, which Glibc's module leaves out: a place in the tree, neither readable nor writable.
    static var placeOnly: Int32 { 0o10_000_000 }

    /// Passes a name's bytes to a system call.
    package static func withName<Result>(_ name: [UInt8], _ body: (UnsafePointer<CChar>) throws -> Result) rethrows
        -> Result
    {
        try (name + [0]).withUnsafeBufferPointer {
            try $0.withMemoryRebound(to: CChar.self) { buffer in
                guard let base = buffer.baseAddress else { preconditionFailure("a name ends with a zero byte") }
                return try body(base)
            }
        }
    }

    /// Removes an entry of an open folder with everything in it, without following links; what is not there is fine.
    ///
    /// Where the folder was moved meanwhile, it is still the one that is worked on. `shown` is the entry's path for
    /// errors.
    package static func remove(_ name: String, in folder: Int32, shown: FilePath) throws {
        try withName(Array(name.utf8)) { try TreeRemoval(shown).remove($0, in: folder) }
    }
}

/// Removes a tree through open folders, so that no name in it can lead the way out.
struct TreeRemoval {
    private let shown: FilePath
    /// How many folders are open at once; what lies deeper is moved up first.
    private static let limit = 100

    init(_ shown: FilePath) { self.shown = shown }

    func remove(_ name: UnsafePointer<CChar>, in folder: Int32) throws {
        if try unlinked(name, folder) { return }
        let top = try opened(name, folder)
        defer { close(top) }
        var number = 0
        while try !empty(top, depth: 1, top: top, &number) {}
        try removeFolder(name, folder)
    }

    /// Whether something other than a full folder was at the name, and is gone.
    private func unlinked(_ name: UnsafePointer<CChar>, _ folder: Int32) throws -> Bool {
        if unlinkat(folder, name, 0) == 0 || errno == ENOENT { return true }
        guard errno == EISDIR || errno == EPERM else { throw SystemError.last("remove", shown) }
        return unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT
    }

    private func removeFolder(_ name: UnsafePointer<CChar>, _ folder: Int32) throws {
        guard unlinkat(folder, name, AT_REMOVEDIR) == 0 || errno == ENOENT else {
            throw SystemError.last("remove", shown)
        }
    }

    /// A folder, made accessible to its owner.
    private func opened(_ name: UnsafePointer<CChar>, _ folder: Int32) throws -> Int32 {
        let flags = O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC
        var descriptor = openat(folder, name, O_RDONLY | flags)
        if descriptor < 0, errno == EACCES {
            let place = openat(folder, name, HostFiles.placeOnly | flags)
            guard place >= 0 else { throw SystemError.last("remove", shown) }
            defer { close(place) }
            chmod("/proc/self/fd/\(place)", 0o700)
            descriptor = openat(folder, name, O_RDONLY | flags)
        }
        guard descriptor >= 0 else { throw SystemError.last("remove", shown) }
        fchmod(descriptor, 0o700)
        return descriptor
    }

    /// Removes what is in a folder; false where something was moved up to `top` and is still to be removed.
    private func empty(_ folder: Int32, depth: Int, top: Int32, _ number: inout Int) throws -> Bool {
        let listed = openat(folder, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard listed >= 0 else { throw SystemError.last("remove", shown) }
        let names = try HostFiles.rawNames(of: listed, shown: shown)
        var isEmpty = true
        for name in names {
            try HostFiles.withName(name) { name in
                if try unlinked(name, folder) { return }
                let inner = try opened(name, folder)
                defer { close(inner) }
                guard depth < Self.limit else {
                    number += 1
                    guard renameat(folder, name, top, ".autoimage-removed-\(getpid())-\(number)") == 0 else {
                        throw SystemError.last("remove", shown)
                    }
                    isEmpty = false
                    return
                }
                if try !empty(inner, depth: depth + 1, top: top, &number) { isEmpty = false }
                try removeFolder(name, folder)
            }
        }
        return isEmpty
    }
}
