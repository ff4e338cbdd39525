import Planning

/// How the download reaches modules that not everybody may read: variables, secrets and git's configuration.
///
/// No secret's value is in the plan: git asks a helper that reads the mounted file.
struct GoModuleAccess: Sendable {
    /// Variables of the step `download`.
    let environment: [String: String]
    let mounts: [Mount]
    /// Debian packages that the builder needs for it.
    let packages: [Decided<String>]
    let warnings: [String]

    /// Variables of the go command that may be given as secrets, for a proxy's address may hold a password.
    static let variables = [
        "GOAUTH", "GOFLAGS", "GOINSECURE", "GONOPROXY", "GONOSUMDB", "GOPRIVATE", "GOPROXY", "GOSUMDB",
    ]

    /// Secrets that are tokens of git servers, with the host that each is for where GOPRIVATE names none.
    private static let tokens =
        ["git-token": nil, "github-token": "github.com", "gitlab-token": "gitlab.com"] as [String: String?]

    init(_ options: PlanOptions) throws {
        let offered = Set(options.offeredSecrets.map(\.id))
        let hosts = Self.hosts(options)
        var mounts: [Mount] = []
        var git: [(key: String, value: String)] = []
        if offered.contains("netrc") {
            mounts.append(.secret(id: "netrc", target: ImagePath("/root/.netrc"), variable: nil, required: true))
        }
        for name in Self.variables where offered.contains(name) {
            mounts.append(.secret(id: name, target: nil, variable: name, required: true))
        }
        for (id, usual) in Self.tokens.sorted(by: { $0.key < $1.key }) where offered.contains(id) {
            let known = usual.map { usual in hosts.filter { $0 == usual || $0.contains(usual.prefix(6)) } } ?? hosts
            let served = known.isEmpty ? [usual].compactMap(\.self) : known
            guard !served.isEmpty else {
                throw PlanError.unusable(
                    place: "--secret \(id)", what: "nothing says which server the token is for",
                    fix: "name it with --build-env GOPRIVATE=HOST/TEAM/*")
            }
            mounts.append(.secret(id: id, target: nil, variable: nil, required: true))
            for host in served {
                let helper =
                    "!f() { test \"$1\" = get && echo username=x-access-token && echo password=$(cat /run/secrets/\(id)); }; f"
                git.append(("credential.https://\(host).helper", helper))
            }
        }
        var environment: [String: String] = [:]
        var packages: [Decided<String>] = []
        if options.ssh {
            packages.append(Decided("openssh-client", .requested(option: "--ssh")))
            git += hosts.map { ("url.ssh://git@\($0)/.insteadOf", "https://\($0)/") }
            // A secret with the servers' keys is trusted; without one the first answer is.
            let isKnown = offered.contains("known_hosts")
            environment["GIT_SSH_COMMAND"] =
                isKnown
                ? "ssh -o UserKnownHostsFile=/run/secrets/known_hosts -o StrictHostKeyChecking=yes"
                : "ssh -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=accept-new"
            if isKnown { mounts.append(.secret(id: "known_hosts", target: nil, variable: nil, required: true)) }
        }
        if !git.isEmpty {
            environment["GIT_CONFIG_COUNT"] = "\(git.count)"
            for (index, item) in git.enumerated() {
                environment["GIT_CONFIG_KEY_\(index)"] = item.key
                environment["GIT_CONFIG_VALUE_\(index)"] = item.value
            }
        }
        self.environment = environment
        self.mounts = mounts
        self.packages = packages
        warnings =
            options.ssh && hosts.isEmpty
            ? ["--ssh: no server is asked over SSH until --build-env GOPRIVATE=HOST/TEAM/* names it"] : []
    }

    /// The hosts that `GOPRIVATE` of the build's variables names, those with wildcards left out.
    private static func hosts(_ options: PlanOptions) -> [String] {
        let patterns = (options.buildEnvironment["GOPRIVATE"]?.value ?? "").split(separator: ",")
        var hosts: [String] = []
        for pattern in patterns {
            let host = String(pattern.prefix { $0 != "/" })
            guard host.contains("."), !host.contains(where: { "*?[".contains($0) }), !hosts.contains(host) else {
                continue
            }
            hosts.append(host)
        }
        return hosts
    }
}
