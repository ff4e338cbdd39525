import SystemPackage

/// A module proxy on loopback: a file tree in the form of GOPROXY, made of sources that Debian packages install.
///
/// https://go.dev/ref/mod#goproxy-protocol
struct GoProxy: Sendable {
    /// The folder that is served.
    let folder: FilePath
    /// The lines of go.sum for the module.
    let sums: String

    /// Where Debian's golang-*-dev packages put sources.
    static let sources = FilePath("/usr/share/gocode/src")

    /// Makes a proxy that has one version of one module.
    init(of module: String, version: String) async throws {
        folder = try Workspace.here().makeFolder("go-proxy")
        sums = try await Command(
            "python3", "-c", Self.program, Self.sources.pushing(FilePath(module)).string, folder.string, module, version
        ).succeed()
    }

    /// Serves the folder over HTTP, for as long as `body` runs.
    func serving(_ body: @Sendable (_ address: String) async throws -> Void) async throws {
        let port = try FreePort()
        let server = Command(
            "python3", "-m", "http.server", "--bind", "127.0.0.1", "--directory", folder.string, "\(port)")
        try await server.running {
            _ = try await Site(port: port, server: $0).get("/")
            try await body("http://127.0.0.1:\(port)")
        }
    }

    /// Writes `@v/VERSION.{info,mod,zip}` and `list`, and prints the hashes of go.sum (golang.org/x/mod/sumdb/dirhash).
    private static let program = """
        import base64, hashlib, os, sys, zipfile
        source, target, module, version = sys.argv[1:]
        folder = os.path.join(target, module, "@v")
        os.makedirs(folder)
        def h1(files):
            lines = "".join(hashlib.sha256(text).hexdigest() + "  " + name + chr(10) for name, text in sorted(files))
            return "h1:" + base64.b64encode(hashlib.sha256(lines.encode()).digest()).decode()
        files = []
        for place, folders, names in os.walk(source):
            folders.sort()
            for name in sorted(names):
                path = os.path.join(place, name)
                text = open(path, "rb").read()
                files.append((module + "@" + version + "/" + os.path.relpath(path, source), text))
        with zipfile.ZipFile(os.path.join(folder, version + ".zip"), "w") as archive:
            for name, text in files: archive.writestr(name, text)
        manifest = open(os.path.join(source, "go.mod"), "rb").read()
        open(os.path.join(folder, version + ".mod"), "wb").write(manifest)
        open(os.path.join(folder, version + ".info"), "w").write('{"Version":"' + version + '"}')
        open(os.path.join(folder, "list"), "w").write(version + chr(10))
        print(module, version, h1(files))
        print(module, version + "/go.mod", h1([("go.mod", manifest)]))
        """
}
