import OCI
import SystemPackage
import Testing

/// An OCI layout in a folder, read with other people's programs.
struct Layout: Sendable {
    let folder: FilePath
    let manifestDigest: Digest
    let manifest: Manifest
    let config: ImageConfig
    /// The tag that the layout's index gives the image.
    let tag: String?

    /// The only image of a layout; of an index the image for `architecture`.
    init(_ folder: FilePath, architecture: String? = nil) throws {
        self.folder = folder
        let index = try CanonicalJSON.decode(Index.self, from: folder.appending("index.json").bytes())
        var image = try #require(index.manifests.first)
        try #require(index.manifests.count == 1)
        tag = image.annotations?["org.opencontainers.image.ref.name"]
        if let architecture {
            let members = try CanonicalJSON.decode(Index.self, from: Self.blob(image.digest, in: folder).bytes())
            image = try #require(members.manifests.first { $0.platform == Platform(architecture: architecture) })
        }
        manifestDigest = image.digest
        manifest = try CanonicalJSON.decode(Manifest.self, from: Self.blob(image.digest, in: folder).bytes())
        config = try CanonicalJSON.decode(ImageConfig.self, from: Self.blob(manifest.config.digest, in: folder).bytes())
    }

    /// The file of a blob.
    func blob(_ digest: Digest) -> FilePath { Self.blob(digest, in: folder) }

    /// Everything in the image, with the layers put on one another.
    func entries() async throws -> [LayoutEntry] {
        var all: [LayoutEntry] = []
        for layer in manifest.layers {
            let listing = try await Command(
                "tar", "--list", "--verbose", "--numeric-owner", "--quoting-style=literal", "--gzip", "--file",
                blob(layer.digest).string
            ).succeed()
            all += listing.split(separator: "\n").compactMap { LayoutEntry(line: String($0)) }
        }
        try #require(!all.contains { $0.path.contains("/.wh.") }, "images of ours remove nothing")
        return all
    }

    /// The bytes of a file of the image, which one layer has.
    func contents(of path: String) async throws -> [UInt8] {
        for layer in manifest.layers {
            let out = try Workspace.here().temporary("file")
            let script = "tar --extract --gzip --to-stdout --file \"$1\" \"$2\" >\"$3\" 2>/dev/null"
            let outcome = try await Command("sh", "-c", script, "sh", blob(layer.digest).string, path, out.string).run()
            if outcome.status == 0 { return try out.bytes() }
        }
        throw LayoutFailure.noFile(path)
    }

    /// Checks sizes, digests and diffIDs with coreutils and gzip.
    func validate() async throws {
        #expect(config.rootfs.diffIDs.count == manifest.layers.count)
        #expect(config.history.filter { $0.emptyLayer != true }.count == manifest.layers.count)
        for (layer, diffID) in zip(manifest.layers, config.rootfs.diffIDs) {
            let path = blob(layer.digest).string
            #expect(try await hash("cat", path) == layer.digest)
            #expect(try await hash("gzip -dc", path) == diffID)
            #expect(try await Command("stat", "--format=%s", path).succeed() == "\(layer.size)\n")
        }
        #expect(try Digest(of: blob(manifest.config.digest).bytes()) == manifest.config.digest)
        #expect(try Digest(of: blob(manifestDigest).bytes()) == manifestDigest)
        #expect(try folder.appending("oci-layout").text().contains("\"imageLayoutVersion\":\"1.0.0\""))
    }

    private func hash(_ reader: String, _ path: String) async throws -> Digest {
        let printed = try await Command("sh", "-c", "\(reader) \"$1\" | sha256sum", "sh", path).succeed()
        return try Digest(parsing: "sha256:" + printed.prefix(64))
    }

    private static func blob(_ digest: Digest, in folder: FilePath) -> FilePath {
        folder.appending("blobs").appending("sha256").appending(digest.hex)
    }
}

/// Why a file of an image cannot be read.
enum LayoutFailure: Error, Equatable, CustomStringConvertible {
    case noFile(String)

    var description: String {
        switch self {
        case .noFile(let path): "no layer has the file '\(path)'"
        }
    }
}

/// One line of `tar --list --verbose`.
struct LayoutEntry: Sendable {
    /// Absolute, without a slash at its end.
    let path: String
    /// The target of a symbolic or hard link.
    let target: String?
    /// `-` file, `d` folder, `l` symbolic link, `h` hard link.
    let kind: Character
    /// As in `rwxr-xr-x`.
    let mode: String
    /// `uid/gid`.
    let owner: String
    let size: Int64

    init?(line: String) {
        let words = line.split(separator: " ", maxSplits: 5, omittingEmptySubsequences: true)
        guard words.count == 6, let kind = words[0].first, let size = Int64(words[2]) else { return nil }
        let names = String(words[5]).split(separator: kind == "h" ? " link to " : " -> ", maxSplits: 1)
        guard var path = names.first.map(String.init) else { return nil }
        if path.hasPrefix("./") { path.removeFirst() }
        if !path.hasPrefix("/") { path = "/" + path }
        if path.hasSuffix("/") { path.removeLast() }
        self.path = path
        target = kind == "l" || kind == "h" ? names.last.map(String.init) : nil
        self.kind = kind
        mode = String(words[0].dropFirst())
        owner = String(words[1])
        self.size = kind == "-" ? size : 0
    }

    var name: String { String(path.split(separator: "/").last ?? "") }
    var isExecutableFile: Bool { kind == "-" && mode.contains("x") }
}
