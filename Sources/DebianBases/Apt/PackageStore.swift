import Files
import Glibc
import OCI
import Planning
import SystemPackage

/// Downloaded packages, named by their digest, and verified each time they are handed out.
struct PackageStore: Sendable {
    let folder: FilePath
    let state: State
    let access: DebianAccess
    let note: @Sendable (String) -> Void

    /// The files of all packages of a pin, in its order.
    ///
    /// What is not there is fetched: from the mirror, what that has dropped from the fallbacks and last from the
    /// snapshot. `roots` are opened only where something is missing.
    func fetch(
        _ pin: DebianPin, of base: String, refresh: (AptRoot) async throws -> Void,
        roots: () async throws -> (mirror: AptRoot, snapshot: AptRoot?)
    ) async throws -> [FilePath] {
        try HostFiles.makeFolder(folder)
        if try missing(pin).isEmpty { return files(of: pin) }
        let roots = access.isOffline ? nil : try await roots()
        let problem: DebianBaseError? =
            if let roots { try await fetchFromMirror(pin, roots.mirror, refresh) } else { nil }
        var wanted = try missing(pin)
        if !wanted.isEmpty { wanted = try await fetchFromFallbacks(pin, wanted) }
        if !wanted.isEmpty, let snapshot = roots?.snapshot {
            wanted = try await fetchFromSnapshot(pin, wanted, snapshot, refresh)
        }
        guard wanted.isEmpty else {
            let names = wanted.map { "\($0.name) \($0.version)" }
            guard !access.isOffline else { throw DebianBaseError.missingOffline(base: base, packages: names) }
            if case .gone? = problem { throw DebianBaseError.gone(packages: names, suite: pin.suite) }
            throw problem ?? .gone(packages: names, suite: pin.suite)
        }
        return files(of: pin)
    }

    /// Whether the file of a package is here with the right bytes.
    func file(of package: PinnedPackage) throws -> FilePath? {
        let path = place(package.sha256)
        return try Self.digest(of: path) == package.sha256 ? path : nil
    }

    private func files(of pin: DebianPin) -> [FilePath] { pin.packages.map { place($0.sha256) } }

    // MARK: Sources

    /// Downloads what the mirror still has; returns why the rest could not be had, where there is any.
    private func fetchFromMirror(
        _ pin: DebianPin, _ root: AptRoot, _ refresh: (AptRoot) async throws -> Void
    ) async throws -> DebianBaseError? {
        try await root.locked {
            var wanted = try missing(pin)
            guard !wanted.isEmpty else { return nil }
            note("downloading \(wanted.count) packages of Debian \(pin.suite)")
            var isFresh = false
            do {
                if try !root.hasIndex() {
                    try await refresh(root)
                    isFresh = true
                }
                var output = try await download(try await root.offered(wanted), root)
                wanted = try missing(pin)
                if !wanted.isEmpty, !isFresh {
                    try await refresh(root)
                    output = try await download(try await root.offered(wanted), root)
                    wanted = try missing(pin)
                }
                return wanted.isEmpty ? nil : try await failure(wanted, pin, output, root)
            } catch let error as DebianBaseError {
                if case .wrongDigest = error { throw error }
                return error
            }
        }
    }

    /// Asks the fallbacks in turn; returns what none of them had.
    private func fetchFromFallbacks(_ pin: DebianPin, _ wanted: [PinnedPackage]) async throws -> [PinnedPackage] {
        guard !access.fallbacks.isEmpty else { return wanted }
        let work = try state.makeTemporary("package")
        for package in wanted {
            for fallback in access.fallbacks {
                try Task.checkCancellation()
                let file = work.path.appending(package.sha256.hex)
                do {
                    guard try await fallback(package, file) else { continue }
                } catch is CancellationError {
                    throw CancellationError()
                } catch {
                    note("the cache does not give \(package.name) \(package.version): \(error)")
                    continue
                }
                if try Self.digest(of: file) == package.sha256 {
                    try take(file, package)
                    note("\(package.name) \(package.version) comes from the cache")
                    break
                }
                note("the cache has other bytes under the digest of \(package.name) \(package.version)")
                try HostFiles.remove(file)
            }
        }
        return try missing(pin)
    }

