import Files
import Glibc
import OCI
package import SystemPackage

/// Which daemon an image is loaded into.
package enum DaemonKind: String, Hashable, Sendable, CaseIterable {
    case docker
    case podman

    /// The name that people know.
    package var name: String { self == .docker ? "Docker" : "Podman" }
}

/// Where a daemon can be spoken to.
package enum DaemonEndpoint: Hashable, Sendable, CustomStringConvertible {
    case socket(FilePath)
    /// Host and port; with certificates where the daemon wants TLS.
    case host(String, port: Int, certificates: FilePath?)
    /// No daemon: a program `podman load` that reads the archive.
    case program(FilePath)

    package var description: String {
        switch self {
        case .socket(let path): "\(path)"
        case .host(let name, let port, let certificates): "\(name):\(port)" + (certificates == nil ? "" : " with TLS")
        case .program(let path): "\(path) load"
        }
    }
}

/// A daemon that was found.
package struct Daemon: Hashable, Sendable {
    package let kind: DaemonKind
    package let endpoint: DaemonEndpoint

    package init(_ kind: DaemonKind, _ endpoint: DaemonEndpoint) {
        self.kind = kind
        self.endpoint = endpoint
    }
}

/// Finds Docker's or Podman's socket as their own clients do.
package struct DaemonFinder: Sendable {
    private let environment: [String: String]
    /// Docker's and Podman's sockets of the whole machine.
    private let systemSockets: [DaemonKind: FilePath]

    package init(
        environment: [String: String],
        systemSockets: [DaemonKind: FilePath] = [
            .docker: "/var/run/docker.sock", .podman: "/run/podman/podman.sock",
        ]
    ) {
        self.environment = environment
        self.systemSockets = systemSockets
    }

    /// The first daemon that answers: of a kind, or Docker before Podman.
    ///
    /// What a variable or a context names is taken alone: nothing else is tried in its place. Fails with `DaemonError`.
    package func find(_ kind: DaemonKind?) throws -> Daemon {
        var tried: [String] = []
        var denied: DaemonError?
        for (kind, endpoint) in try candidates(kind) {
            switch Self.probe(endpoint) {
            case nil: return Daemon(kind, endpoint)
            case .permissionDenied?:
                denied = denied ?? .denied("\(endpoint)", group: Self.group(of: endpoint), kind: kind)
            case let code?: tried.append("\(endpoint) (\(code))")
            }
        }
        throw denied ?? .none(kind, tried: tried)
    }

    /// What to try, in order.
    private func candidates(_ kind: DaemonKind?) throws -> [(DaemonKind, DaemonEndpoint)] {
        let named = try [DaemonKind.docker, .podman].filter { kind == nil || $0 == kind }.compactMap { kind in
            try chosen(kind).map { (kind, $0) }
        }
        if let first = named.first { return [first] }
        var result: [(DaemonKind, DaemonEndpoint)] = []
        for each in DaemonKind.allCases where kind == nil || each == kind {
            result += sockets(each).map { (each, .socket($0)) }
        }
        if kind != .docker, let program = Self.program("podman", environment) {
            result.append((.podman, .program(program)))
        }
        return result
    }

    private func sockets(_ kind: DaemonKind) -> [FilePath] {
        let own = environment["XDG_RUNTIME_DIR"].map { FilePath($0) }
        let ownSocket = own?.pushing(kind == .docker ? "docker.sock" : "podman/podman.sock")
        let all = [systemSockets[kind], ownSocket].compactMap(\.self)
        // A user's own Podman comes before the machine's, to which they have no access as a rule.
        return kind == .docker ? all : all.reversed()
    }

    /// The endpoint that somebody chose, by variable or context.
    private func chosen(_ kind: DaemonKind) throws -> DaemonEndpoint? {
        let variable = kind == .docker ? "DOCKER_HOST" : "CONTAINER_HOST"
        if let text = environment[variable], !text.isEmpty { return try endpoint(text, from: variable, kind) }
        return kind == .docker ? try contextEndpoint() : nil
    }

    private func endpoint(_ text: String, from origin: String, _ kind: DaemonKind) throws -> DaemonEndpoint {
        let parts = text.split(separator: "://", maxSplits: 1).map(String.init)
        guard parts.count == 2 else { throw DaemonError.unsupported(text, origin) }
        if parts[0] == "unix" { return .socket(FilePath(parts[1])) }
        let address = parts[1].split(separator: "/").first.map(String.init) ?? ""
        guard parts[0] == "tcp" || parts[0] == "http", let colon = address.lastIndex(of: ":"),
            let port = Int(address[address.index(after: colon)...]), colon > address.startIndex
        else { throw DaemonError.unsupported(text, origin) }
        return .host(String(address[..<colon]), port: port, certificates: kind == .docker ? certificates : nil)
    }

    /// Docker's client takes TLS where `DOCKER_TLS_VERIFY` is anything but empty.
    private var certificates: FilePath? {
        guard environment["DOCKER_TLS_VERIFY"].map({ !$0.isEmpty }) ?? false else { return nil }
        return environment["DOCKER_CERT_PATH"].map { FilePath($0) } ?? dockerFolder
    }

    private var dockerFolder: FilePath? {
        if let folder = environment["DOCKER_CONFIG"], !folder.isEmpty { return FilePath(folder) }
        return environment["HOME"].map { FilePath($0).appending(".docker") }
    }

    /// The endpoint of Docker's current context; nil for the default one.
    private func contextEndpoint() throws -> DaemonEndpoint? {
        guard let folder = dockerFolder, let name = try contextName(in: folder), name != "default" else { return nil }
        let file = folder.pushing("contexts/meta").appending(Digest(of: Array(name.utf8)).hex).appending("meta.json")
        guard let bytes = try HostFiles.read(file),
            let context = try? CanonicalJSON.decode(DockerContext.self, from: bytes), let host = context.host
        else { throw DaemonError.noContext(name, file) }
        return try endpoint(host, from: "Docker's context '\(name)'", .docker)
    }

    private func contextName(in folder: FilePath) throws -> String? {
        if let name = environment["DOCKER_CONTEXT"], !name.isEmpty { return name }
        guard let bytes = try? HostFiles.read(folder.appending("config.json")) else { return nil }
        return (try? CanonicalJSON.decode(DockerSettings.self, from: bytes))?.currentContext
    }

    /// Why an endpoint does not answer; nil where it does.
    private static func probe(_ endpoint: DaemonEndpoint) -> Errno? {
        guard case .socket(let path) = endpoint else { return nil }
        let descriptor = socket(AF_UNIX, Int32(SOCK_STREAM.rawValue | SOCK_CLOEXEC.rawValue), 0)
        guard descriptor >= 0 else { return Errno(rawValue: errno) }
        defer { close(descriptor) }
        var address = sockaddr_un()
        address.sun_family = sa_family_t(AF_UNIX)
        let bytes = Array(path.string.utf8)
        guard bytes.count < MemoryLayout.size(ofValue: address.sun_path) else { return .fileNameTooLong }
        withUnsafeMutableBytes(of: &address.sun_path) { $0.copyBytes(from: bytes) }
        let status = withUnsafePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                connect(descriptor, $0, socklen_t(MemoryLayout<sockaddr_un>.size))
            }
        }
        return status == 0 ? nil : Errno(rawValue: errno)
    }

    private static func group(of endpoint: DaemonEndpoint) -> String? {
        guard case .socket(let path) = endpoint else { return nil }
        var status = stat()
        guard stat(path.string, &status) == 0, let group = getgrgid(status.st_gid) else { return nil }
        return String(cString: group.pointee.gr_name)
    }

    private static func program(_ name: String, _ environment: [String: String]) -> FilePath? {
        (environment["PATH"] ?? "").split(separator: ":").map { FilePath(String($0)).appending(name) }
            .first { access($0.string, X_OK) == 0 }
    }
}

