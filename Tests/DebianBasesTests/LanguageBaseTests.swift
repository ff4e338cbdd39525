import BaseImages
import Files
import Images
import OCI
import Planning
import Subprocess
import SystemPackage
import Testing

@testable import DebianBases

/// The bases of Node, Java and static sites: made of Debian's packages and started.
@Suite(
    .tags(.endToEnd), .serialized,
    .enabled("a Debian mirror has to answer", { await Machine.mirrorAnswers() }),
    .enabled("programs are started with /proc, which takes root", { Machine.isRoot }))
struct LanguageBaseTests {
    private static func assemble(_ id: String, _ scratch: borrowing Scratch) async throws -> AssembledBase {
        let supplier = try await AssembledBaseTests.supplier(State(home: scratch.path), acceptExpired: true)
        var base = try AssembledBaseTests.base(id)
        base.pin = try await supplier.resolve(base)
        return try await supplier.assemble(base)
    }

    /// Runs a program as the user of services in a tree that has /proc and /dev; fails with what it printed.
    private static func run(_ base: AssembledBase, _ arguments: [String]) async throws -> String {
        let script = """
            mkdir -p "$0/proc" "$0/dev" && mount --rbind /proc "$0/proc" && mount --rbind /dev "$0/dev" &&
            exec chroot --userspec=65532:65532 "$0" "$@"
            """
        let result = try await Subprocess.run(
            .path("/usr/bin/unshare"),
            arguments: Arguments(
                ["--mount", "--propagation", "private", "sh", "-c", script, base.root.string] + arguments),
            environment: .custom(["LANG": "C.UTF-8", "PATH": "/usr/bin:/bin:/usr/sbin", "HOME": "/home/nonroot"]),
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw ChrootFailure(
                arguments: arguments, output: result.standardOutput + result.standardError)
        }
        return result.standardOutput
    }

    private static func has(_ base: AssembledBase, _ path: String) -> Bool {
        HostFiles.exists(base.root.pushing(FilePath(path)))
    }

    /// What no image is to hold, whatever its language.
    private static func expectNoTools(_ base: AssembledBase, but shell: Bool = false) {
        for program in ["npm", "npx", "node-gyp", "javac", "jlink", "mvn", "gcc", "dpkg", "apt-get", "perl", "git"] {
            #expect(!has(base, "usr/bin/\(program)"), "\(program)")
        }
        #expect(has(base, "usr/bin/sh") == shell)
        for path in ["usr/include/nodejs", "usr/share/man", "usr/share/doc/nodejs/api", "usr/share/node_modules/npm"] {
            #expect(!has(base, path), "\(path)")
        }
    }

    @Test(
        arguments: [
            ("debian/bookworm/node-18-runtime", "v18.", 104_000_000),
            ("debian/trixie/node-20-runtime", "v20.", 117_000_000),
            ("debian/testing/node-24-runtime", "v24.", 141_000_000),
        ]) func `Node starts with all languages, modules and fetch`(id: String, version: String, limit: Int64)
        async throws
    {
        let scratch = try Scratch()
        let base = try await Self.assemble(id, scratch)
        Self.expectNoTools(base)
        #expect(base.size < limit)
        let program = """
            import http from 'node:http'; import tls from 'node:tls'; import fs from 'node:fs';
            const server = http.createServer((_, answer) => answer.end('hello')).listen(0);
            await new Promise(done => server.on('listening', done));
            const text = await (await fetch(`http://127.0.0.1:${server.address().port}`)).text();
            server.close();
            fs.writeFileSync('/tmp/ä.cjs', 'module.exports = {one: 1}');
            const { default: loaded } = await import('/tmp/ä.cjs');
            const month = new Intl.DateTimeFormat('de-DE', {month: 'long', timeZone: 'Asia/Tokyo'}).format(new Date(0));
            console.log(process.version, text, loaded.one, month, tls.rootCertificates.length > 100);
            """
        let printed = try await Self.run(base, ["/usr/bin/node", "--input-type=module", "-e", program])
        #expect(printed.hasPrefix(version))
        #expect(printed.hasSuffix(" hello 1 Januar true\n"))
    }

    private static let check = """
        import java.awt.image.BufferedImage; import java.nio.file.*; import javax.net.ssl.*;
        public class Check { public static void main(String[] arguments) throws Exception {
          var managers = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
          managers.init((java.security.KeyStore) null);
          var roots = ((X509TrustManager) managers.getTrustManagers()[0]).getAcceptedIssuers().length;
          Files.writeString(Path.of("/tmp/größe-日本"), "x");
          try (var names = Files.list(Path.of("/tmp"))) {
            System.out.print(names.anyMatch(name -> name.endsWith("größe-日本")));
          }
          if (arguments.length > 0) {
            new BufferedImage(80, 20, BufferedImage.TYPE_INT_RGB).createGraphics().drawString("text", 2, 12);
          }
          System.out.println(" " + (roots > 100) + " " + System.getProperty("sun.jnu.encoding"));
        }}
        """

