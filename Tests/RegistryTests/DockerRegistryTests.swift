import Images
import OCI
import Registry
import Synchronization
import SystemPackage
import TestSupport
import Testing

/// The client against Debian's `docker-registry`.
@Suite(.enabled(if: isInstalled("docker-registry"), "docker-registry is not installed"))
struct DockerRegistryTests {
    private static let amd64 = Platform(architecture: "amd64")
    private static let arm64 = Platform(architecture: "arm64", variant: "v8")

    @Test func `what was pushed is pulled with the same digests`() async throws {
        try await Workshop.using { workshop in
            try await DockerRegistry.serving(in: workshop.folder) { registry in
                try await withClient { client in
                    let store = try workshop.store("from")
                    let image = try workshop.image(in: store, layers: [Workshop.bytes(3 << 20, seed: 1), [1, 2, 3]])
                    let name = try Reference(parsing: "\(registry.host)/acme/web:1")
                    let report = try await client.push(ImageSet(image), from: store, to: [name])
                    #expect(report.sent == 3)
                    #expect(report.sentBytes == image.blobs.dropLast().reduce(0) { $0 + $1.size })
                    #expect(try await client.resolve(name)?.digest == image.descriptor.digest)
                    let target = try workshop.store("to")
                    let pulled = try await client.pull(name, platform: Self.amd64, into: target, layers: true)
                    #expect(pulled.manifest == image.manifest)
                    #expect(pulled.descriptor.digest == image.descriptor.digest)
                    for blob in image.blobs { #expect(try target.read(blob) == store.read(blob)) }
                    let again = try await client.push(ImageSet(image), from: store, to: [name])
                    #expect(again.present == 3)
                    #expect(again.sent == 0)
                }
            }
        }
    }

    @Test func `what is not there resolves to nothing`() async throws {
        try await Workshop.using { workshop in
            try await DockerRegistry.serving(in: workshop.folder) { registry in
                try await withClient { client in
                    let name = try Reference(parsing: "\(registry.host)/acme/web:1")
                    #expect(try await client.resolve(name) == nil)
                    await #expect(
                        throws: RegistryError.notFound(
                            host: registry.host, wanted: "\(name)",
                            said: "404 Not Found (MANIFEST_UNKNOWN: manifest unknown)")
                    ) { try await client.manifest(name) }
                }
            }
        }
    }