/// What Docker keeps about a context.
private struct DockerContext: Decodable {
    let endpoints: [String: Endpoint]

    struct Endpoint: Decodable {
        let host: String?

        enum CodingKeys: String, CodingKey { case host = "Host" }
    }

    enum CodingKeys: String, CodingKey { case endpoints = "Endpoints" }

    var host: String? { endpoints["docker"]?.host }
}

/// The part of Docker's `config.json` that names the context.
private struct DockerSettings: Decodable { let currentContext: String? }

/// Why an image was not loaded into a daemon.
package enum DaemonError: Error, Equatable, CustomStringConvertible {
    case none(DaemonKind?, tried: [String])
    case denied(String, group: String?, kind: DaemonKind)
    /// An address that is neither a socket nor plain TCP; `origin` names the variable or context.
    case unsupported(String, _ origin: String)
    case noContext(String, FilePath)
    case badCertificates(FilePath, String)
    case unreachable(Daemon, String)
    /// The daemon answered, with an error.
    case refused(Daemon, String)

    package var description: String {
        switch self {
        case .none(let kind, let tried):
            "no running \(kind?.name ?? "Docker or Podman") was found; looked for \(tried.joined(separator: ", ")); "
                + "start one, or write --output docker-archive:FILE and load that where one runs"
        case .denied(let place, let group, let kind):
            "\(place) may not be used by you: permission denied; "
                + (group.map { "ask to be put into the group '\($0)', which owns \(kind.name)'s socket, " } ?? "")
                + "or write --output docker-archive:FILE"
        case .unsupported(let text, let origin):
            "\(origin) says '\(text)': only unix:// and tcp:// are spoken; write --output docker-archive:FILE and load it "
                + "there"
        case .noContext(let name, let file): "Docker's context '\(name)' is not usable: \(file) names no endpoint"
        case .badCertificates(let folder, let problem): "\(folder): the certificates for Docker's TLS: \(problem)"
        case .unreachable(let daemon, let reason):
            "\(daemon.kind.name) at \(daemon.endpoint) does not answer: \(reason)"
        case .refused(let daemon, let said): "\(daemon.kind.name) at \(daemon.endpoint) did not load the image: \(said)"
        }
    }
}
