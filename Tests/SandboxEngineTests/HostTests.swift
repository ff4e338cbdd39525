import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import SystemPackage
import Testing

/// What of this machine reaches steps, and programs run on a tree itself.
@Suite(.enabled(if: TestRoot.path != nil, Comment(rawValue: TestRoot.isMissing)))
struct HostTests {
    @Test func `certificates and proxies of this machine are found`() throws {
        let bundle = try TestFolder.make("ca").appending("bundle.crt")
        try TestFolder.write("CERTIFICATES", to: bundle)
        let found = HostSettings.detect(environment: [
            "SSL_CERT_FILE": bundle.string, "HTTPS_PROXY": "http://proxy:3128", "no_proxy": "localhost",
            "HTTP_PROXY": "", "OTHER": "x",
        ])
        #expect(found.caBundle == bundle)
        #expect(found.proxyEnvironment == ["HTTPS_PROXY": "http://proxy:3128", "no_proxy": "localhost"])
    }

    @Test func `a step with network gets them as a mount and variables, which change no key`() async throws {
        let bundle = try TestFolder.make("ca").appending("bundle.crt")
        try TestFolder.write("CERTIFICATES\n", to: bundle)
        var build = try TestBuild()
        build.host = HostSettings(caBundle: bundle, proxyEnvironment: ["HTTPS_PROXY": "http://proxy:3128"])
        build.run(
            "step", "cat $PIP_CERT; echo $HTTPS_PROXY $SSL_CERT_FILE; echo x 2>/dev/null > $PIP_CERT || echo ro",
            environment: ["SSL_CERT_FILE": "/own"], network: .host)
        let (log, result) = try await build.build()
        #expect(log.output(of: "step") == "CERTIFICATES\nhttp://proxy:3128 /own\nro\n")
        #expect(try HostFiles.names(in: try #require(result.layers.last)) == [])
        build.host = HostSettings()
        #expect(try await build.build().log.cached == ["step"])
    }

    @Test(.enabled(if: TestRoot.hasBusybox, "needs a busybox on this machine"), arguments: [true, false])
    func `a program in place writes into the tree itself and nothing else changes`(
        overlay: Bool
    ) async throws {
        let state = try State(home: try TestFolder.make("home"))
        let sandbox = try Sandbox.probe(scratch: state.temporary, overlay: overlay)
        let root = state.bases.appending("tree")
        let source = try #require(TestRoot.path)
        let program = try #require(try HostFiles.read(source.appending("bin/busybox")))
        try HostFiles.makeFolder(root.appending("bin"))
        try AtomicFile.write(program, to: root.appending("bin/busybox"))
        chmod(root.appending("bin/busybox").string, 0o755)
        try TestFolder.write("old", to: root.appending("data/old"))
        try await sandbox.runInPlace(
            root: root, arguments: ["/bin/busybox", "sh", "-c", "echo $A > /data/new; echo t > /tmp/x; rm /data/old"],
            environment: ["A": "1", "PATH": "/bin"])
        #expect(try HostFiles.names(in: root) == ["bin", "data"])
        #expect(try TestFolder.text(root.appending("data/new")) == "1\n")
        let failure = await #expect(throws: StepFailure.self) {
            try await sandbox.runInPlace(
                root: root, arguments: ["/bin/busybox", "sh", "-c", "echo why; exit 2"], environment: [:])
        }
        #expect(failure?.tail == ["why"])
        #expect(try HostFiles.names(in: state.temporary).isEmpty)
    }
}
