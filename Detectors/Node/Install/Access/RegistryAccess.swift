import Formats
import Planning

/// How the installation reaches registries that not everybody may read: variables and secrets of its steps.
///
/// No secret's value is in the plan: managers read the mounted files and variables themselves.
struct RegistryAccess: Sendable, Hashable {
    /// Variables of the installation's steps.
    var environment: [String: String] = [:]
    /// Secrets of the installation's steps.
    var mounts: [Mount] = []
    /// Debian packages that the builder needs for it.
    var packages: [Decided<String>] = []
    var warnings: [String] = []

    /// Files that managers read in the home folder, by the secret's id.
    private static let files: [(id: String, target: ImagePath)] = [
        ("npmrc", ImagePath("/root/.npmrc")), ("yarnrc", ImagePath("/root/.yarnrc")),
        ("yarnrc.yml", ImagePath("/root/.yarnrc.yml")), ("bunfig.toml", ImagePath("/root/.bunfig.toml")),
        ("netrc", ImagePath("/root/.netrc")),
    ]
    /// What variables of the managers begin with.
    private static let prefixes = ["NPM_CONFIG_", "npm_config_", "YARN_", "BUN_CONFIG_", "pnpm_config_"]

    /// Reads what the manager's settings files and the offered secrets say.
    ///
    /// Fails at a credential that is written into a file, and at a variable that nothing sets where packages need it.
    static func read(_ manager: NodeManager, _ lock: NodeLock?, _ project: NodeProject) throws -> RegistryAccess {
        let settings = try RegistrySetting.read(manager, project)
        try checkCredentials(settings)
        try checkAddresses(lock, project)
        var access = RegistryAccess()
        let options = project.options
        for (id, target) in files where options.offeredSecrets.contains(where: { $0.id == id }) {
            access.mounts.append(.secret(id: id, target: target, variable: nil, required: true))
        }
        let named = Set(settings.flatMap { $0.variables.map(\.name) })
        for secret in options.offeredSecrets
        where named.contains(secret.id) || prefixes.contains(where: secret.id.hasPrefix) {
            access.mounts.append(.secret(id: secret.id, target: nil, variable: secret.id, required: true))
        }
        try access.findMissing(settings, lock, project)
        access.addGit(GitSources(manager, lock, project), options)
        return access
    }

    /// Fails at a credential in a file of the sources.
    private static func checkCredentials(_ settings: [RegistrySetting]) throws {
        for setting in settings {
            let isWritten = setting.isCredential && setting.variables.isEmpty && !setting.value.isEmpty
            guard isWritten || setting.hasPassword else { continue }
            throw PlanError.unusable(
                place: "\(setting.evidence)",
                what: "'\(setting.name)' holds a credential, which would reach everybody who sees the sources",
                fix:
                    "make it void where it was published, write ${NPM_TOKEN} in its place and pass --secret id=NPM_TOKEN,env=NPM_TOKEN; or pass the whole file with --secret id=\(secretFile(setting.path)),src=FILE"
            )
        }
    }

    private static func secretFile(_ path: SourcePath) -> String { String(path.name.drop { $0 == "." }) }

