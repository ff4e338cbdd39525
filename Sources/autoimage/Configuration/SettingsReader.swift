import Files
import Formats
import Planning
import SystemPackage

/// Merges command line, environment and autoimage.toml, the former before the latter.
struct SettingsReader: Sendable {
    let folder: FilePath
    let environment: [String: String]
    let arguments: PlanArguments

    /// What all of them say together.
    func settings() throws -> Settings {
        let name = folder.lastComponent?.string ?? "service"
        var settings = Settings(plan: PlanOptions(name: Self.imageName(name)))
        try applyFile(to: &settings)
        try applyEnvironment(to: &settings)
        try applyAssignments(to: &settings)
        try applyFlags(to: &settings)
        return settings
    }

    private func applyFile(to settings: inout Settings) throws {
        let path = folder.appending("autoimage.toml")
        guard let bytes = try HostFiles.read(path) else { return }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw ConfigError.malformed(place: "autoimage.toml", reason: "is not UTF-8 text; save it as UTF-8")
        }
        let document = try TOMLDocument(parsing: text, file: "autoimage.toml")
        for path in Self.keyPaths(of: document) {
            guard let node = document.node(path) else { continue }
            let place = "autoimage.toml:\(document.line(of: path))"
            try apply(path.joined(separator: "."), ConfigValue(node), place, to: &settings)
        }
    }

    /// The keys of the root and, where they are tables, the keys in those.
    private static func keyPaths(of document: TOMLDocument) -> [[String]] {
        document.root.keys.sorted().flatMap { key -> [[String]] in
            guard case .table(let members)? = document.root[key] else { return [[key]] }
            return members.keys.sorted().map { [key, $0] }
        }
    }

    /// `AUTOIMAGE_PYTHON_VERSION` is the key `python.version`, `AUTOIMAGE_BUILD_PACKAGES` is `build-packages`.
    private func applyEnvironment(to settings: inout Settings) throws {
        for key in ConfigKey.all where !key.path.hasSuffix("*") {
            // One platform or several: the variable is named as the option is.
            let path = key.path == "platforms" ? "platform" : key.path
            let name = "AUTOIMAGE_" + String(path.uppercased().map { $0 == "." || $0 == "-" ? "_" : $0 })
            guard let text = environment[name], !text.isEmpty else { continue }
            try apply(key.path, try value(text, for: key), name, to: &settings)
        }
    }

    private func applyAssignments(to settings: inout Settings) throws {
        for assignment in arguments.assignments {
            let pair = assignment.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2 else { throw Failure(.usage, "--set \(assignment): expected KEY=VALUE") }
            guard let (key, _) = ConfigKey.find(pair[0]) else { throw unknown(pair[0], "--set \(assignment)") }
            try apply(pair[0], try value(pair[1], for: key), "--set \(pair[0])", to: &settings)
        }
    }

    private func applyFlags(to settings: inout Settings) throws {
        let flags: [(String, String?)] = [
            ("bases", arguments.bases), ("language", arguments.language), ("app", arguments.app),
            ("process", arguments.process), ("debian-mirror", arguments.debianMirror),
            ("debian-snapshot", arguments.lock.debianSnapshot), ("debian-keyring", arguments.lock.debianKeyring),
        ]
        for case (let key, let text?) in flags { try apply(key, .string(text), "--\(key)", to: &settings) }
        if let text = arguments.platform { try apply("platforms", .string(text), "--platform", to: &settings) }
        if arguments.allowExpiredSuites { settings.allowExpiredSuites = true }
        settings.isOffline = try arguments.lock.isOffline(environment)
        for item in arguments.buildEnvironment {
            let pair = item.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard let name = pair.first, !name.isEmpty else {
                throw Failure(.usage, "--build-env \(item): expected NAME=VALUE")
            }
            guard let value = pair.count == 2 ? pair[1] : environment[name] else {
                throw Failure(.usage, "--build-env \(item): the variable '\(name)' is not set; give NAME=VALUE")
            }
            settings.plan.buildEnvironment[name] = Requested(value, by: "--build-env \(name)")
        }
    }

    private func apply(_ dotted: String, _ value: ConfigValue, _ option: String, to settings: inout Settings) throws {
        guard let (key, name) = ConfigKey.find(dotted) else { throw unknown(dotted, option) }
        do {
            // A file's place needs the key beside it; the name of an option or a variable says it already.
            try key.apply(&settings, value, name, option.hasPrefix("autoimage.toml:") ? "\(option) \(dotted)" : option)
        } catch let error as ConfigError {
            throw ConfigError.malformed(place: option, reason: "\(error)")
        } catch let error as PathError {
            throw ConfigError.malformed(place: option, reason: "'\(dotted)': \(error)")
        }
    }

    /// A value given as text: TOML for lists and tables, plain text for everything else.
    private func value(_ text: String, for key: ConfigKey) throws -> ConfigValue {
        switch key.kind {
        case .integer: Int(text).map { .integer($0) } ?? .string(text)
        case .boolean: ["true": .boolean(true), "false": .boolean(false)][text] ?? .string(text)
        case .string: .string(text)
        case .command, .strings, .tables: try list(text)
        }
    }

    private func list(_ text: String) throws -> ConfigValue {
        guard text.hasPrefix("[") else { return .string(text) }
        let document = try TOMLDocument(parsing: "value = \(text)", file: "--set")
        return document.node(["value"]).map { ConfigValue($0) } ?? .list([])
    }

    private func unknown(_ dotted: String, _ place: String) -> ConfigError {
        .unknown(dotted, near: Suggestion.nearest(dotted, in: ConfigKey.all.map(\.path)), place: place)
    }

    /// A folder's name as an image name: lower case, with everything else replaced by hyphens.
    static func imageName(_ folder: String) -> String {
        var result = ""
        for character in folder.lowercased() {
            let isPlain = character.isASCII && (character.isLetter || character.isNumber)
            if isPlain { result.append(character) } else if !result.isEmpty, result.last != "-" { result.append("-") }
        }
        while result.hasSuffix("-") { result.removeLast() }
        return result.isEmpty ? "service" : result
    }
}
