import OCI
import Planning

/// One key of autoimage.toml: its documentation, its kind and what it sets.
struct ConfigKey: Sendable {
    /// Dotted; a last component `*` stands for any name.
    let path: String
    let kind: Kind
    let documentation: String
    let apply: @Sendable (inout Settings, ConfigValue, _ name: String, _ option: String) throws -> Void

    enum Kind: Sendable {
        case string, integer, boolean
        /// A string, split into words, or a list of words.
        case command
        case strings
        /// A list of tables with these string keys; a key that ends in `?` may be left out.
        case tables(keys: [String])
    }
}

/// Everything that options, environment and autoimage.toml say about one build.
struct Settings: Sendable {
    var plan: PlanOptions
    /// Patterns in the form of .dockerignore, applied after it.
    var ignore: [Requested<String>] = []
    var debianMirror: Requested<String>?
    /// An archive of an earlier day, asked for locked packages that the mirror has dropped.
    var debianSnapshot: Requested<String>?
    /// Keyring that Debian indexes are verified with, in place of Debian's own.
    var debianKeyring: Requested<String>?
    /// What images are for, in the order that was given, each once; empty for this machine's platform.
    var platforms: [Requested<Platform>] = []
    /// The programs to build an image of each; empty where nobody chose.
    var apps: [Requested<String>] = []
    var allowExpiredSuites = false
    /// Whether nothing may be contacted: `--offline`.
    var isOffline = false
}