    @Test func `Java starts with authorities, names in UTF-8, fonts and its archive, whole or linked`() async throws {
        let scratch = try Scratch()
        let builder = try await Self.assemble("debian/trixie/java-21-builder", scratch)
        try HostFolder(builder.root).write(Self.check, to: ImagePath("/tmp/Check.java"))
        let link = """
            cd /tmp && javac --release 17 Check.java && mvn --version && git --version &&
            jlink --add-modules java.base,java.desktop --output /tmp/jre --strip-java-debug-attributes \
              --no-header-files --no-man-pages --compress=zip-6
            """
        _ = try await Self.run(builder, ["/bin/sh", "-c", link])
        let compiled = try #require(try HostFiles.read(builder.root.appending("tmp/Check.class")))

        for (id, limit) in [
            ("bookworm/java-17", 214_000_000), ("trixie/java-21", 227_000_000), ("trixie/java-25", 236_000_000),
        ] as [(String, Int64)] {
            let base = try await Self.assemble("debian/\(id)-runtime", scratch)
            Self.expectNoTools(base)
            #expect(base.size < limit, "\(id)")
            try HostFolder(base.root).write(compiled, to: ImagePath("/tmp/Check.class"))
            #expect(try await Self.run(base, ["/usr/bin/java", "-cp", "/tmp", "Check", "text"]) == "true true UTF-8\n")
            _ = try await Self.run(base, ["/usr/bin/java", "-Xshare:on", "-version"])
        }

        let base = try await Self.assemble("debian/trixie/jlink-13-runtime", scratch)
        Self.expectNoTools(base)
        #expect(base.size < 12_000_000)
        #expect(Self.has(base, "etc/ssl/certs/java/cacerts"))
        let copied = try await Subprocess.run(
            .path("/bin/cp"), arguments: ["-a", builder.root.appending("tmp/jre").string, "\(base.root)/opt"],
            output: .discarded)
        #expect(copied.terminationStatus.isSuccess)
        try HostFolder(base.root).write(compiled, to: ImagePath("/tmp/Check.class"))
        let arguments = ["-Djavax.net.ssl.trustStore=/etc/ssl/certs/java/cacerts", "-cp", "/tmp", "Check"]
        #expect(try await Self.run(base, ["/opt/bin/java"] + arguments) == "true true UTF-8\n")
    }

    @Test(arguments: ["bookworm/web-2.6", "trixie/web-2.6", "testing/web-2.11"])
    func `Caddy serves from a tree that cannot be written, as the user of services`(id: String) async throws {
        let scratch = try Scratch()
        let base = try await Self.assemble("debian/\(id)-runtime", scratch)
        Self.expectNoTools(base)
        #expect(base.size < 56_000_000)
        let tree = try HostFolder(base.root)
        let config = """
            {
            \tadmin off
            \tauto_https off
            }
            :{$PORT:8080} {
            \troot * /srv
            \tencode zstd gzip
            \trespond /health 200
            \ttry_files {path} /index.html
            \tfile_server
            }

            """
        try tree.write(config, to: ImagePath("/etc/Caddyfile"))
        try tree.write("<p>home</p>", to: ImagePath("/srv/index.html"))
        try tree.write(String(repeating: "a()\n", count: 500), to: ImagePath("/srv/app.js"))
        let script = """
            mount --bind "$0" "$0" && mount -o remount,bind,ro "$0"
            PORT=18943 chroot --userspec=65532:65532 "$0" /usr/bin/caddy run --config /etc/Caddyfile --adapter caddyfile &
            for try in $(seq 100); do (exec 3<>/dev/tcp/127.0.0.1/18943) 2>/dev/null && break; sleep 0.1; done
            for path in /health /deep/link /app.js; do
              exec 3<>/dev/tcp/127.0.0.1/18943
              printf 'GET %s HTTP/1.1\r\nHost: x\r\nConnection: close\r\nAccept-Encoding: gzip\r\n\r\n' "$path" >&3
              tr -d '\r' <&3 | sed '/^$/,$!b;s/[^ -~]//g'
            done
            kill -TERM $!; wait $!; echo "ended with $?"
            """
        let result = try await Subprocess.run(
            .path("/usr/bin/unshare"),
            arguments: ["--mount", "--propagation", "private", "bash", "-c", script, base.root.string],
            output: .string(limit: 1 << 20), error: .string(limit: 1 << 20))
        let printed = result.standardOutput
        for part in [
            "HTTP/1.1 200 OK", "<p>home</p>", "Content-Type: text/javascript; charset=utf-8", "Content-Encoding: gzip",
            "ended with 0",
        ] {
            #expect(printed.contains(part), "\(part) in \(printed) \(result.standardError)")
        }
    }
}

/// The packages that recipes name, held against what Debian has: no name is a guess.
@Suite(.tags(.endToEnd), .enabled("a Debian mirror has to answer", { await Machine.mirrorAnswers() }))
struct RecipePackageTests {
    @Test(arguments: ["bookworm", "trixie", "testing"])
    func `every package of every recipe is in its suite`(suite: String) async throws {
        let scratch = try Scratch()
        let recipes = try BaseImages.catalog().entries.compactMap(\.debian).filter { $0.suite == suite }
        let recipe = try #require(recipes.first)
        let mirror = try DebianMirror.discover(option: nil, environment: [:])
        // The indexes of a suite that is not released are older than they should be on many mirrors.
        let root = try AptRoot(
            state: State(home: scratch.path), mirror: mirror,
            settings: mirror.usesHostSettings ? await AptSettings.ofHost() : [:], recipe: recipe,
            architecture: Platform.host.debianName, access: DebianAccess(acceptsExpired: true))
        try await root.update()
        let known = try await root.names()
        let named = Set(recipes.flatMap(\.packages))
        #expect(named.subtracting(known).sorted() == [])
    }
}
