import Glibc
import Synchronization
package import SystemPackage

/// Finds what Docker, Podman and credential helpers keep about a registry.
///
/// Reads `config.json` of Docker, `auth.json` of Podman and the legacy `.dockercfg`, and runs
/// `docker-credential-*` helpers. Nothing is read before a registry asks. In this order, the first that has something:
/// `$REGISTRY_AUTH_FILE`; `config.json`, `.dockerconfigjson` and `.dockercfg` in `$DOCKER_CONFIG` or `~/.docker`;
/// `~/.dockercfg`; `containers/auth.json` in `$XDG_RUNTIME_DIR` or `/run`, then in `$XDG_CONFIG_HOME` or `~/.config`.
package struct CredentialFinder: Sendable {
    private let environment: [String: String]
    private let places: [Place]
    private let given: Credential?
    private let helpers = HelperAnswers()

    private struct Place: Sendable {
        let path: FilePath
        var isLegacy = false
    }

    /// Looks in the places that the environment names.
    package init(environment: [String: String]) {
        self.environment = environment
        places = Self.places(environment)
        given = nil
    }

    /// Looks in one file only.
    package init(file: FilePath, environment: [String: String]) {
        self.environment = environment
        places = [Place(path: file)]
        given = nil
    }

    /// Looks nowhere: this one is for every registry that the finder is asked about.
    package init(only credential: Credential) {
        environment = [:]
        places = []
        given = credential
    }

    /// What is kept for a registry (`host[:port]` as in `Repository.registry`) and a repository in it; nil for none.
    ///
    /// In each file `credHelpers` come before `credsStore`, and that before `auths`. Fails with
    /// `RegistryError.badConfiguration` where a file or helper cannot be used.
    package func credential(for registry: String, repository: String?) async throws -> Credential? {
        if let given { return given }
        let candidates = CredentialName.candidates(registry: registry, repository: repository)
        for place in places {
            guard let file = try CredentialFile(reading: place.path, isLegacy: place.isLegacy) else { continue }
            if let choice = try file.helper(for: candidates) {
                let helper = CredentialHelper(choice: choice, environment: environment)
                for server in try file.servers(for: registry) {
                    if let secret = try await helpers.get(server, of: helper) {
                        return Credential(secret, origin: helper.origin)
                    }
                }
            }
            if let credential = try file.credential(for: candidates) { return credential }
        }
        return nil
    }

    private static func places(_ environment: [String: String]) -> [Place] {
        func folder(_ name: String) -> FilePath? { environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) } }
        let home = folder("HOME")
        var result: [Place] = []
        if let file = folder("REGISTRY_AUTH_FILE") { result.append(Place(path: file)) }
        if let docker = folder("DOCKER_CONFIG") ?? home?.appending(".docker") {
            result.append(Place(path: docker.appending("config.json")))
            result.append(Place(path: docker.appending(".dockerconfigjson")))
            result.append(Place(path: docker.appending(".dockercfg"), isLegacy: true))
        }
        if folder("DOCKER_CONFIG") == nil, let home {
            result.append(Place(path: home.appending(".dockercfg"), isLegacy: true))
        }
        let runtime = folder("XDG_RUNTIME_DIR")?.appending("containers") ?? FilePath("/run/containers/\(getuid())")
        result.append(Place(path: runtime.appending("auth.json")))
        if let configuration = folder("XDG_CONFIG_HOME") ?? home?.appending(".config") {
            result.append(Place(path: configuration.appending("containers").appending("auth.json")))
        }
        return result
    }
}

/// What helpers said: a keychain is asked once for a registry, not once for each of its repositories.
private final class HelperAnswers: Sendable {
    private struct Question: Hashable {
        let choice: HelperChoice
        let server: String
    }

    private let answers = Mutex<[Question: SharedTask<Credential.Secret?>]>([:])

    func get(_ server: String, of helper: CredentialHelper) async throws -> Credential.Secret? {
        let question = Question(choice: helper.choice, server: server)
        let task = answers.withLock { answers in
            if let task = answers[question], !task.isAbandoned { return task }
            let task = SharedTask { try await helper.get(server) }
            answers[question] = task
            return task
        }
        return try await task.value()
    }
}

/// Who we are to a registry.
package struct Credential: Hashable, Sendable {
    package let secret: Secret
    /// The file or helper it came from, for messages.
    package let origin: String

    package init(_ secret: Secret, origin: String) {
        self.secret = secret
        self.origin = origin
    }

    package enum Secret: Hashable, Sendable {
        case password(user: String, password: String)
        /// A refresh token, given for access tokens (`identitytoken`).
        case identityToken(String)
        /// An access token (`registrytoken`).
        case registryToken(String)
    }
}

/// No way of printing one shows what is secret.
extension Credential.Secret: CustomStringConvertible, CustomDebugStringConvertible, CustomReflectable {
    package var description: String {
        switch self {
        case .password: "a user and a password"
        case .identityToken: "an identity token"
        case .registryToken: "a registry token"
        }
    }

    package var debugDescription: String { description }

    package var customMirror: Mirror { Mirror(self, children: []) }
}