extension ConfigKey {
    /// Every key there is.
    static let all: [ConfigKey] = [
        string("name", "Name of the image where -t gives none; the folder's name by default.") {
            $0.plan.name = $1.value
        },
        string("language", "Language to build, where several are found: go, java, node or python.") {
            $0.plan.language = $1
        },
        string("app", "Program to ship, where the service has several: a path or a name; commas between several.") {
            $0.apps = try Self.separated($1, key: "app")
        },
        strings("platforms", "Platforms to build for, as in linux/amd64 and linux/arm64; this machine's by default.") {
            settings, wanted in
            settings.platforms = try wanted.flatMap { try Self.separated($0, key: "platforms") }.reduce(into: []) {
                known, wanted in
                guard let platform = try? Platform(parsing: wanted.value).normalized,
                    Platform.known.contains(platform)
                else { throw ConfigError.value("platforms", wanted.value, "linux/amd64, linux/arm64 or both") }
                if !known.contains(where: { $0.value == platform }) {
                    known.append(Requested(platform, by: wanted.option))
                }
            }
        },
        string("process", "Process of the Procfile or of [processes] that the image starts.") { $0.plan.process = $1 },
        string("bases", "Family of the base images: auto, debian, official, or a catalog file of your own.") {
            $0.plan.bases = $1
        },
        string("libc", "C library of the base images: glibc, or musl for Alpine's.") { settings, wanted in
            guard let family = LibC.Family(rawValue: wanted.value), family != .none else {
                throw ConfigError.value("libc", wanted.value, "glibc or musl")
            }
            settings.plan.libc = Requested(family, by: wanted.option)
        },
        string("go.version", "Go version, as in 1.24, or the least, as in >=1.22.") { $0.plan.versions["go"] = $1 },
        strings("go.tags", "Build tags, as go build -tags takes them.") { settings, wanted in
            settings.plan.tags = try wanted.flatMap { try Self.separated($0, key: "go.tags") }
        },
        strings(
            "go.stamp",
            "Variables of the program that tell its revision, as in main.version=version; or commit, short, tag."
        ) { $0.plan.stamps = $1 },
        string("python.version", "Python version or range, as in 3.11 or >=3.11.") { $0.plan.versions["python"] = $1 },
        string(
            "python.manager",
            "Whose files say what is installed: pip, uv, poetry, pdm, pipenv, pylock, pyproject or setup."
        ) { $0.plan.manager = $1 },
        strings("python.extras", "Optional dependencies of the service to install.") { $0.plan.extras = $1 },
        strings("python.groups", "Dependency groups of the service to install beside its own dependencies.") {
            $0.plan.groups = $1
        },
        string("node.version", "Node version or range, as in 22 or >=20.9.") { $0.plan.versions["node"] = $1 },
        setting("node.manager", "Who installs: npm, pnpm, yarn, berry or bun."),
        setting(
            "node.output", "Folder of a static site that the build makes, as in dist; the image then serves only it."),
        setting("node.spa", "Whether unknown paths of a static site get index.html: true or false."),
        string("java.version", "Java version, as in 21, or the least, as in >=17.") { $0.plan.versions["java"] = $1 },
        setting("java.runtime", "What runs the program: jre, or jlink for a Java of only the modules it needs."),
        setting("java.archive", "The runnable archive that the build makes, below the service, as in target/app.jar."),
        setting("java.tool", "Who builds, where files of several are there: maven, gradle, javac or none."),
        setting("java.profiles", "Maven profiles to build with, separated by commas."),
        command("install", "Command that installs dependencies in the builder.") { $0.plan.installCommand = $1 },
        command("build", "Command run in the builder after the sources are copied.") { $0.plan.buildCommand = $1 },
        ConfigKey(
            path: "build-network", kind: .boolean,
            documentation: "Whether the build command may reach the network; no by default."
        ) { settings, value, _, option in
            guard case .boolean(let flag) = value else {
                throw ConfigError.kind("build-network", "a boolean", value.kind)
            }
            settings.plan.buildNetwork = Requested(flag, by: option)
        },
        command("start", "Command that the image starts.") { $0.plan.startCommand = $1 },
        ConfigKey(path: "port", kind: .integer, documentation: "Port the service listens on; PORT tells the service.") {
            settings, value, _, option in
            guard case .integer(let port) = value else { throw ConfigError.kind("port", "an integer", value.kind) }
            settings.plan.port = Requested(port, by: option)
        },
        string("user", "Numeric uid:gid of the process, 65532:65532 by default.") { settings, wanted in
            settings.plan.user = Requested(try owner(wanted.value), by: wanted.option)
        },
        strings("build-packages", "Debian packages to add to the builder.") { $0.plan.buildPackages = $1 },
        strings("runtime-packages", "Debian packages to add to the image.") { $0.plan.runtimePackages = $1 },
        strings("writable", "Folders that the process may write to.") { settings, wanted in
            settings.plan.writable = try wanted.map { Requested(try ImagePath(parsing: $0.value), by: $0.option) }
        },
        strings("ignore", "Further .dockerignore patterns; !pattern lets a file in that is ignored by default.") {
            $0.ignore = $1
        },
        string("environment.*", "Variable of the image.") { $0.plan.environment[$2] = $1 },
        string("labels.*", "Label of the image, as in org.opencontainers.image.source.") { $0.plan.labels[$2] = $1 },
        string("build-environment.*", "Variable of the build's steps; it never reaches the image.") {
            $0.plan.buildEnvironment[$2] = $1
        },
        command("processes.*", "Further process of the service by name.") { $0.plan.processes[$2] = $1 },
        tables(
            "artifact", ["path", "to?", "from?"],
            "Path to ship, where to (the same path by default), and the image it is from (the builder by default)."
        ) { settings, rows in
            settings.plan.artifacts = try rows.map { row in
                let path = try ImagePath(parsing: row.value["path"] ?? "")
                let destination = try row.value["to"].map { try ImagePath(parsing: $0) } ?? path
                if let image = row.value["from"], (try? Reference(parsing: image)) == nil {
                    throw ConfigError.value("artifact.from", image, "an image reference, as in nginx:1.27")
                }
                return Requested(
                    .init(image: row.value["from"], path: path, destination: destination), by: row.option)
            }
        },
        tables(
            "secrets", ["id", "step", "target?", "variable?"],
            "Step that sees a secret of --secret, as a file at target or as a variable."
        ) { settings, rows in
            settings.plan.secretMounts = try rows.map { row in
                Requested(
                    .init(
                        id: row.value["id"] ?? "", step: row.value["step"] ?? "",
                        target: try row.value["target"].map { try ImagePath(parsing: $0) },
                        variable: row.value["variable"]), by: row.option)
            }
        },
        string("debian-mirror", "Address of a Debian mirror; the host's own by default.") { $0.debianMirror = $1 },
        string("debian-snapshot", "Archive of an earlier day, for locked packages that the mirror has dropped.") {
            $0.debianSnapshot = $1
        },
        string("debian-keyring", "Keyring of a mirror that signs with its own key; Debian's by default.") {
            $0.debianKeyring = $1
        },
        ConfigKey(
            path: "allow-expired-suites", kind: .boolean,
            documentation: "Accept Debian suites whose Release file has passed its Valid-Until date."
        ) { settings, value, _, _ in
            guard case .boolean(let flag) = value else {
                throw ConfigError.kind("allow-expired-suites", "a boolean", value.kind)
            }
            settings.allowExpiredSuites = flag
        },
    ]

