import OCI
import Planning
import SystemPackage
import Testing

@testable import autoimage

extension Acceptance {
    /// `autoimage.lock`, and builds that contact nobody.
    @Suite struct LockTests {
        private static let noNetwork = ["unshare", "--user", "--map-root-user", "--net"]

        /// A command in a network namespace of its own, where there is not even a loopback that works.
        private func withoutNetwork(_ command: Command) -> Command {
            var alone = command
            alone.words = (User.isRoot ? ["unshare", "--net"] : Self.noNetwork) + command.words
            return alone
        }

        @Test(.enabled("a network namespace takes unshare", { Tool.has("unshare") }))
        func `locked and cached, a build contacts nobody: it is the same in an empty network namespace`() async throws {
            let autoimage = try Autoimage()
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let path = image.service.folder.string
            let lock = try image.service["autoimage.lock"].bytes()
            let alone = try await withoutNetwork(Command("cat", "/proc/net/route")).succeed()
            try #require(alone.split(separator: "\n").count <= 1, "the namespace has routes")
            for options in [["--locked", "--offline"], []] {
                let command = autoimage.command(["build", path, "-t", "alone"] + options)
                let built = try Built(try await withoutNetwork(command).run())
                #expect(built.digest == image.built.digest, "\(options)")
            }
            try await withoutNetwork(autoimage.command(["lock", path, "--check", "--offline"])).succeed()
            try await withoutNetwork(autoimage.command(["plan", path, "--locked"])).succeed()
            #expect(try image.service["autoimage.lock"].bytes() == lock)
        }

        @Test(.enabled("a network namespace takes unshare", { Tool.has("unshare") }))
        func `offline, requirements without a record are named and nothing is begun`() async throws {
            let autoimage = try Autoimage()
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let service = try await Service(copying: .flaskHello)
            try await Command("cp", image.service["autoimage.lock"].string, service.folder.string).succeed()
            try service["requirements.txt"].replace("gunicorn==27.0.1", with: "gunicorn==0.0.1")
            var command = autoimage.command(["build", service.folder.string, "--progress", "json"])
            command.environment["AUTOIMAGE_OFFLINE"] = "1"
            let outcome = try await withoutNetwork(command).run()
            #expect(outcome.status == 69)
            #expect(outcome.errors.contains("autoimage.lock has no record for python@linux/"))
            #expect(!outcome.errors.contains(#""step":""#))
        }

        @Test func `offline, a base that is not here is named, whether its pin is known or not`() async throws {
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let empty = try await Autoimage(emptyHomeFor: nil)
            let known = try await empty.run("build", image.service.folder.string, "--offline")
            #expect(known.status == 69)
            #expect(known.errors.contains("-builder@linux/"))
            #expect(known.errors.contains("nothing is fetched"))
            let service = try await Service(copying: .flaskHello)
            let unknown = try await empty.run("lock", service.folder.string, "--offline")
            #expect(unknown.status == 69)
            #expect(unknown.errors.contains("is not in autoimage.lock, and resolving it needs the network"))
        }

