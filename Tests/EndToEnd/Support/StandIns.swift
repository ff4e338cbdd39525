import SystemPackage
import TestSupport

/// Images under the names of official ones, made of bases that autoimage assembles from Debian's packages.
///
/// What makes them stand in: the interpreter is in `/usr/local/bin`, accounts are Debian's without ours, and it all
/// lies in two layers, of which the upper one hides a folder of the lower.
struct StandIns: Sendable {
    /// An OCI layout with the images `builder` and `runtime`.
    let layout: FilePath

    static func areMakeable() -> Bool { Tool.has("skopeo", "umoci", "tar", "docker-registry") }

    /// Images of the bases that a service gets from the family `debian`.
    init(of service: Service, interpreter: String = "python3") async throws {
        let folder = try Workspace.here().makeFolder("stand-ins")
        layout = folder.appending("layout")
        let saved = try await Autoimage().run(
            "bases", "save", service.folder.string, "--bases", "debian", "--output", folder.string)
        guard saved.status == 0 else { throw CommandFailure(outcome: saved) }
        let upper = try await Self.upperLayer(in: folder, interpreter: interpreter)
        for image in ["builder", "runtime"] {
            try await Command(
                "skopeo", "copy", "--quiet", "docker-archive:\(folder)/\(image).tar", "oci:\(layout):\(image)"
            ).succeed()
            try await Command("umoci", "raw", "add-layer", "--image", "\(layout):\(image)", upper.string).succeed()
        }
        try await Command("rm", "\(service.folder)/autoimage.lock").succeed()
    }

    private static func upperLayer(in folder: FilePath, interpreter: String) async throws -> FilePath {
        let tree = folder.appending("upper")
        for path in ["usr/local/bin", "etc", "home", "var/mail"] {
            try await Command("mkdir", "-p", "\(tree)/\(path)").succeed()
        }
        try await Command("ln", "-s", "/usr/bin/\(interpreter)", "\(tree)/usr/local/bin/\(interpreter)").succeed()
        try tree.appending("etc").appending("passwd").write(
            "root:x:0:0:root:/root:/bin/bash\nwww-data:x:33:33:www-data:/var/www:/usr/sbin/nologin\n")
        try tree.appending("etc").appending("group").write("root:x:0:\nmail:x:8:\nwww-data:x:33:\n")
        try tree.appending("home").appending(".wh.nonroot").write("")
        let archive = folder.appending("upper.tar")
        try await Command(
            "tar", "--directory", tree.string, "--owner=0", "--group=0", "--mtime=@1", "--create", "--file",
            archive.string, "etc", "home", "usr"
        ).succeed()
        try await Command(
            "tar", "--directory", tree.string, "--owner=0", "--group=8", "--mtime=@1", "--append", "--file",
            archive.string, "var/mail"
        ).succeed()
        return archive
    }

    /// Puts one of the images into a registry.
    func push(_ image: String, to registry: DockerRegistry, as name: String) async throws {
        try await Command(
            "skopeo", "copy", "--quiet", "--dest-tls-verify=false", "oci:\(layout):\(image)",
            "docker://\(registry.host)/\(name)"
        ).succeed()
    }
}
