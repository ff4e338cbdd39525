import ArgumentParser
import Files
import Registry
import SystemPackage

/// `autoimage login`.
struct LoginCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "login", abstract: "Logs in to a registry: checks user and password there and keeps them.",
        discussion: """
            They are kept where Docker keeps them, and Docker finds them there: by the helper that credsStore or \
            credHelpers of config.json name, else in that file, which only its owner can read.
            """)

    @Argument(help: "Registry: a host with an optional port, as in ghcr.io or localhost:5000.")
    var registry: String

    @Option(name: .shortAndLong, help: "User; asked for on a terminal where it is left out.")
    var user: String?

    @Flag(help: "Read the password, or token, from standard input.")
    var passwordStdin = false

    @Option(name: .customLong("authfile"), help: "File to write in place of Docker's config.json.")
    var authFile: String?

    @OptionGroup(title: "Registries") var registries: RegistryArguments

    func run() async throws {
        try await guarded {
            let host = try RegistryName(parsing: registry).host
            let environment = ProcessEnvironment.current
            let store = try CredentialStore(file: authFile.map { FilePath($0) }, environment: environment)
            let (user, password) = try askForSecret(host)
            let progress = Progress(.auto)
            let wasAsked = try await withRegistry(registries, progress) { access in
                let credential = Credential(
                    .password(user: user, password: password), origin: "user '\(user)'")
                return try await access.client().verify(credential, at: host)
            }
            let place = try await writing(store.file) {
                try await store.store(user: user, password: password, for: host)
            }
            report(place, host: host, user: user, wasAsked: wasAsked)
            try await warnOfOthers(host, place, environment)
        }
    }

    /// User and password, from the arguments, standard input or a person.
    private func askForSecret(_ host: String) throws -> (user: String, password: String) {
        if passwordStdin {
            guard let user else {
                throw Failure(.usage, "--password-stdin needs --user: standard input holds the password only")
            }
            return (try checked(user), try checked(password: SecretPrompt.readAll()))
        }
        guard SecretPrompt.isPossible else {
            throw Failure(
                .usage,
                "there is no terminal to ask for the password on; pipe it in: "
                    + "autoimage login --user USER --password-stdin \(host)")
        }
        let user = try user ?? SecretPrompt.ask("User for \(host): ", isShown: true)
        return (try checked(user), try checked(password: SecretPrompt.ask("Password: ", isShown: false)))
    }

    private func checked(_ user: String) throws -> String {
        guard !user.isEmpty else { throw Failure(.usage, "the user is empty") }
        guard !user.contains(":") else {
            throw Failure(.usage, "a user has no colon: what follows it would be taken for the password")
        }
        return user
    }

    private func checked(password: String) throws -> String {
        guard !password.isEmpty else { throw Failure(.usage, "the password is empty") }
        return password
    }

    private func report(_ place: CredentialStore.Place, host: String, user: String, wasAsked: Bool) {
        let error = Terminal.standardError
        if wasAsked {
            error.line("logged in to \(host) as \(Terminal.safe(user))")
        } else {
            error.line("note: \(host) asked nobody who they are, so user and password could not be checked")
        }
        switch place {
        case .helper(let origin): error.line("the password is kept by \(Terminal.safe(origin))")
        case .file(let path):
            error.line(
                """
                the password is kept in \(Terminal.safe(path.string)) in base64, which hides it from nobody who can \
                read the file; with a credential helper there (credsStore) it would be kept by your keychain
                """)
        }
    }

    /// Says so where another place comes before the one that was written.
    private func warnOfOthers(
        _ host: String, _ place: CredentialStore.Place, _ environment: [String: String]
    ) async throws {
        if let authFile, environment["REGISTRY_AUTH_FILE"] != authFile {
            Terminal.standardError.line(
                "note: other commands read this file where REGISTRY_AUTH_FILE=\(Terminal.safe(authFile)) is set")
            return
        }
        let found = try await CredentialFinder(environment: environment).credential(for: host, repository: nil)
        guard let origin = found?.origin, origin != "\(place)" else { return }
        Terminal.standardError.line("note: the credentials of \(Terminal.safe(origin)) come before these")
    }
}

/// `autoimage logout`.
struct LogoutCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "logout", abstract: "Forgets the user and password that are kept for a registry.")

    @Argument(help: "Registry: a host with an optional port, as in ghcr.io or localhost:5000.")
    var registry: String

    @Option(name: .customLong("authfile"), help: "File to change in place of Docker's config.json.")
    var authFile: String?

    func run() async throws {
        try await guarded {
            let host = try RegistryName(parsing: registry).host
            let environment = ProcessEnvironment.current
            let store = try CredentialStore(file: authFile.map { FilePath($0) }, environment: environment)
            let places = try await writing(store.file) { try await store.erase(host) }
            let error = Terminal.standardError
            for place in places { error.line("removed the credentials for \(host) from \(Terminal.safe("\(place)"))") }
            if places.isEmpty {
                error.line("not logged in to \(host): \(Terminal.safe(store.file.string)) has nothing for it")
            }
            guard authFile == nil else { return }
            let finder = CredentialFinder(environment: environment)
            if let left = try await finder.credential(for: host, repository: nil) {
                error.line(
                    "note: \(Terminal.safe(left.origin)) has credentials for \(host), too, and autoimage only reads them; "
                        + "'podman logout \(host)' or an editor removes them")
            }
        }
    }
}

/// Runs work that writes a file with credentials; its failure names the way around.
private func writing<Result>(_ file: FilePath, _ work: () async throws -> Result) async throws -> Result {
    do { return try await work() } catch let error as SystemError {
        throw Failure(
            .cannotWrite,
            "cannot write \(file): cannot \(error.operation) \(error.path): \(error.code); "
                + "--authfile FILE or DOCKER_CONFIG chooses another place")
    }
}
