import DebianBases
import Files
import OCI
import Planning
import Subprocess
import SystemPackage

/// A Debian archive on this disk, made and signed by the test with its own key: small packages, real apt.
final class LocalArchive: Sendable {
    let scratch: Scratch
    let suite = "bookworm"

    private init() throws { scratch = try Scratch() }

    /// An empty archive with its key.
    static func make() async throws -> LocalArchive {
        let archive = try LocalArchive()
        try await archive.makeKey()
        return archive
    }

    private func makeKey() async throws {
        for folder in ["keys", "debian/pool", "packages"] {
            try HostFiles.makeFolder(scratch.path.pushing(FilePath(folder)))
        }
        try await Self.run(["chmod", "700", "\(scratch.path)/keys"])
        try await Self.run([
            "gpg", "--homedir", "\(scratch.path)/keys", "--batch", "--quiet", "--passphrase", "",
            "--quick-generate-key",
            "archive@localhost", "rsa3072", "sign", "never",
        ])
        try await Self.run([
            "gpg", "--homedir", "\(scratch.path)/keys", "--batch", "--quiet", "--output", keyring.string, "--export",
        ])
    }

    /// The keyring that verifies the archive.
    var keyring: FilePath { scratch.path.appending("archive.gpg") }

    /// The mirror as apt reaches it, without a network.
    func mirror(_ name: String = "debian") -> DebianMirror {
        DebianMirror(
            mirror: "file:\(scratch.path)/\(name)", securityMirror: "file:\(scratch.path)/\(name)",
            usesHostSettings: false)
    }

    /// Makes a package with one file and puts it into the pool.
    func add(_ name: String, _ version: String, depends: String? = nil, to archive: String = "debian") async throws {
        let tree = scratch.path.appending("packages").appending("\(name)-\(version)")
        try HostFiles.remove(tree)
        let below = "packages/\(name)-\(version)"
        try scratch.write("\(name) \(version)\n", to: "\(below)/usr/share/\(name)/version")
        try scratch.write(
            """
            Package: \(name)
            Version: \(version)
            Architecture: all
            Maintainer: test <test@localhost>
            Description: \(name)
            \(depends.map { "Depends: \($0)\n" } ?? "")
            """.split(separator: "\n").joined(separator: "\n") + "\n", to: "\(below)/DEBIAN/control")
        try HostFiles.makeFolder(scratch.path.pushing(FilePath("\(archive)/pool")))
        try await Self.run([
            "dpkg-deb", "--root-owner-group", "-Znone", "--build", tree.string,
            "\(scratch.path)/\(archive)/pool/\(name)_\(version)_all.deb",
        ])
    }

    /// Takes a package's file away, as mirrors do some time after a newer version came.
    func drop(_ name: String, _ version: String) throws {
        try HostFiles.remove(scratch.path.pushing(FilePath("debian/pool/\(name)_\(version)_all.deb")))
    }

    /// Copies the archive as it is now.
    func copy(to name: String) async throws {
        try await Self.run(["cp", "-R", "\(scratch.path)/debian", "\(scratch.path)/\(name)"])
    }

    /// Writes and signs the indexes of all three suites.
    func publish(_ name: String = "debian") async throws {
        let root = scratch.path.appending(name)
        let packages = try await Self.run(["dpkg-scanpackages", "--multiversion", "pool"], in: root)
        for suite in [suite, "\(suite)-updates", "\(suite)-security"] {
            let text = suite == self.suite ? packages : ""
            let folder = "\(name)/dists/\(suite)"
            try scratch.write(text, to: "\(folder)/main/binary-amd64/Packages")
            let release = """
                Origin: Debian
                Suite: \(suite)
                Codename: \(suite)
                Date: Sat, 01 Aug 2026 00:00:00 UTC
                Architectures: amd64
                Components: main
                SHA256:
                 \(Digest(of: text.utf8).hex) \(text.utf8.count) main/binary-amd64/Packages

                """
            try scratch.write(release, to: "\(folder)/Release")
            let place = root.pushing(FilePath("dists/\(suite)"))
            try HostFiles.remove(place.appending("InRelease"))
            try await Self.run([
                "gpg", "--homedir", "\(scratch.path)/keys", "--batch", "--quiet", "--passphrase", "", "--clearsign",
                "--output", place.appending("InRelease").string, place.appending("Release").string,
            ])
        }
    }

    /// A base of these packages.
    func base(_ packages: [String], closed: Bool = false, pin: Pin? = nil) -> Base {
        let entry = BaseEntry(
            id: "test/base", family: "debian", language: "none", version: "1", role: .runtime,
            reference: "autoimage.local/test:1", libc: LibC(family: .glibc, version: "2.36"), release: "debian-12",
            interpreter: nil, abi: nil, shell: nil, user: "65532:65532", tools: [], environment: [:], endOfLife: nil,
            note: nil,
            debian: DebianRecipe(
                suite: suite, extraSuites: [], packages: packages, closed: closed, drop: [], links: [:], bytecode: []))
        return Base(
            entry: entry, reason: .usual(why: "test"), packages: [], platform: Platform(architecture: "amd64"), pin: pin
        )
    }

    /// A supplier with a home of its own below the archive's folder.
    func supplier(
        home: String = "home", access change: (inout DebianAccess) -> Void = { _ in },
        notes: AssembledBaseTests.Notes = AssembledBaseTests.Notes()
    ) throws -> DebianBaseSupplier {
        var access = DebianAccess(keyring: keyring)
        change(&access)
        return DebianBaseSupplier(
            state: try State(home: scratch.path.appending(home)), mirror: mirror(), access: access,
            note: { notes.add($0) }, runInterpreter: { _, _, _ in })
    }

    @discardableResult
    private static func run(_ words: [String], in directory: FilePath? = nil) async throws -> String {
        let result = try await Subprocess.run(
            .name(words[0]), arguments: Arguments(Array(words.dropFirst())), workingDirectory: directory,
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw ChrootFailure(arguments: words, output: result.standardError)
        }
        return result.standardOutput
    }
}
