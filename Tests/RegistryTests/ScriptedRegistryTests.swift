import Images
import OCI
import Registry
import SystemPackage
import TestSupport
import Testing

/// The registry of the tests is itself tested with a client that is not ours.
@Suite(.enabled(if: isInstalled("skopeo") && isInstalled("openssl"), "needs skopeo and openssl"))
struct ScriptedRegistryTests {
    @Test(arguments: [
        ScriptedRegistryOptions.Authentication.none, .basic, .bearer(),
    ])
    func `skopeo pushes an image to the scripted registry and pulls the same bytes`(
        _ authentication: ScriptedRegistryOptions.Authentication
    ) async throws {
        try await Workshop.using { workshop in
            let store = try workshop.store("store")
            let image = try workshop.archiveImage(in: store)
            let layout = try workshop.layout("source", of: ImageSet(image), from: store)
            var options = ScriptedRegistryOptions()
            options.authentication = authentication
            options.users = ["ada": "love:lace"]
            try await ScriptedRegistry.serving(options) { registry in
                let remote = "docker://\(registry.host)/team/web:1"
                let back = workshop.folder.appending("back")
                let login = authentication == .none ? [] : ["ada:love:lace"]
                try await workshop.run(
                    "skopeo",
                    ["--insecure-policy", "copy", "--dest-tls-verify=false"] + login.flatMap { ["--dest-creds", $0] }
                        + ["oci:\(layout):source", remote])
                #expect(registry.storage.tags(of: "team/web") == ["1": image.descriptor.digest])
                #expect(registry.storage.openUploads == [])
                try await workshop.run(
                    "skopeo",
                    ["--insecure-policy", "copy", "--src-tls-verify=false"] + login.flatMap { ["--src-creds", $0] }
                        + [remote, "oci:\(back):source"])
                let copy = try BlobStore(back)
                #expect(try AssembledImage(image.descriptor, in: copy) == image)
                #expect(ImageCheck(store: copy).problems(of: image.descriptor) == [])
            }
        }
    }

    @Test func `skopeo pushes an index over TLS and deletes it`() async throws {
        try await Workshop.using { workshop in
            let store = try workshop.store("store")
            let images = try ["amd64", "arm64"].map {
                try workshop.image(
                    in: store, layers: [Workshop.bytes(1000, seed: 1)], platform: Platform(architecture: $0))
            }
            let set = try ImageSet(indexing: images, in: store)
            let layout = try workshop.layout("source", of: set, from: store)
            let authority = try await CertificateAuthority(in: workshop.folder)
            var options = ScriptedRegistryOptions()
            options.certificate = try await authority.issue()
            try await ScriptedRegistry.serving(options) { registry in
                let remote = "docker://\(registry.host)/web:1"
                let trust = ["SSL_CERT_FILE": authority.certificate.string]
                try await workshop.run(
                    "skopeo",
                    [
                        "--insecure-policy", "copy", "--all", "--dest-compress-format=gzip", "--preserve-digests",
                        "oci:\(layout):source", remote,
                    ], environment: trust)
                #expect(registry.storage.tags(of: "web") == ["1": set.descriptor.digest])
                #expect(registry.storage.manifests(of: "web").count == 3)
                let tags = try await workshop.run(
                    "skopeo", ["list-tags", String(remote.dropLast(2))], environment: trust)
                #expect(tags.contains(#""1""#))
                try await workshop.run("skopeo", ["delete", remote], environment: trust)
                #expect(registry.storage.manifests(of: "web").contains(set.descriptor.digest) == false)
            }
        }
    }
}
