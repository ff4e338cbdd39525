import Files
import Glibc
import OCI
import Planning
import SystemPackage

/// Downloaded packages, named by their digest, and verified each time they are handed out.
struct PackageStore {
    let folder: FilePath
    let note: @Sendable (String) -> Void

    /// The files of all packages of a pin, in its order; fetches what is not there.
    func fetch(_ pin: DebianPin, with root: AptRoot, refresh: () async throws -> Void) async throws -> [FilePath] {
        try HostFiles.makeFolder(folder)
        if try !missing(pin).isEmpty {
            try await root.locked {
                var wanted = try missing(pin)
                guard !wanted.isEmpty else { return }
                note("downloading \(wanted.count) packages of Debian \(pin.suite)")
                var isFresh = false
                if try !root.hasIndex() {
                    try await refresh()
                    isFresh = true
                }
                var output = try await download(wanted, root)
                wanted = try missing(pin)
                if !wanted.isEmpty, !isFresh {
                    try await refresh()
                    output = try await download(wanted, root)
                    wanted = try missing(pin)
                }
                if !wanted.isEmpty { throw try await failure(wanted, pin, output, root) }
            }
        }
        return pin.packages.map { place($0.sha256) }
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
        let output = try await root.download(wanted)
        let fetched = root.folder.appending("fetch")
        for name in try HostFiles.names(in: fetched) {
            guard let (package, version) = PackageFile.parse(fileName: name),
                let pinned = wanted.first(where: { $0.name == package && $0.version == version })
            else { continue }
            let path = fetched.appending(name)
            guard let actual = try Self.digest(of: path) else { continue }
            if actual == pinned.sha256 {
                guard rename(path.string, place(actual).string) == 0 else {
                    throw SystemError.last("create", place(actual))
                }
            } else if output.isSuccess {
                try HostFiles.remove(path)
                throw DebianBaseError.wrongDigest(
                    package: package, file: name, expected: pinned.sha256.description, actual: actual.description)
            }
        }
        return output
    }

    private func failure(
        _ wanted: [PinnedPackage], _ pin: DebianPin, _ output: HostTool.Output, _ root: AptRoot
    ) async throws -> DebianBaseError {
        var gone: [String] = []
        for package in wanted where try await !root.has(package) { gone.append("\(package.name) \(package.version)") }
        return gone.isEmpty ? root.failure(output) : .gone(packages: gone, suite: pin.suite)
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
