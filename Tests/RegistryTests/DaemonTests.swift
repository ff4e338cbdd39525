import Files
import Glibc
import OCI
import SystemPackage
import Testing

@testable import Registry

/// How a daemon is found, and how its answer is read.
@Suite struct DaemonTests {
    private final class Machine {
        let folder: FilePath
        private var sockets: [Int32] = []

        init() throws {
            folder = FilePath("/tmp/ai-daemon-\(getpid())-\(UInt32.random(in: 0...UInt32.max))")
            try HostFiles.makeFolder(folder)
        }

        deinit {
            for socket in sockets { close(socket) }
            try? HostFiles.remove(folder)
        }

        func path(_ name: String) -> FilePath { folder.pushing(FilePath(name)) }

        /// A socket that somebody listens on, or that nobody does any more.
        @discardableResult
        func socket(_ name: String, listening: Bool = true) throws -> FilePath {
            let path = path(name)
            try HostFiles.makeFolder(path.removingLastComponent())
            let descriptor = Glibc.socket(AF_UNIX, Int32(SOCK_STREAM.rawValue), 0)
            var address = sockaddr_un()
            address.sun_family = sa_family_t(AF_UNIX)
            withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: Array(path.string.utf8)) }
            let status = withUnsafePointer(to: &address) { pointer in
                pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                    bind(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
                }
            }
            #expect(status == 0)
            if listening {
                #expect(listen(descriptor, 8) == 0)
                sockets.append(descriptor)
            } else {
                close(descriptor)
            }
            return path
        }

        func context(_ name: String, _ host: String) throws {
            let place = path("home/.docker/contexts/meta").appending(Digest(of: Array(name.utf8)).hex)
            try HostFiles.makeFolder(place)
            let text = #"{"Name":"\#(name)","Endpoints":{"docker":{"Host":"\#(host)","SkipTLSVerify":false}}}"#
            try AtomicFile.write(Array(text.utf8), to: place.appending("meta.json"))
        }

        func finder(_ environment: [String: String] = [:]) -> DaemonFinder {
            var all = ["HOME": path("home").string, "XDG_RUNTIME_DIR": path("user").string, "PATH": path("bin").string]
            all.merge(environment) { _, new in new }
            return DaemonFinder(
                environment: all, systemSockets: [.docker: path("docker.sock"), .podman: path("podman.sock")])
        }
    }

    private let machine: Machine

    init() throws { machine = try Machine() }

    @Test func `Docker comes before Podman, the machine's Docker before the user's`() throws {
        try machine.socket("user/podman/podman.sock")
        #expect(try machine.finder().find(nil) == Daemon(.podman, .socket(machine.path("user/podman/podman.sock"))))
        try machine.socket("user/docker.sock")
        #expect(try machine.finder().find(nil) == Daemon(.docker, .socket(machine.path("user/docker.sock"))))
        try machine.socket("docker.sock")
        #expect(try machine.finder().find(nil) == Daemon(.docker, .socket(machine.path("docker.sock"))))
        #expect(try machine.finder().find(.podman).kind == .podman)
    }

    @Test func `a socket that nobody listens on is passed over`() throws {
        try machine.socket("docker.sock", listening: false)
        try machine.socket("podman.sock")
        #expect(try machine.finder().find(nil) == Daemon(.podman, .socket(machine.path("podman.sock"))))
    }

    @Test func `none: says what was looked for, and the way out`() throws {
        try machine.socket("docker.sock", listening: false)
        let error = try #require(throws: DaemonError.self) { try machine.finder().find(nil) }
        let folder = machine.folder
        #expect(
            error.description
                == "no running Docker or Podman was found; looked for \(folder)/docker.sock (Connection refused), "
                + "\(folder)/user/docker.sock (No such file or directory), \(folder)/user/podman/podman.sock (No such file or "
                + "directory), \(folder)/podman.sock (No such file or directory); start one, or write --output "
                + "docker-archive:FILE and load that where one runs")
        #expect(throws: DaemonError.self) { try machine.finder().find(.docker) }
    }

    @Test func `Podman without a service is its program`() throws {
        try HostFiles.makeFolder(machine.path("bin"))
        try AtomicFile.write(Array("#!/bin/sh\n".utf8), to: machine.path("bin/podman"))
        #expect(chmod(machine.path("bin/podman").string, 0o755) == 0)
        #expect(try machine.finder().find(nil) == Daemon(.podman, .program(machine.path("bin/podman"))))
        #expect(throws: DaemonError.self) { try machine.finder().find(.docker) }
    }

    @Test func `a variable is taken alone`() throws {
        try machine.socket("docker.sock")
        let chosen = try machine.socket("other.sock")
        #expect(try machine.finder(["DOCKER_HOST": "unix://\(chosen)"]).find(nil) == Daemon(.docker, .socket(chosen)))
        #expect(
            try machine.finder(["CONTAINER_HOST": "unix://\(chosen)"]).find(nil) == Daemon(.podman, .socket(chosen)))
        #expect(throws: DaemonError.none(nil, tried: ["/no/such.sock (No such file or directory)"])) {
            try machine.finder(["DOCKER_HOST": "unix:///no/such.sock"]).find(nil)
        }
    }

    @Test(
        arguments: [
            (["DOCKER_HOST": "tcp://docker:2375"], .host("docker", port: 2375, certificates: nil)),
            (
                ["DOCKER_HOST": "tcp://docker:2376", "DOCKER_TLS_VERIFY": "1", "DOCKER_CERT_PATH": "/certs/client"],
                .host("docker", port: 2376, certificates: "/certs/client")
            ),
            (
                ["DOCKER_HOST": "tcp://[::1]:2375/", "DOCKER_TLS_VERIFY": ""],
                .host("[::1]", port: 2375, certificates: nil)
            ),
        ] as [([String: String], DaemonEndpoint)])
    func `a daemon behind TCP`(environment: [String: String], endpoint: DaemonEndpoint) throws {
        #expect(try machine.finder(environment).find(.docker).endpoint == endpoint)
    }

    @Test func `what is not spoken is said`() {
        #expect(throws: DaemonError.unsupported("ssh://me@host", "DOCKER_HOST")) {
            try machine.finder(["DOCKER_HOST": "ssh://me@host"]).find(nil)
        }
    }

    @Test func `Docker's current context is followed`() throws {
        let chosen = try machine.socket("desktop.sock")
        try machine.context("desktop", "unix://\(chosen)")
        try AtomicFile.write(
            Array(#"{"auths":{},"currentContext":"desktop"}"#.utf8), to: machine.path("home/.docker/config.json"))
        #expect(try machine.finder().find(nil) == Daemon(.docker, .socket(chosen)))
        try machine.socket("docker.sock")
        #expect(
            try machine.finder(["DOCKER_CONTEXT": "default"]).find(nil)
                == Daemon(.docker, .socket(machine.path("docker.sock"))))
        #expect(throws: DaemonError.self) { try machine.finder(["DOCKER_CONTEXT": "gone"]).find(nil) }
    }

    @Test(
        arguments: [
            (true, #"{"stream":"Loaded image: a:1\n"}"# + "\n", "Loaded image: a:1\n", nil),
            (true, #"{"status":"Loading","progressDetail":{}}"# + "\n", "", nil),
            (
                true, #"{"errorDetail":{"message":"no space left on device"},"error":"no space left"}"#, "",
                "no space left on device"
            ),
            (false, #"{"message":"page not found"}"#, "", "page not found"), (false, "", "", "it gave no reason"),
            (false, "broken", "broken\n", "broken\n"),
        ] as [(Bool, String, String, String?)])
    func `the answer's texts and its error`(_ isSuccess: Bool, _ body: String, _ text: String, _ problem: String?) {
        var answer = LoadAnswer(isSuccess: isSuccess)
        for byte in body.utf8 { answer.append([byte]) }
        answer.finish()
        #expect(answer.text == text)
        #expect(answer.problem == problem)
    }
}
