import Planning

/// How registries that ask who is there are reached: files and variables that only the steps with a network see.
struct NodeSecrets {
    private let installation: NodeInstallation
    private let options: PlanOptions

    init(_ installation: NodeInstallation, _ options: PlanOptions) {
        self.installation = installation
        self.options = options
    }

    /// Files of the managers' own settings, by the id of their secret.
    private static let files: [String: StaticString] = [
        "npmrc": "/root/.npmrc", "yarnrc": "/root/.yarnrc", "yarnrc.yml": "/root/.yarnrc.yml", "netrc": "/root/.netrc",
        "bunfig.toml": "/root/.bunfig.toml",
    ]

    /// Mounts and variables; fails where a setting reads a variable that nobody gives.
    func mounts() throws -> ([Mount], [String: String]) {
        var mounts: [Mount] = []
        let wanted = Set(installation.variables.values)
        for secret in options.offeredSecrets {
            if let file = Self.files[secret.id] {
                mounts.append(.secret(id: secret.id, target: ImagePath(file), variable: nil, required: true))
            } else if wanted.contains(secret.id) || secret.id.lowercased().hasPrefix("npm_config_") {
                mounts.append(.secret(id: secret.id, target: nil, variable: secret.id, required: true))
            }
        }
        let given = Set(options.offeredSecrets.map(\.id)).union(options.buildEnvironment.keys)
            .union(options.secretMounts.compactMap(\.value.variable))
        let missing = installation.variables.filter { !given.contains($0.value) }
            .sorted { ($0.key.path, $0.key.line ?? 0) < ($1.key.path, $1.key.line ?? 0) }
        if let (evidence, name) = missing.first {
            throw PlanError.unusable(
                place: "\(evidence)", what: "reads the variable '\(name)' and nothing sets it",
                fix: "pass it with --secret id=\(name),env=\(name), or with --build-env where it is no secret")
        }
        return (mounts, [:])
    }
}