    /// The key for a dotted path and what its `*` stands for.
    static func find(_ dotted: String) -> (key: ConfigKey, name: String)? {
        if let key = all.first(where: { $0.path == dotted }) { return (key, dotted) }
        guard let dot = dotted.firstIndex(of: ".") else { return nil }
        let name = String(dotted[dotted.index(after: dot)...])
        return all.first { $0.path == dotted[..<dot] + ".*" }.map { ($0, name) }
    }

    /// The parts between commas, each once, none of them empty.
    private static func separated(_ wanted: Requested<String>, key: String) throws -> [Requested<String>] {
        var parts: [String] = []
        for part in wanted.value.split(separator: ",", omittingEmptySubsequences: false) {
            guard !part.isEmpty else { throw ConfigError.value(key, wanted.value, "a name between commas") }
            if !parts.contains(String(part)) { parts.append(String(part)) }
        }
        return parts.map { Requested($0, by: wanted.option) }
    }

    private static func owner(_ text: String) throws -> Owner {
        let parts = text.split(separator: ":", omittingEmptySubsequences: false).map { UInt32($0) }
        guard (1...2).contains(parts.count), let uid = parts[0], let gid = parts.count == 2 ? parts[1] : uid,
            uid <= Int32.max, gid <= Int32.max
        else { throw ConfigError.value("user", text, "a numeric uid:gid, as in 65532:65532") }
        return Owner(uid: uid, gid: gid)
    }
}

// MARK: - Kinds of keys

extension ConfigKey {
    private static func string(
        _ path: String, _ documentation: String,
        _ set: @escaping @Sendable (inout Settings, Requested<String>) throws -> Void
    ) -> ConfigKey {
        string(path, documentation) { settings, wanted, _ in try set(&settings, wanted) }
    }

    private static func string(
        _ path: String, _ documentation: String,
        _ set: @escaping @Sendable (inout Settings, Requested<String>, _ name: String) throws -> Void
    ) -> ConfigKey {
        ConfigKey(path: path, kind: .string, documentation: documentation) { settings, value, name, option in
            try set(&settings, Requested(try text(value, path), by: option), name)
        }
    }

    /// What only one language's rules read.
    private static func setting(_ path: String, _ documentation: String) -> ConfigKey {
        string(path, documentation) { $0.plan.settings[path] = $1 }
    }

    private static func strings(
        _ path: String, _ documentation: String,
        _ set: @escaping @Sendable (inout Settings, [Requested<String>]) throws -> Void
    ) -> ConfigKey {
        ConfigKey(path: path, kind: .strings, documentation: documentation) { settings, value, _, option in
            let items = if case .list(let items) = value { items } else { [value] }
            try set(&settings, items.map { Requested(try text($0, path), by: option) })
        }
    }

    private static func command(
        _ path: String, _ documentation: String,
        _ set: @escaping @Sendable (inout Settings, Requested<[String]>) throws -> Void
    ) -> ConfigKey {
        command(path, documentation) { settings, wanted, _ in try set(&settings, wanted) }
    }

