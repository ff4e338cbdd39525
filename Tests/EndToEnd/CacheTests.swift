import OCI
import Planning
import SystemPackage
import TestSupport
import Testing

extension Acceptance {
    /// What one machine built and another takes.
    @Suite(
        .serialized,
        .enabled(if: Tool.has("docker-registry"), "needs docker-registry: .ci/setup installs it"))
    struct CacheTests {
        /// Where nobody listens.
        private static let nowhere = "127.0.0.1:1/shop/cache:main"
        private static let deadMirror = [
            "--debian-mirror", "http://127.0.0.1:1/debian,http://127.0.0.1:1/debian-security",
        ]

        @Test func `an empty home builds the same image from a cache alone`() async throws {
            let image = try await Workspace.here().shelf.image(of: .script)
            let folder = try Workspace.here().makeFolder("cache")
            let local = folder.appending("local")
            try await DockerRegistry.serving(in: folder) { registry in
                let cache = "\(registry.host)/shop/cache:main"
                let sent = try await Autoimage().build(
                    image.service, ["--cache-to", cache, "--cache-to", "type=local,dest=\(local)"])
                #expect(sent.digest == image.built.digest)
                #expect(sent.errors.contains("\(cache): sent "))
                let stored = try await Self.listing(registry.storage)

                // No package, no base, no step, and a mirror that nobody answers for.
                let other = try await Autoimage(emptyHomeFor: nil)
                let built = try await other.build(
                    image.service,
                    ["--locked", "--progress", "json", "--cache-from", cache, "--cache-to", cache] + Self.deadMirror)
                #expect(built.digest == image.built.digest)
                let events = try built.events()
                #expect(Self.started(events) == [])
                #expect(Self.origins(events) == [cache])
                #expect(events.contains(.note(text: "\(cache) has all of it: nothing sent")))
                #expect(try await Self.listing(registry.storage) == stored)

                let usage = try await other.command(["cache", "du"]).succeed()
                #expect(usage.contains("Debian packages") && usage.contains("total"), "\(usage)")
                try await localCaches(other, image, local)
            }
        }

        /// The same from a folder, with what is damaged there and what cannot be reached.
        private func localCaches(_ autoimage: Autoimage, _ image: ShelvedImage, _ local: FilePath) async throws {
            let name = try await Self.damageStep(in: local)
            try await Command("rm", "-rf", autoimage.home.appending("steps").string).succeed()
            let built = try await autoimage.build(
                image.service,
                [
                    "--progress", "json", "--cache-from", Self.nowhere, "--cache-from", "type=local,src=\(local)",
                    "--cache-to", "type=local,dest=\(local)", "--cache-to",
                    "type=registry,ref=\(Self.nowhere),ignore-error=true",
                ])
            #expect(built.digest == image.built.digest)
            let events = try built.events()
            #expect(Self.started(events) == [name])
            let warnings = events.compactMap { if case .warning(let text) = $0 { text } else { nil } }
            #expect(warnings.contains { $0.hasPrefix("the cache \(Self.nowhere) is not used: ") }, "\(warnings)")
            #expect(warnings.contains { $0.hasPrefix("the cache \(Self.nowhere) is not written: ") }, "\(warnings)")
            #expect(
                warnings.contains { $0.hasPrefix("what \(local) keeps of step '\(name)' is not used: ") }, "\(warnings)"
            )

            // The export has put the step right; without network folders are all there is.
            try await Command("rm", "-rf", autoimage.home.appending("steps").string).succeed()
            let again = try await autoimage.build(
                image.service,
                ["--offline", "--progress", "json", "--cache-from", Self.nowhere]
                    + ["--cache-from", "type=local,src=\(local)"])
            #expect(again.digest == image.built.digest)
            #expect(Self.started(try again.events()) == [])
            #expect(!again.errors.contains("is not used: "))

            // The image is there all the same.
            let failed = try await autoimage.run(
                "build", image.service.folder.string, "--cache-to", Self.nowhere, "-t", "kept")
            #expect(failed.status == 69)
            #expect(failed.errors.contains("ignore-error=true"), "\(failed.errors)")
            #expect(try await autoimage.run("inspect", "kept").status == 0)
            let refused = try await autoimage.run(
                "build", image.service.folder.string, "--offline", "--cache-to", Self.nowhere)
            #expect(refused.status == 64)
            try await prune(autoimage)
        }

        /// Removes all but what the images need, which still start.
        private func prune(_ autoimage: Autoimage) async throws {
            let roomy = try await autoimage.run("cache", "prune", "--keep", "100GB")
            #expect(roomy.status == 0 && roomy.errors.contains("removed 0 things"), "\(roomy.errors)")
            let bad = try await autoimage.run("cache", "prune", "--keep", "much")
            #expect(bad.status == 64)
            let all = try await autoimage.run("cache", "prune", "--keep", "0")
            #expect(all.status == 0, "\(all.errors)")
            let usage = try await autoimage.run("cache", "du", "--format", "json")
            let report = try CanonicalJSON.decode(Report.self, from: Array(usage.output.utf8))
            #expect(report.rows.filter { $0.count > 0 && !["images", "other"].contains($0.kind) }.map(\.kind) == [])
            #expect(report.total > 0)
            let valid = try await autoimage.run("validate", "kept")
            #expect(valid.status == 0, "\(valid.output)")
        }

        private struct Report: Decodable {
            let rows: [Row]
            let total: Int64

            struct Row: Decodable {
                let kind: String
                let count: Int
            }
        }

        /// Changes a byte in the archive of a step that needs no network, and returns the step's name.
        private static func damageStep(in folder: FilePath) async throws -> String {
            let blobs = folder.appending("blobs/sha256")
            let index = try CanonicalJSON.decode(Index.self, from: folder.appending("index.json").bytes())
            let entry = try #require(index.manifests.first)
            let manifest = try CanonicalJSON.decode(
                Manifest.self, from: blobs.appending(entry.digest.hex).bytes())
            let layer = try #require(
                manifest.layers.first {
                    $0.mediaType == MediaType(rawValue: "application/vnd.autoimage.cache.step.v1.tar+gzip")
                })
            let blob = blobs.appending(layer.digest.hex)
            try await Command("sh", "-c", "printf x | dd of=\(blob) bs=1 seek=20 conv=notrunc status=none").succeed()
            return try #require(layer.annotations?["autoimage.cache.step.name"])
        }

        /// Every file of a folder with its size.
        private static func listing(_ folder: FilePath) async throws -> [Substring] {
            try await Command("find", folder.string, "-type", "f", "-path", "*/blobs/*", "-printf", "%p %s\n").succeed()
                .split(separator: "\n").sorted()
        }

        private static func started(_ events: [BuildEvent]) -> [String] {
            events.compactMap { if case .stepStarted(let step, _) = $0 { step } else { nil } }
        }

        /// Where the steps came from.
        private static func origins(_ events: [BuildEvent]) -> Set<String?> {
            Set(events.compactMap { if case .stepCached(_, let origin) = $0 { .some(origin) } else { nil } })
        }
    }
}