        @Test func `--locked wants the file, whole and in agreement with the plan`() async throws {
            let autoimage = try Autoimage()
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let service = try await Service(copying: .flaskHello)
            let path = service.folder.string
            let missing = try await autoimage.run("build", path, "--locked")
            #expect(missing.status == 78)
            #expect(missing.errors.contains("is missing, and --locked wants it; run 'autoimage lock "))
            #expect(!service["autoimage.lock"].exists)

            try await Command("cp", image.service["autoimage.lock"].string, path).succeed()
            try await autoimage.command(["build", path, "--locked", "-t", "locked"]).succeed()
            let other = try await autoimage.run("plan", path, "--locked", "--set", "build-packages=libpq-dev")
            #expect(other.status == 78)
            #expect(other.errors.contains("+libpq-dev@linux/"))
            #expect(other.errors.contains("is not in it"))

            // What only the build itself finds out.
            let text = try service["autoimage.lock"].text()
            let added =
                #"{"package": "libpq5", "version": "1", "files": ["/usr/lib/none.so"], "neededBy": ["/app/x.so"]}"#
            try service["autoimage.lock"].replace(#"".": []"#, with: #"".": [\#(added)]"#)
            let libraries = try await autoimage.run("build", path, "--locked", "-t", "locked")
            #expect(libraries.status == 78)
            #expect(libraries.errors.contains("- libpq5 1"))
            #expect(libraries.errors.contains("run 'autoimage build \(path)' with the same options but --locked"))
            try await autoimage.command(["build", path, "-t", "locked"]).succeed()
            #expect(try service["autoimage.lock"].text() == text)
        }

        @Test func `an installer of another version than recorded is drift: an error or a warning, and recorded`()
            async throws
        {
            let autoimage = try Autoimage()
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let service = try await Service(copying: .flaskHello)
            let path = service.folder.string
            let text = try image.service["autoimage.lock"].text()
            let line = try #require(text.split(separator: "\n").first { $0.contains("\"pip\": ") })
            try service["autoimage.lock"].write(text.replacing(line, with: "        \"pip\": \"1.0\""))
            let locked = try await autoimage.run("build", path, "--locked")
            #expect(locked.status == 78)
            #expect(locked.errors.contains("installer pip@linux/"))
            #expect(locked.errors.contains(": 1.0 → "))
            let built = try await autoimage.build(service, ["-t", "drift"])
            #expect(built.errors.split(separator: "autoimage.lock had 1.0").count == 2)
            #expect(try service["autoimage.lock"].text() == text)
        }

        @Test func `a merge of two branches that added different things is a lock again; a conflict is called one`()
            async throws
        {
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let lock = try LockFile(folder: image.service.folder)
            let base = try #require(lock.pins.bases.keys.sorted().first { $0.contains("-builder@") })
            let folder = try Workspace.here().makeFolder("merge")
            var (ours, theirs) = (lock.pins, lock.pins)
            ours.bases[base.replacing("-builder@", with: "-builder+libpq-dev@")] = lock.pins.bases[base]
            theirs.bases[base.replacing("-builder@", with: "-runtime+libvips42@")] = lock.pins.bases[base]
            for (name, pins) in [("common", lock.pins), ("ours", ours), ("theirs", theirs)] {
                try folder.appending(name).write(LockWriter.text(of: pins))
            }
            func path(_ name: String) -> String { folder.appending(name).string }
            let merged = try await Command("git", "merge-file", "-p", path("ours"), path("common"), path("theirs"))
                .succeed()
            let service = try await Service(copying: .flaskHello)
            try service["autoimage.lock"].write(merged)
            #expect(
                try LockFile(folder: service.folder).pins.bases.keys.sorted()
                    == Set(ours.bases.keys).union(theirs.bases.keys).sorted())

            // The same package at two versions cannot be both.
            let line = try #require(
                LockWriter.text(of: lock.pins).split(separator: "\n").first { $0.contains(" sha256:") })
            let words = line.split(separator: " ")
            for (name, version) in [("ours", "1"), ("theirs", "2")] {
                try folder.appending(name).write(
                    LockWriter.text(of: lock.pins).replacing(
                        "\(words[0]) \(words[1]) ", with: "\(words[0]) \(version) "))
            }
            let conflict = try await Command("git", "merge-file", "-p", path("ours"), path("common"), path("theirs"))
                .run()
            #expect(conflict.status > 0)
            try service["autoimage.lock"].write(conflict.output)
            let outcome = try await Autoimage().run("plan", service.folder.string)
            #expect(outcome.status == 78)
            #expect(outcome.errors.contains("has the marks of a merge conflict; take either side whole"))
        }

        @Test func `lock --update names what it moves, and moves nothing else`() async throws {
            let autoimage = try Autoimage()
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let service = try await Service(copying: .flaskHello)
            let (path, lock) = (service.folder.string, service["autoimage.lock"])
            let fresh = try image.service["autoimage.lock"].text()
            let line = try #require(fresh.split(separator: "\n").first { $0.contains("\"zlib1g ") })
            let words = line.split(separator: " ")
            let old = fresh.replacing("\(words[0]) \(words[1]) ", with: "\(words[0]) 1:0 ")
            try lock.write(old)
            let other = try await autoimage.run("lock", path, "--update", "tzdata")
            #expect(other.status == 0)
            #expect(try lock.text() == old)
            let moved = try await autoimage.run("lock", path, "--update", "zlib1g")
            #expect(moved.status == 0)
            #expect(moved.errors.contains("  zlib1g 1:0 → \(words[1])\n"))
            #expect(try lock.text() == fresh)
            let unknown = try await autoimage.run("lock", path, "--update", "zlib1gg")
            #expect(unknown.status == 78)
            #expect(unknown.errors.contains("nothing in it is called 'zlib1gg'; it has "))
        }
    }
}
