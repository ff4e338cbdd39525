import Glibc
package import SystemPackage

/// Where autoimage keeps what outlives a build: `$AUTOIMAGE_HOME`, or `autoimage` in the user's cache folder.
///
/// Everything in it may be removed at any time between builds. Entries appear by rename and are complete from then on;
/// what a killed build left in `temporary` is removed by the next one.
package struct State: Sendable {
    package let home: FilePath

    /// Finds the place and makes its folders.
    package init(environment: [String: String]) throws {
        if let home = environment["AUTOIMAGE_HOME"], !home.isEmpty {
            try self.init(home: FilePath(home))
        } else if let cache = environment["XDG_CACHE_HOME"], cache.hasPrefix("/") {
            try self.init(home: FilePath(cache).appending("autoimage"))
        } else if let user = environment["HOME"], user.hasPrefix("/") {
            try self.init(home: FilePath(user).appending(".cache").appending("autoimage"))
        } else {
            throw StateError.noHome
        }
    }

    /// Uses a given folder.
    package init(home: FilePath) throws {
        var absolute = home
        if !home.isAbsolute {
            guard let current = getcwd(nil, 0) else { throw SystemError.last("find", ".") }
            defer { free(current) }
            absolute = FilePath(String(cString: current)).pushing(home)
        }
        self.home = absolute.lexicallyNormalized()
        let folders = [images, bases, steps, caches, debian, unpacked, failed, locks, temporary]
        try HostFiles.makeFolder(self.home)
        // A folder that holds anything else is not ours to close: somebody may have named /srv or /tmp.
        let ours = Set(folders.compactMap { $0.lastComponent?.string })
        if try ours.isSuperset(of: HostFiles.names(in: self.home)) { try Self.closeToOthers(self.home) }
        for folder in folders { try HostFiles.makeFolder(folder, mode: 0o700) }
        for folder in [bases, steps, caches, unpacked, failed, temporary] { try Self.closeToOthers(folder) }
        try sweep()
    }

    /// The local store of images: an OCI layout.
    package var images: FilePath { home.appending("images") }
    /// Unpacked bases, a folder each, named by the digest of what made them.
    package var bases: FilePath { home.appending("bases") }
    /// Kept step results by key.
    package var steps: FilePath { home.appending("steps") }
    /// Cache mounts by the hash of their id.
    package var caches: FilePath { home.appending("caches") }
    /// Debian indexes and packages.
    package var debian: FilePath { home.appending("debian") }
    /// Layers unpacked for `run`, by diffID.
    package var unpacked: FilePath { home.appending("unpacked") }
    /// Trees of failed steps, for `autoimage shell`.
    package var failed: FilePath { home.appending("failed") }
    package var locks: FilePath { home.appending("locks") }
    /// Work in progress; each entry `NAME` belongs to the process that holds the lock `NAME.lock`.
    package var temporary: FilePath { home.appending("tmp") }

    /// A new folder for work in progress, removed by `deinit` or, after a kill, by the next build.
    package func makeTemporary(_ purpose: String) throws -> TemporaryFolder {
        try TemporaryFolder(in: self, purpose: purpose)
    }

    /// The path of the lock with a name; slashes and the like are taken out of it.
    package func lock(_ name: String) -> FilePath {
        locks.appending(String(name.map { $0.isLetter || $0.isNumber || "._-+".contains($0) ? $0 : "_" }))
    }

    /// Lets nobody but its owner into a folder of trees: what steps of root leave there is root's, programs included.
    private static func closeToOthers(_ folder: FilePath) throws {
        var status = stat()
        guard lstat(folder.string, &status) == 0, status.st_mode & S_IFMT == S_IFDIR, status.st_uid == geteuid(),
            status.st_mode & 0o077 != 0
        else { return }
        guard chmod(folder.string, 0o700) == 0 else { throw SystemError.last("close to others", folder) }
    }

    private func removeLeavings(ofLock name: String) throws {
        let path = temporary.appending(name)
        guard let lock = try FileLock.attempt(path), lock.isAt(path) else { return }
        try? HostFiles.remove(temporary.appending(String(name.dropLast(".lock".utf8.count))))
        unlink(path.string)
    }

    /// Removes the leavings of processes that were killed.
    private func sweep() throws {
        for name in try HostFiles.names(in: temporary) where name.hasSuffix(".lock") {
            try removeLeavings(ofLock: name)
        }
    }
}

/// A folder for work in progress.
package struct TemporaryFolder: ~Copyable {
    package let path: FilePath
    private let lockPath: FilePath
    private let lock: FileLock

    fileprivate init(in state: State, purpose: String) throws {
        while true {
            let path = state.temporary.appending("\(purpose)-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
            let lockPath = FilePath(path.string + ".lock")
            let lock = try FileLock(lockPath)
            // Another process may have taken the new file for a leaving and removed it before it was locked.
            guard lock.isAt(lockPath) else { continue }
            try HostFiles.makeFolder(path)
            self.init(path: path, lock: lock)
            return
        }
    }

    private init(path: FilePath, lock: consuming FileLock) {
        self.path = path
        lockPath = FilePath(path.string + ".lock")
        self.lock = lock
    }

    /// Moves the folder, or an entry in it, to its final place and returns whether it did.
    ///
    /// Where something is there already, that stays and this one is dropped.
    package func move(_ entry: FilePath, to final: FilePath) throws -> Bool {
        if rename(entry.string, final.string) == 0 { return true }
        guard errno == EEXIST || errno == ENOTEMPTY else { throw SystemError.last("create", final) }
        return false
    }

    deinit {
        try? HostFiles.remove(path)
        unlink(lockPath.string)
    }
}

/// Why there is no place for state.
package enum StateError: Error, Equatable, CustomStringConvertible {
    case noHome

    package var description: String {
        switch self {
        case .noHome: "no place to keep images and caches: set HOME or AUTOIMAGE_HOME"
        }
    }
}