    /// Fails at a password in an address of a manifest or the lock.
    private static func checkAddresses(_ lock: NodeLock?, _ project: NodeProject) throws {
        func check(_ text: String, _ place: Evidence) throws {
            guard let match = text.firstMatch(of: #/(\w[\w+]*)://([^/\s@]+)@/#) else { return }
            guard match.output.2 != "git", !match.output.1.hasSuffix("ssh") || match.output.2.contains(":") else {
                return
            }
            throw PlanError.unusable(
                place: "\(place)", what: "an address holds a password or a token",
                fix:
                    "take it out, and pass it with --secret id=netrc,src=FILE or, for git, --secret id=git-token,env=TOKEN"
            )
        }
        for manifest in project.installedManifests {
            for kind in PackageJSON.Kind.allCases {
                for (name, entry) in manifest.dependencies(kind) {
                    try check(entry.value, Evidence(path: manifest.path, line: entry.evidence.line, excerpt: name))
                }
            }
        }
        guard let lock else { return }
        for package in lock.packages {
            switch package.origin {
            case .registry(let address?), .git(let address), .archive(let address):
                try check(address, lock.evidence(package.line, package.name))
            default: break
            }
        }
    }

    /// Variables that settings read and nothing sets: an error where packages of that registry are installed, else they are
    /// empty, which managers take as nobody's.
    private mutating func findMissing(_ settings: [RegistrySetting], _ lock: NodeLock?, _ project: NodeProject) throws {
        let options = project.options
        let given = Set(options.offeredSecrets.map(\.id)).union(options.buildEnvironment.keys)
            .union(options.secretMounts.compactMap(\.value.variable))
        let hasFile = options.offeredSecrets.contains { secret in Self.files.contains { $0.id == secret.id } }
        for setting in settings {
            for (name, isOptional) in setting.variables where !given.contains(name) && !isOptional {
                let fix = "pass it with --secret id=\(name),env=\(name), or with --build-env where it is no secret"
                let user = Self.packages(of: setting, settings, lock, project)
                if !setting.isCredential || (user != nil && !hasFile) {
                    let what = user.map {
                        "reads the variable '\(name)' for the registry of '\($0)', and nothing sets it"
                    }
                    throw PlanError.unusable(
                        place: "\(setting.evidence)",
                        what: what ?? "reads the variable '\(name)', and nothing sets it", fix: fix)
                }
                guard environment[name] == nil else { continue }
                environment[name] = ""
                warnings.append(
                    "\(setting.evidence): reads the variable '\(name)', which nothing sets: it is empty, and only what everybody may read is installed; \(fix)"
                )
            }
        }
    }

    /// A package that comes from the registry that a credential is for, where the sources name that registry.
    private static func packages(
        of credential: RegistrySetting, _ settings: [RegistrySetting], _ lock: NodeLock?, _ project: NodeProject
    ) -> String? {
        var scopes = Set([credential.scope].compactMap(\.self))
        var isDefault = credential.isDefaultRegistry && credential.keys.count > 1
        if let host = credential.host {
            for setting in settings where setting.value.contains(host.hasSuffix("/") ? String(host.dropLast()) : host) {
                if let scope = setting.scope { scopes.insert(scope) }
                isDefault = isDefault || setting.isDefaultRegistry
            }
        } else if credential.keys == ["npmAuthToken"] || credential.keys == ["npmAuthIdent"] {
            isDefault = settings.contains(where: \.isDefaultRegistry)
        }
        let declared = project.installedManifests.flatMap { manifest in
            PackageJSON.Kind.allCases.flatMap { manifest.dependencies($0).map(\.name) }
        }
        let members = Set((project.workspace?.members ?? []).map(\.name))
        let names = (lock?.packages.map(\.name) ?? []) + declared
        return names.first { name in
            !members.contains(name) && (isDefault || scopes.contains { name.hasPrefix("\($0)/") })
        }
    }

    /// What git asks for: the program itself, an agent for SSH, tokens.
    private mutating func addGit(_ sources: GitSources, _ options: PlanOptions) {
        guard let first = sources.evidence.first else { return }
        packages.append(Decided("git", .found(evidence: [first])))
        var settings: [(key: String, value: String)] = []
        let tokens = [("git-token", sources.hosts), ("github-token", ["github.com"]), ("gitlab-token", ["gitlab.com"])]
        var served: Set<String> = []
        for (id, hosts) in tokens where options.offeredSecrets.contains(where: { $0.id == id }) {
            mounts.append(.secret(id: id, target: nil, variable: nil, required: true))
            for host in hosts where served.insert(host).inserted {
                let helper =
                    "!f() { test \"$1\" = get && echo username=x-access-token && echo password=$(cat /run/secrets/\(id)); }; f"
                settings.append(("credential.https://\(host).helper", helper))
                settings.append(("url.https://\(host)/.insteadOf", "ssh://git@\(host)/"))
                settings.append(("url.https://\(host)/.insteadOf", "git@\(host):"))
            }
        }
        if options.ssh {
            packages.append(Decided("openssh-client", .requested(option: "--ssh")))
            mounts.append(.ssh)
            let isKnown = options.offeredSecrets.contains { $0.id == "known_hosts" }
            environment["GIT_SSH_COMMAND"] =
                isKnown
                ? "ssh -o UserKnownHostsFile=/run/secrets/known_hosts -o StrictHostKeyChecking=yes"
                : "ssh -o UserKnownHostsFile=/dev/null -o StrictHostKeyChecking=accept-new"
            if isKnown { mounts.append(.secret(id: "known_hosts", target: nil, variable: nil, required: true)) }
        } else {
            for (host, evidence) in sources.overSSH where !served.contains(host) {
                // Public repositories answer everybody over HTTPS.
                settings.append(("url.https://\(host)/.insteadOf", "ssh://git@\(host)/"))
                settings.append(("url.https://\(host)/.insteadOf", "git@\(host):"))
                warnings.append(
                    "\(evidence): asks \(host) over SSH; without --ssh or --secret id=git-token it is asked over HTTPS, which shows only what everybody may read"
                )
            }
        }
        guard !settings.isEmpty else { return }
        environment["GIT_CONFIG_COUNT"] = "\(settings.count)"
        for (index, setting) in settings.enumerated() {
            environment["GIT_CONFIG_KEY_\(index)"] = setting.key
            environment["GIT_CONFIG_VALUE_\(index)"] = setting.value
        }
    }
}
