import OCI
import Planning
import SystemPackage
import Testing

extension Acceptance {
    /// A plan in its three forms: for people, for programs and for Docker.
    @Suite struct ExplainTests {
        @Test func `the text gives both stages and the evidence of each decision`() async throws {
            let service = try await Service(copying: .driftwood)
            let text = try await Autoimage().command(["build", service.folder.string, "--explain"]).succeed()
            let wanted = [
                "driftwood: python for ", ".python-version:1", "requirements.txt:9", "driftwood/settings.py:",
                "stage builder", "stage runtime", "collectstatic", "libpq-dev", "gunicorn", "65532:65532",
                "debian/bookworm/python-3.11-", "glibc 2.36", "mount", "network", "artifact", "rules checked", "holds",
            ]
            #expect(wanted.filter { !text.contains($0) } == [], "\(text)")
            #expect(!text.contains("BROKEN"))
        }

        @Test func `explain prints what plan prints and builds nothing`() async throws {
            let service = try await Service(copying: .flaskHello)
            let autoimage = try await Autoimage(emptyHomeFor: nil)
            let explained = try await autoimage.command(["build", service.folder.string, "--explain"]).succeed()
            let planned = try await autoimage.command(["plan", service.folder.string, "--format", "text"]).succeed()
            #expect(explained == planned)
            #expect(!service["autoimage.lock"].exists)
            let blobs = try await Command("find", autoimage.home.string, "-path", "*/blobs/sha256/*").run().output
            #expect(blobs == "")
        }

        @Test(arguments: Service.Name.allCases)
        func `the JSON is the same bytes for the same files anywhere`(name: Service.Name) async throws {
            let (one, two) = (try await Service(copying: name), try await Service(copying: name))
            try await Command(
                "find", two.folder.string, "-exec", "touch", "-d", "2001-02-03 04:05:06", "{}", "+"
            ).succeed()
            let json = try await plan(one, "json")
            #expect(try await plan(two, "json") == json)
            let decoded = try CanonicalJSON.decode(BuildPlan.self, from: Array(json.utf8))
            #expect(decoded.schemaVersion == BuildPlan.currentSchema)
            #expect(decoded.name == name.rawValue)
            #expect(try renderJSON(decoded) == json)
        }

        @Test(.enabled(if: Tool.hasAsRoot("unshare"), "needs root to take the network away"))
        func `planning needs no network`() async throws {
            let service = try await Service(copying: .driftwood)
            var offline = try Autoimage().command(["plan", service.folder.string, "--format", "json"])
            offline.words = ["unshare", "--net"] + offline.words
            #expect(try await offline.succeed() == (try await plan(service, "json")))
        }

        @Test(.enabled(if: Tool.has("hadolint"), "needs hadolint"), arguments: Service.Name.allCases)
        func `hadolint has nothing to say about the Dockerfile`(name: Service.Name) async throws {
            // With its lock, and so with the shared libraries that the first build found.
            let service = try await Workspace.here().shelf.image(of: name).service
            try await Hadolint.check(service)
        }

        @Test(.enabled(if: Buildah.isInstalled(), "needs buildah and root"))
        func `buildah builds the Dockerfile and its image starts`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let context = try await DockerfileContext(for: image.service)
            let buildah = try Buildah()
            for (archive, reference) in zip(context.archives, context.references) {
                try await buildah.command("pull", "docker-archive:\(archive)").succeed()
                try await buildah.command(
                    "build", "--isolation", "chroot", "--tag", reference, "--file",
                    context.trust(reference).string, context.folder.string
                ).succeed()
            }
            try await buildah.command(
                "build", "--isolation", "chroot", "--network", "host", "--tag", "driftwood", "--file",
                context.dockerfile.string, image.service.folder.string
            ).succeed()
            let id = try await buildah.command("from", "driftwood").succeed()
                .replacing("\n", with: "")
            let printed = try await buildah.command(
                "run", "--isolation", "chroot", id, "python3", "-c", "import psycopg2, os; print(os.getuid())"
            ).succeed()
            #expect(printed == "65532\n")
        }

        @Test(.enabled(if: Docker.isInstalled() && Postgres.isInstalled(), "needs dockerd, PostgreSQL and root"))
        func `Docker builds the Dockerfile and its image serves`() async throws {
            let image = try await Workspace.here().shelf.image(of: .driftwood)
            let context = try await DockerfileContext(for: image.service)
            try await Postgres.serving { database in
                try await Driftwood.migrate(image, database)
                try await Docker.serving { docker in
                    for (archive, reference) in zip(context.archives, context.references) {
                        try await docker.command("load", "--input", archive.string).succeed()
                        try await docker.command(
                            "build", "--tag", reference, "--file", context.trust(reference).string,
                            context.folder.string
                        ).succeed()
                    }
                    try await docker.command(
                        "build", "--network=host", "--tag", "by-dockerfile", "--file", context.dockerfile.string,
                        image.service.folder.string
                    ).succeed()
                    let port = try FreePort()
                    try await docker.serve("by-dockerfile", environment: Driftwood.variables(database, port)) {
                        try await Driftwood.check(Site(port: port, server: $0), database)
                    }
                }
            }
        }

        private func plan(_ service: Service, _ format: String) async throws -> String {
            try await Autoimage().command(["plan", service.folder.string, "--format", format]).succeed()
        }
    }
}

/// A Dockerfile and its bases, ready for other builders.
///
/// Builders other than ours do not hand the host's certificate authorities to a step, so a company's proxy would stop
/// pip: as such a company does, the bases get them added under their own names. The Dockerfile stays as it is.
struct DockerfileContext: Sendable {
    let folder: FilePath
    let dockerfile: FilePath
    let archives: [FilePath]
    /// The references of the bases, in the order of the archives.
    let references: [String]

    init(for service: Service) async throws {
        let autoimage = try Autoimage()
        folder = try Workspace.here().makeFolder("dockerfile")
        dockerfile = folder.appending("Dockerfile")
        let text = try await autoimage.command(["plan", service.folder.string, "--format", "dockerfile"]).succeed()
        try dockerfile.write(text)
        try await autoimage.command(["bases", "save", service.folder.string, "--output", folder.string]).succeed()
        archives = [folder.appending("builder.tar"), folder.appending("runtime.tar")]
        references = text.split(separator: "\n").filter { $0.hasPrefix("FROM ") }
            .compactMap { $0.split(separator: " ").dropFirst().first.map(String.init) }
        try #require(references.count == 2)
        let authorities = FilePath("/etc/ssl/certs/ca-certificates.crt")
        try folder.appending("authorities.crt").write(authorities.exists ? authorities.text() : "")
        try folder.appending("pip.conf").write("[global]\ncert = /etc/ssl/certs/ca-certificates.crt\n")
    }

    /// A Dockerfile that adds the host's certificate authorities to a base.
    func trust(_ reference: String) throws -> FilePath {
        let file = try Workspace.here().temporary("trust")
        try file.write(
            """
            FROM \(reference)
            COPY authorities.crt /etc/ssl/certs/ca-certificates.crt
            COPY pip.conf /etc/pip.conf

            """)
        return file
    }
}