    /// Downloads from the archive of an earlier day; returns what it does not have either.
    private func fetchFromSnapshot(
        _ pin: DebianPin, _ wanted: [PinnedPackage], _ snapshot: AptRoot, _ refresh: (AptRoot) async throws -> Void
    ) async throws -> [PinnedPackage] {
        try await snapshot.locked {
            note("looking for \(wanted.count) packages of Debian \(pin.suite) in \(snapshot.address)")
            do {
                if try !snapshot.hasIndex() { try await refresh(snapshot) }
                let output = try await download(try await snapshot.offered(wanted), snapshot)
                let left = try missing(pin)
                if !left.isEmpty, !output.isSuccess { throw snapshot.failure(output) }
                return left
            } catch let error as DebianBaseError {
                if case .wrongDigest = error { throw error }
                throw DebianBaseError.badSnapshot(url: snapshot.address, said: "\(error)")
            }
        }
    }

    private func place(_ digest: Digest) -> FilePath { folder.appending(digest.hex + ".deb") }

    /// The packages that are not there with the right bytes.
    private func missing(_ pin: DebianPin) throws -> [PinnedPackage] {
        try pin.packages.filter { package in
            let path = place(package.sha256)
            guard let actual = try Self.digest(of: path) else { return true }
            guard actual != package.sha256 else { return false }
            try HostFiles.remove(path)
            return true
        }
    }

    /// Lets apt download, and takes over what arrived with the right digest.
    private func download(_ wanted: [PinnedPackage], _ root: AptRoot) async throws -> HostTool.Output {
        guard !wanted.isEmpty else { return HostTool.Output(isSuccess: true, text: "", errors: "") }
        let output = try await root.download(wanted)
        let fetched = root.folder.appending("fetch")
        for name in try HostFiles.names(in: fetched) {
            guard let (package, version) = PackageFile.parse(fileName: name),
                let pinned = wanted.first(where: { $0.name == package && $0.version == version })
            else { continue }
            let path = fetched.appending(name)
            guard let actual = try Self.digest(of: path) else { continue }
            if actual == pinned.sha256 {
                try take(path, pinned)
            } else if output.isSuccess {
                try HostFiles.remove(path)
                throw DebianBaseError.wrongDigest(
                    package: package, file: name, expected: pinned.sha256.description, actual: actual.description)
            }
        }
        return output
    }

    private func take(_ file: FilePath, _ package: PinnedPackage) throws {
        let place = place(package.sha256)
        guard rename(file.string, place.string) == 0 else { throw SystemError.last("create", place) }
    }

    /// Why these packages are not there: the mirror has dropped their files or versions, or something went wrong.
    private func failure(
        _ wanted: [PinnedPackage], _ pin: DebianPin, _ output: HostTool.Output, _ root: AptRoot
    ) async throws -> DebianBaseError {
        let offered = Set(try await root.offered(wanted))
        let failures = output.errors.split(separator: "\n").filter { line in
            ["404 ", "410 ", "File not found"].contains { line.contains($0) }
        }
        let isGone = wanted.allSatisfy { package in
            !offered.contains(package) || failures.contains { $0.contains("/\(package.name)_") }
        }
        guard isGone else { return root.failure(output) }
        return .gone(packages: wanted.map { "\($0.name) \($0.version)" }, suite: pin.suite)
    }

    /// The digest of a file's bytes; nil where there is no file.
    private static func digest(of path: FilePath) throws -> Digest? {
        let file: FileDescriptor
        do {
            file = try FileDescriptor.open(path, .readOnly, options: [.closeOnExec])
        } catch Errno.noSuchFileOrDirectory {
            return nil
        } catch let code as Errno {
            throw SystemError("read", path, code)
        }
        defer { try? file.close() }
        let buffer = UnsafeMutableRawBufferPointer.allocate(byteCount: 1 << 17, alignment: 16)
        defer { buffer.deallocate() }
        var hasher = DigestHasher()
        while true {
            let count = try file.read(into: buffer)
            guard count > 0 else { return hasher.finalize() }
            hasher.update(UnsafeRawBufferPointer(rebasing: buffer[..<count]))
        }
    }
}