    @Test func `an index with two platforms goes to two names and comes back whole`() async throws {
        try await Workshop.using { workshop in
            try await DockerRegistry.serving(in: workshop.folder) { registry in
                try await withClient { client in
                    let store = try workshop.store("from")
                    let shared = Workshop.bytes(1000, seed: 2)
                    let images = try ImageSet(
                        indexing: [
                            workshop.image(in: store, layers: [shared, [1]], platform: Self.amd64),
                            workshop.image(in: store, layers: [shared, [2]], platform: Self.arm64),
                        ], in: store)
                    let names = try ["acme/web:1", "acme/web:latest", "acme/other:1"].map {
                        try Reference(parsing: "\(registry.host)/\($0)")
                    }
                    let report = try await client.push(images, from: store, to: names)
                    #expect(report.sent == 5)
                    #expect(report.mounted == 5)
                    let target = try workshop.store("to")
                    for name in names {
                        #expect(try await client.resolve(name)?.digest == images.descriptor.digest)
                        #expect(try await client.pullAll(name, into: target) == images)
                    }
                    let arm = try await client.pull(
                        names[0], platform: Platform(architecture: "arm64"), into: target, layers: true)
                    #expect(arm.descriptor == images.images[1].descriptor)
                    await #expect(
                        throws: RegistryError.noPlatform(
                            reference: "\(names[0])", wanted: "linux/riscv64",
                            offered: ["linux/amd64", "linux/arm64/v8"])
                    ) {
                        try await client.pull(
                            names[0], platform: Platform(architecture: "riscv64"), into: target, layers: false)
                    }
                }
            }
        }
    }

    @Test func `layers that stay away are mounted in the same registry and streamed to another`() async throws {
        try await Workshop.using { workshop in
            try await DockerRegistry.serving(in: workshop.folder) { one in
                try await DockerRegistry.serving(in: workshop.folder) { other in
                    try await withClient { client in
                        let store = try workshop.store("from")
                        let image = try workshop.image(in: store, layers: [Workshop.bytes(5 << 20, seed: 3)])
                        let name = try Reference(parsing: "\(one.host)/base:1")
                        _ = try await client.push(ImageSet(image), from: store, to: [name])
                        let away = try workshop.store("away")
                        let base = try await client.pull(name, platform: Self.amd64, into: away, layers: false)
                        #expect(!away.has(base.manifest.layers[0].digest))
                        let near = try Reference(parsing: "\(one.host)/web:1")
                        let mounted = try await client.push(ImageSet(base), from: away, to: [near])
                        #expect(mounted.mounted == 1)
                        let far = try Reference(parsing: "\(other.host)/web:1")
                        let streamed = try await client.push(ImageSet(base), from: away, to: [far])
                        #expect(streamed.sent == 2)
                        #expect(!away.has(base.manifest.layers[0].digest))
                        try await client.fetchMissingBlobs(of: ImageSet(base), into: away)
                        #expect(away.has(base.manifest.layers[0].digest))
                        let target = try workshop.store("to")
                        _ = try await client.pull(far, platform: Self.amd64, into: target, layers: true)
                        #expect(try target.read(base.manifest.layers[0], limit: 1 << 30).count == 5 << 20)
                    }
                }
            }
        }
    }

    @Test func `referrers are kept under the fallback tag, beside those of others`() async throws {
        try await Workshop.using { workshop in
            try await DockerRegistry.serving(in: workshop.folder) { registry in
                try await withClient { client in
                    let store = try workshop.store("from")
                    let image = try workshop.image(in: store, layers: [[1]])
                    let name = try Reference(parsing: "\(registry.host)/web:1")
                    _ = try await client.push(ImageSet(image), from: store, to: [name])
                    let repository = Repository(of: name)
                    let empty = try store.write(Array("{}".utf8), mediaType: .empty)
                    try await client.push(empty, from: store, to: repository)
                    for type in ["application/vnd.example.one", "application/vnd.example.two"] {
                        let artifact = Manifest(
                            config: empty, layers: [empty], annotations: ["kind": type], artifactType: type,
                            subject: image.descriptor)
                        try await client.put(
                            RawManifest(CanonicalJSON.encode(artifact), mediaType: .manifest), to: repository, tag: nil)
                    }
                    let all = try await client.referrers(of: image.descriptor.digest, in: repository)
                    #expect(all.map(\.artifactType) == ["application/vnd.example.one", "application/vnd.example.two"])
                    let one = try await client.referrers(
                        of: image.descriptor.digest, in: repository, artifactType: "application/vnd.example.two")
                    #expect(one.map(\.annotations) == [["kind": "application/vnd.example.two"]])
                    let tag = "sha256-\(image.descriptor.digest.hex)"
                    let fallback = try await client.manifest(Reference(parsing: "\(registry.host)/web:\(tag)"))
                    #expect(fallback.descriptor.mediaType == .index)
                }
            }
        }
    }

    @Test func `a mirror is asked first, and the registry where the mirror fails`() async throws {
        try await Workshop.using { workshop in
            try await DockerRegistry.serving(in: workshop.folder) { mirror in
                let store = try workshop.store("from")
                let image = try workshop.image(in: store, layers: [[1], [2]])
                try await withClient { client in
                    let name = try Reference(parsing: "\(mirror.host)/library/python:3.12")
                    _ = try await client.push(ImageSet(image), from: store, to: [name])
                }
                var options = RegistryOptions()
                options.mirrors = ["docker.io": ["127.0.0.1:1", mirror.host]]
                options.retry.connects = 1
                let notes = Mutex<[String]>([])
                try await withClient(options, note: { line in notes.withLock { $0.append(line) } }) { client in
                    let target = try workshop.store("to")
                    let pulled = try await client.pull(
                        Reference(parsing: "python:3.12"), platform: Self.amd64, into: target, layers: true)
                    #expect(pulled.descriptor.digest == image.descriptor.digest)
                    #expect(
                        try target.origins(of: pulled.manifest.layers[0].digest)
                            == [Repository(registry: "docker.io", name: "library/python")])
                }
                #expect(
                    notes.withLock { $0.first }
                        == "the mirror 127.0.0.1:1 of docker.io does not help: 127.0.0.1:1 cannot be reached for "
                        + "python:3.12: connection refused")
            }
        }
    }

    @Test func `a registry with its own authority needs that to be named`() async throws {
        try await Workshop.using { workshop in
            let authority = try await CertificateAuthority(in: workshop.folder)
            var setup = DockerRegistry.Options()
            setup.certificate = try await authority.issue()
            try await DockerRegistry.serving(in: workshop.folder, setup) { registry in
                let store = try workshop.store("from")
                let image = try workshop.image(in: store, layers: [[1], [2]])
                let name = try Reference(parsing: "\(registry.host)/web:1")
                try await withClient { client in
                    await #expect(
                        throws: RegistryError.unreachable(
                            host: registry.host, wanted: "\(name)",
                            reason: "its certificate is not trusted; name its authority's file with --registry-ca")
                    ) { try await client.manifest(name) }
                }
                var named = RegistryOptions()
                named.authorities = [authority.certificate]
                var inherited = RegistryOptions()
                inherited.environment = ["SSL_CERT_FILE": authority.certificate.string]
                for options in [named, inherited] {
                    try await withClient(options) { client in
                        _ = try await client.push(ImageSet(image), from: store, to: [name])
                        #expect(try await client.resolve(name)?.digest == image.descriptor.digest)
                    }
                }
            }
        }
    }

    @Test func `skopeo and the client understand each other`() async throws {
        try await Workshop.using { workshop in
            try await DockerRegistry.serving(in: workshop.folder) { registry in
                try await withClient { client in
                    let store = try workshop.store("from")
                    let image = try workshop.archiveImage(in: store)
                    let ours = try Reference(parsing: "\(registry.host)/ours:1")
                    _ = try await client.push(ImageSet(image), from: store, to: [ours])
                    try await workshop.run(
                        "skopeo",
                        [
                            "copy", "--src-tls-verify=false", "--dest-tls-verify=false", "--format", "v2s2",
                            "docker://\(ours)", "docker://\(registry.host)/theirs:1",
                        ])
                    let theirs = try Reference(parsing: "\(registry.host)/theirs:1")
                    let back = try await client.pull(
                        theirs, platform: Self.amd64, into: workshop.store("to"), layers: true)
                    #expect(back.descriptor.mediaType == .dockerManifest)
                    #expect(back.manifest.layers.map(\.digest) == image.manifest.layers.map(\.digest))
                }
            }
        }
    }

    @Test func `what is here by its digest is not asked for again`() async throws {
        try await Workshop.using { workshop in
            let store = try workshop.store("from")
            let images = try ImageSet(
                indexing: [
                    workshop.image(in: store, layers: [[1]], platform: Self.amd64),
                    workshop.image(in: store, layers: [[2]], platform: Self.arm64),
                ], in: store)
            var options = RegistryOptions()
            options.isOffline = true
            try await withClient(options) { client in
                let name = try Reference(parsing: "registry.invalid/web:1@\(images.descriptor.digest)")
                let image = try await client.pull(name, platform: Self.amd64, into: store, layers: true)
                #expect(image == images.images[0])
                #expect(try await client.pullAll(name, into: store) == images)
            }
        }
    }

    @Test func `nothing is asked offline, and what is here needs no network`() async throws {
        try await Workshop.using { workshop in
            var options = RegistryOptions()
            options.isOffline = true
            try await withClient(options) { client in
                let store = try workshop.store("from")
                let image = try workshop.image(in: store, layers: [[1], [2]])
                let name = try Reference(parsing: "registry.invalid/web:1")
                let repository = Repository(of: name)
                try await client.pull(image.manifest.layers[0], from: repository, into: store)
                try await client.fetchMissingBlobs(of: ImageSet(image), into: store)
                let nothing = try workshop.store("nothing")
                let digest = image.descriptor.digest
                await #expect(throws: RegistryError.offline(wanted: "\(name)")) { try await client.resolve(name) }
                await #expect(throws: RegistryError.offline(wanted: "\(name)")) { try await client.manifest(name) }
                await #expect(throws: RegistryError.offline(wanted: "\(name)")) {
                    try await client.pull(name, platform: Self.amd64, into: nothing, layers: false)
                }
                await #expect(throws: RegistryError.offline(wanted: "a push to \(name)")) {
                    try await client.push(ImageSet(image), from: store, to: [name])
                }
                await #expect(throws: RegistryError.offline(wanted: "the blob \(digest) of \(repository)")) {
                    try await client.has(digest, in: repository)
                }
                await #expect(throws: RegistryError.offline(wanted: "the referrers of \(repository)@\(digest)")) {
                    try await client.referrers(of: digest, in: repository)
                }
            }
        }
    }
}

/// Runs `body` with a client that nobody's credentials and proxies reach, and ends it.
@discardableResult func withClient<Value: Sendable>(
    _ options: RegistryOptions = RegistryOptions(), note: @escaping @Sendable (String) -> Void = { _ in },
    _ body: (RegistryClient) async throws -> Value
) async throws -> Value {
    let client = try RegistryClient(
        options, credentials: CredentialFinder(environment: options.environment), note: note)
    let result: Result<Value, any Error>
    do { result = .success(try await body(client)) } catch { result = .failure(error) }
    await client.shutdown()
    return try result.get()
}