    private static func command(
        _ path: String, _ documentation: String,
        _ set: @escaping @Sendable (inout Settings, Requested<[String]>, _ name: String) throws -> Void
    ) -> ConfigKey {
        ConfigKey(path: path, kind: .command, documentation: documentation) { settings, value, name, option in
            let words: [String] =
                if case .list(let items) = value { try items.map { try text($0, path) } } else {
                    try arguments(of: try text(value, path), keepsVariables: path == "start" || path == "processes.*")
                }
            guard !words.isEmpty else { throw ConfigError.value(path, "", "a command") }
            try set(&settings, Requested(words, by: option), name)
        }
    }

    /// The arguments of a command written as one text.
    ///
    /// What only a shell understands is left to one; the rules of the plan say whether the stage has it. Variables of
    /// a start command are kept as `${NAME}`, for the plan's launcher puts their values in.
    private static func arguments(of text: String, keepsVariables: Bool) throws -> [String] {
        let command = try CommandLine.split(text)
        let isPlain = command.shellSyntax == nil && command.defaults.isEmpty
        guard isPlain, keepsVariables || command.assignments.isEmpty && command.variables.isEmpty else {
            return ["/bin/sh", "-c", text]
        }
        let words = command.assignments.map { "\($0.name)=\(written($0.value))" } + command.words.map { written($0) }
        return words
    }

    private static func written(_ word: SplitCommand.Word) -> String {
        word.parts.map {
            switch $0 {
            case .text(let text): text
            case .variable(let name): "${\(name)}"
            }
        }.joined()
    }

    private static func tables(
        _ path: String, _ keys: [String], _ documentation: String,
        _ set: @escaping @Sendable (inout Settings, [Requested<[String: String]>]) throws -> Void
    ) -> ConfigKey {
        ConfigKey(path: path, kind: .tables(keys: keys), documentation: documentation) { settings, value, _, option in
            guard case .list(let rows) = value else { throw ConfigError.kind(path, "a list of tables", value.kind) }
            try set(&settings, rows.map { Requested(try row($0, path, keys), by: option) })
        }
    }

    private static func row(_ value: ConfigValue, _ path: String, _ keys: [String]) throws -> [String: String] {
        guard case .table(let table) = value else { throw ConfigError.kind(path, "a list of tables", value.kind) }
        let known = keys.map { $0.hasSuffix("?") ? String($0.dropLast()) : $0 }
        if let extra = table.keys.sorted().first(where: { !known.contains($0) }) {
            throw ConfigError.unknown("\(path).\(extra)", near: nil, place: path)
        }
        if let missing = keys.first(where: { !$0.hasSuffix("?") && table[$0] == nil }) {
            throw ConfigError.value(path, "", "the key '\(missing)' in every table")
        }
        return try table.mapValues { try text($0, path) }
    }

    private static func text(_ value: ConfigValue, _ path: String) throws -> String {
        switch value {
        case .string(let text): text
        case .integer(let number): String(number)
        case .boolean(let flag): String(flag)
        case .fraction, .list, .table: throw ConfigError.kind(path, "a string", value.kind)
        }
    }
}

/// What is wrong with a configuration.
enum ConfigError: Error, Equatable, CustomStringConvertible {
    case unknown(String, near: String?, place: String)
    case kind(String, String, String)
    case value(String, String, String)
    case malformed(place: String, reason: String)

    var description: String {
        switch self {
        case .unknown(let key, let near, let place):
            "\(place): unknown key '\(key)'"
                + (near.map { "; did you mean '\($0)'?" } ?? "; 'autoimage config schema' lists the keys")
        case .kind(let key, let expected, let found): "'\(key)' must be \(expected), not \(found)"
        case .value(let key, let found, let expected):
            "'\(key)' needs \(expected)" + (found.isEmpty ? "" : ", not '\(found)'")
        case .malformed(let place, let reason): "\(place): \(reason)"
        }
    }
}
