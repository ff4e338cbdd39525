import Glibc
import OCI
import SystemPackage
import Testing

extension Acceptance {
    /// A Django service with a C extension, from its source tree to an image that serves a real database.
    @Suite struct DriftwoodTests {
        @Test(.enabled(if: Postgres.isInstalled(), "needs PostgreSQL's server and psql, and curl"))
        func `serves rows of a real database as user 65532`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            try await Postgres.serving { database in
                try await Driftwood.migrate(image, database)
                let port = try FreePort()
                let run = try Autoimage().command(
                    ["run"] + Driftwood.variables(database, port).flatMap { ["-e", "\($0.key)=\($0.value)"] }
                        + [image.name])
                try await run.running { try await Driftwood.check(Site(port: port, server: $0), database) }
            }
        }

        @Test(.enabled(if: Postgres.isInstalled(), "needs PostgreSQL's server and psql, and curl"))
        func `ends with the signal that ends run and leaves no process`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            try await Postgres.serving { database in
                let port = try FreePort()
                let run = try Autoimage().command(
                    ["run"] + Driftwood.variables(database, port).flatMap { ["-e", "\($0.key)=\($0.value)"] }
                        + [image.name])
                try await run.running { server in
                    _ = try await Site(port: port, server: server).head("/static/nothing")
                    server.kill(SIGTERM)
                    try await Leavings.expectNone(ofProcess: "driftwood.wsgi", seconds: 15)
                }
            }
        }

        @Test func `weighs at most 110 MB unpacked and shows what one stage would`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let unpacked = try await Layout(image.layout).entries().reduce(0) { $0 + $1.size }
            #expect(unpacked <= 110_000_000)
            let printed = try await Autoimage().command(["inspect", image.name]).succeed()
            let ours = try size(after: "unpacked", in: printed)
            let single = try size(after: "one stage", in: printed)
            #expect(ours <= 110_000_000, "\(printed)")
            #expect(single > 3 * ours, "\(printed)")
        }

        @Test func `holds no compiler, header, package manager or shell`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let entries = try await Layout(image.layout).entries()
            #expect(entries.contains { $0.name.hasPrefix("_psycopg") && $0.name.hasSuffix(".so") })
            #expect(entries.contains { $0.name.hasPrefix("libpq.so.5") })
            let programs: Set = [
                "gcc", "cc", "c++", "g++", "cpp", "ld", "as", "make", "pip", "pip3", "apt", "apt-get", "dpkg",
                "dpkg-deb", "perl", "sh", "bash", "dash", "busybox",
            ]
            let unwanted = entries.filter { entry in
                programs.contains(entry.name) && entry.kind != "d" || entry.name.hasSuffix(".h")
                    || entry.path.hasSuffix("/site-packages/pip") || entry.path.hasSuffix("/dist-packages/pip")
                    || entry.path.hasPrefix("/usr/include/") || entry.name.hasSuffix(".deb")
            }
            #expect(unwanted.map(\.path) == [])
        }

        @Test func `keeps bytecode and static files, and drops the rest of the source`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let names = Set(try await Layout(image.layout).entries().map(\.name))
            #expect(names.contains("site.css.gz"))
            #expect(names.contains("staticfiles.json"))
            #expect(names.contains { $0.hasPrefix("views.cpython-311") && $0.hasSuffix(".pyc") })
            #expect(!names.contains(".gitignore"))
            #expect(!names.contains("autoimage.lock"))
        }

        @Test func `has the digest that the build printed, and user 65532`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let layout = try Layout(image.layout)
            #expect(layout.config.config.user == "65532:65532")
            #expect(layout.manifestDigest == image.built.digest)
            #expect(layout.config.config.entrypoint?.isEmpty == false)
        }

        /// A size that inspect prints, as in `unpacked   104.2 MB`, in bytes.
        private func size(after label: String, in text: String) throws -> Double {
            let line = try #require(
                text.split(separator: "\n").first { $0.hasPrefix(label) }, "no \(label) in:\n\(text)")
            let words = line.dropFirst(label.count).split(separator: " ")
            let number = try #require(words.first.flatMap { Double($0) })
            let unit = try #require(words.dropFirst().first?.prefix(2))
            return number * (["kB": 1e3, "MB": 1e6, "GB": 1e9][String(unit)] ?? 1)
        }
    }
}

/// What every way of running Driftwood must show.
enum Driftwood {
    /// The variables that the service reads.
    static func variables(_ database: Postgres, _ port: FreePort) -> [String: String] {
        ["DATABASE_URL": database.url, "SECRET_KEY": "a-secret-for-one-test", "PORT": "\(port)"]
    }

    /// Makes the tables, by the image's own Python.
    static func migrate(_ image: ShelvedImage, _ database: Postgres) async throws {
        try await Autoimage().command([
            "run", "-e", "DATABASE_URL=\(database.url)", "-e", "SECRET_KEY=a-secret-for-one-test", image.name,
            "python3", "manage.py", "migrate", "--no-input",
        ]).succeed()
    }

    /// Asks for the page, the state and the style sheet.
    static func check(_ site: Site, _ database: Postgres) async throws {
        let name = "Glass float \(UInt32.random(in: 0...UInt32.max))"
        try await database.run(
            "INSERT INTO catalog_find (name, beach, found_on, grams) VALUES ('\(name)', 'Luskentyre', '2025-08-02', 640)"
        )
        let page = try await site.get("/")
        #expect(page.contains(name))
        #expect(page.contains("Cork float"))
        let state = try await site.get("/health")
        #expect(state.contains("\"uid\": 65532"))
        #expect(state.contains("\"gid\": 65532"))
        let style = try #require(page.split(separator: "\"").first { $0.hasSuffix(".css") })
        let answer = try await site.head(String(style))
        #expect(answer.hasPrefix("HTTP/1.1 200"))
        #expect(answer.lowercased().contains("content-encoding: gzip"))
    }
}
