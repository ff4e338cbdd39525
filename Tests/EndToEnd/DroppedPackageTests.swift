import Glibc
import OCI
import Subprocess
import SystemPackage
import Testing

extension Acceptance {
    /// A mirror that dropped what the lock pins: the host's own mirror through a proxy that denies one file.
    @Suite(
        .serialized,
        .enabled("the host's apt has to name a Debian mirror that http reaches", { await ForgetfulMirror.isPossible() })
    )
    struct DroppedPackageTests {
        @Test func `a package that the mirror dropped comes from the snapshot, else the error names it`() async throws {
            let image = try await Workspace.here().shelf.image(of: .flaskHello)
            let path = image.service.folder.string
            let before = try image.service["autoimage.lock"].text()
            let line = try #require(
                before.split(separator: "\n").first { $0.contains("\"libpython3.") && $0.contains("-minimal ") })
            let words = line.split(separator: " ").map { $0.filter { $0 != "\"" && $0 != "," } }
            let (name, version, digest) = (words[0], words[1], words[2].dropFirst("sha256:".count))
            // A home with every package but this one, and no base yet.
            let shared = try Autoimage()
            let autoimage = try await Autoimage(emptyHomeFor: nil)
            let packages = autoimage.home.pushing("debian/packages")
            try await Command("mkdir", "-p", packages.string).succeed()
            try await Command(
                "cp", "-l", "-R", shared.home.pushing("debian/packages").string + "/.", packages.string
            ).succeed()
            try await Command("rm", packages.appending("\(digest).deb").string).succeed()
            try await ForgetfulMirror.serving(denying: "\(name)_") { mirror in
                let mirrors = ["--debian-mirror", "\(mirror)/debian,\(mirror)/debian-security"]
                let gone = try await autoimage.command(["build", path, "--locked"] + mirrors).run()
                #expect(gone.status == 69)
                for part in [
                    "no longer has \(name) \(version) of", "lock PATH --update \(name)", "--cache-from",
                    "--debian-snapshot URL",
                ] { #expect(gone.errors.contains(part), "\(part)") }
                let snapshot = ["--debian-snapshot", "\(mirror)/day/debian"]
                let built = try await autoimage.build(image.service, ["--locked"] + mirrors + snapshot)
                #expect(built.digest == image.built.digest)
                #expect(built.errors.contains("looking for 1 packages"))
            }
            #expect(try image.service["autoimage.lock"].text() == before)
        }
    }
}

/// A proxy on loopback in front of the mirror that the host's apt uses.
private enum ForgetfulMirror {
    /// The host's Debian archive and its security archive, as apt knows them.
    static func upstream() async throws -> (main: String, security: String)? {
        let text = try await Command(
            "apt-get", "indextargets", "--format", "$(SUITE) $(REPO_URI)", "Created-By: Packages"
        ).succeed()
        var found: [Bool: String] = [:]
        for line in text.split(separator: "\n") {
            let words = line.split(separator: " ").map(String.init)
            guard words.count == 2, words[1].hasPrefix("http") else { continue }
            let isSecurity = words[1].contains("security")
            guard words[1].contains("/debian") else { continue }
            found[isSecurity] = found[isSecurity] ?? words[1]
        }
        guard let main = found[false], let security = found[true] else { return nil }
        return (main, security)
    }

    static func isPossible() async -> Bool {
        guard Tool.has("apt-get", "/usr/bin/python3") else { return false }
        return (try? await upstream()) ?? nil != nil
    }

    /// Runs `body` with the address of a proxy that has `/debian`, `/debian-security` and, complete, `/day/…` of both.
    static func serving(denying name: String, _ body: @Sendable (String) async throws -> Void) async throws {
        let (main, security) = try #require(try await upstream())
        let server = Command("/usr/bin/python3", "-u", "-c", script, main, security, name)
        try await server.running { running in
            try await running.waitFor("port ", seconds: 20)
            let text = try running.log.text()
            let port = try #require(text.split(separator: "\n").first { $0.hasPrefix("port ") }?.dropFirst(5))
            try await body("http://127.0.0.1:\(port)")
        }
    }

    private static let script = """
        import http.server, shutil, sys, urllib.error, urllib.request
        main, security, denied = sys.argv[1:]
        class Proxy(http.server.BaseHTTPRequestHandler):
            def do_GET(self):
                path, complete = self.path, False
                if path.startswith("/day/"):
                    path, complete = path[4:], True
                for prefix, upstream in (("/debian-security/", security), ("/debian/", main)):
                    if path.startswith(prefix):
                        break
                else:
                    return self.send_error(404)
                if not complete and denied in path:
                    return self.send_error(404)
                try:
                    answer = urllib.request.urlopen(upstream.rstrip("/") + "/" + path[len(prefix):])
                except urllib.error.HTTPError as error:
                    return self.send_error(error.code)
                with answer:
                    self.send_response(200)
                    self.send_header("Content-Length", answer.headers["Content-Length"])
                    self.end_headers()
                    shutil.copyfileobj(answer, self.wfile)
            def log_message(self, *words):
                pass
        server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Proxy)
        print("port", server.server_address[1], flush=True)
        server.serve_forever()
        """
}
