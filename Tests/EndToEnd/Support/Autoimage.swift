import OCI
import Planning
import SystemPackage
import Testing

/// The command under test.
struct Autoimage: Sendable {
    let binary: FilePath
    var home: FilePath
    var user: User?
    var environment: [String: String?] = [:]

    /// With the home that tests share.
    init() throws {
        let workspace = try Workspace.here()
        binary = workspace.binary
        home = workspace.home
    }

    /// With an empty home, as another user where given.
    init(emptyHomeFor user: User?) async throws {
        let workspace = try Workspace.here()
        let folder = try workspace.makeFolder("home")
        if let user { try await Command("chown", "\(user.id):\(user.group)", folder.string).succeed() }
        binary = workspace.binary
        home = folder.appending("autoimage")
        self.user = user
        environment = ["HOME": folder.string]
    }

    /// The command line with these arguments.
    func command(_ arguments: [String]) -> Command {
        var command = Command([binary.string] + arguments)
        command.environment = ["AUTOIMAGE_HOME": home.string, "SOURCE_DATE_EPOCH": String?.none]
        command.environment.merge(environment) { _, new in new }
        command.user = user
        return command
    }

    func run(_ arguments: String...) async throws -> Outcome { try await command(arguments).run() }

    /// Builds a service; fails where that fails or where standard output is anything but a reference with digest.
    func build(_ service: Service, _ options: [String] = [], umask: String? = nil) async throws -> Built {
        var command = command(["build", service.folder.string] + options)
        command.umask = umask
        let outcome = try await command.run()
        guard outcome.status == 0 else { throw CommandFailure(outcome: outcome) }
        return try Built(outcome)
    }
}

/// What a build printed.
struct Built: Sendable {
    /// `name@sha256:…`.
    let reference: String
    let digest: Digest
    let errors: String

    init(_ outcome: Outcome) throws {
        let lines = outcome.output.split(separator: "\n", omittingEmptySubsequences: false)
        try #require(lines.count == 2 && lines[1].isEmpty, "standard output is not one line: \(outcome.output)")
        let parts = lines[0].split(separator: "@")
        try #require(parts.count == 2, "not a reference with digest: \(lines[0])")
        reference = String(lines[0])
        digest = try Digest(parsing: String(parts[1]))
        errors = outcome.errors
    }

    /// The events that `--progress json` printed.
    func events() throws -> [BuildEvent] {
        try errors.split(separator: "\n").filter { $0.hasPrefix("{") }.map {
            try CanonicalJSON.decode(BuildEvent.self, from: Array($0.utf8))
        }
    }
}

/// Images that several tests look at: each is built once.
actor Shelf {
    private var images: [Service.Name: ShelvedImage] = [:]

    /// The image of a service, in the local store under the service's name and in every file form.
    func image(of name: Service.Name) async throws -> ShelvedImage {
        if let image = images[name] { return image }
        let folder = try Workspace.here().makeFolder("image")
        let service = try await Service(copying: name)
        let image = ShelvedImage(
            name: name.rawValue, service: service, layout: folder.appending("layout"),
            ociArchive: folder.appending("oci.tar"), dockerArchive: folder.appending("docker.tar"),
            built: try await Autoimage().build(
                service,
                [
                    "--output", "oci:\(folder.appending("layout"))",
                    "--output", "oci-archive:\(folder.appending("oci.tar"))",
                    "--output", "docker-archive:\(folder.appending("docker.tar"))",
                ]))
        images[name] = image
        return image
    }
}

/// An image and where it lies.
struct ShelvedImage: Sendable {
    /// Its name in the local store.
    let name: String
    /// The service it was built from, with the `autoimage.lock` that the build wrote.
    let service: Service
    let layout: FilePath
    let ociArchive: FilePath
    let dockerArchive: FilePath
    let built: Built
}
