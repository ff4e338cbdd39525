import SystemPackage

/// A Maven repository on loopback: what Debian's packages install below `/usr/share/maven-repo`, with checksums.
struct MavenRepository: Sendable {
    /// Where Debian's lib*-java packages put archives and project files.
    static let folder = FilePath("/usr/share/maven-repo")

    /// Whether the plugins and the library are there that the services of the tests name.
    static func isInstalled() -> Bool {
        [
            "com/google/code/gson/gson/2.10/gson-2.10.pom",
            "jakarta/servlet/jakarta.servlet-api/5.0.0/jakarta.servlet-api-5.0.0.pom",
            "org/apache/maven/plugins/maven-shade-plugin/3.4.1/maven-shade-plugin-3.4.1.pom",
            "org/apache/maven/plugins/maven-war-plugin/3.3.2/maven-war-plugin-3.3.2.pom",
        ].allSatisfy { folder.pushing(FilePath($0)).exists }
    }

    /// Serves the repository for as long as `body` runs; `settings` is a file that sends Maven there.
    static func serving<Value: Sendable>(
        _ body: @Sendable (_ settings: FilePath) async throws -> Value
    ) async throws -> Value {
        let port = try FreePort()
        let settings = try Workspace.here().temporary("settings.xml")
        try settings.write(
            """
            <settings><mirrors><mirror><id>loopback</id><mirrorOf>*</mirrorOf><url>http://127.0.0.1:\(port)</url></mirror></mirrors></settings>

            """)
        return try await Command("python3", "-c", program, folder.string, "\(port)").running {
            _ = try await Site(port: port, server: $0).get("/com/")
            return try await body(settings)
        }
    }

    /// Answers `FILE.sha1` with the digest of FILE.
    private static let program = """
        import hashlib, http.server, os, sys
        class Handler(http.server.SimpleHTTPRequestHandler):
            def send_head(self):
                path = self.translate_path(self.path)
                if not path.endswith('.sha1') or not os.path.isfile(path[:-5]): return super().send_head()
                body = hashlib.sha1(open(path[:-5], 'rb').read()).hexdigest().encode()
                self.send_response(200)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
        make = lambda *words: Handler(*words, directory=sys.argv[1])
        http.server.ThreadingHTTPServer(('127.0.0.1', int(sys.argv[2])), make).serve_forever()
        """
}
