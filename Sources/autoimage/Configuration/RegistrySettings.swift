import Files
import Formats
import Registry
import SystemPackage

/// What command line, environment and `registries.toml` say about reaching registries.
///
/// Mirrors of a registry come from the first of command line, environment, the user's file and the system's that names
/// it; certificate authorities and insecure registries add up.
struct RegistrySettings: Equatable, Sendable {
    var authorities: [FilePath] = []
    var insecureHosts: Set<String> = []
    /// By registry.
    var mirrors: [String: [String]] = [:]

    /// Reads the environment and the files, and puts the arguments before them.
    init(
        _ arguments: RegistryArguments, environment: [String: String],
        systemFile: FilePath = "/etc/autoimage/registries.toml"
    ) throws {
        let lists = { (name: String) in
            (environment[name] ?? "").split(separator: ",").map { $0.trimmingSpaces() }.filter { !$0.isEmpty }
        }
        try add(Self.typedAuthorities(arguments))
        try add(Level(insecure: arguments.insecureRegistries, code: .usage) { "--insecure-registry \($0)" })
        try add(Level(pairs: arguments.registryMirrors, code: .usage) { "--registry-mirror \($0)" })
        try add(Level(authorities: lists("AUTOIMAGE_REGISTRY_CA")) { "AUTOIMAGE_REGISTRY_CA: \($0)" })
        try add(Level(insecure: lists("AUTOIMAGE_INSECURE_REGISTRY")) { "AUTOIMAGE_INSECURE_REGISTRY: \($0)" })
        try add(Level(pairs: lists("AUTOIMAGE_REGISTRY_MIRROR")) { "AUTOIMAGE_REGISTRY_MIRROR: \($0)" })
        for file in [Self.userFile(environment), systemFile].compactMap({ $0 }) {
            try add(RegistriesFile(reading: file))
        }
    }

    /// Nothing but what is built in.
    init() {}

    private static func userFile(_ environment: [String: String]) -> FilePath? {
        func folder(_ name: String) -> FilePath? { environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) } }
        return (folder("XDG_CONFIG_HOME") ?? folder("HOME")?.appending(".config"))?
            .appending("autoimage").appending("registries.toml")
    }

    /// Fails where a file that was typed is not there, even if no registry is needed in the end.
    static func check(_ arguments: RegistryArguments) throws {
        var settings = RegistrySettings()
        try settings.add(typedAuthorities(arguments))
    }

    private static func typedAuthorities(_ arguments: RegistryArguments) -> Level {
        Level(authorities: arguments.registryAuthorities, code: .inputMissing) { "--registry-ca \($0)" }
    }

    // MARK: - Options and variables

    /// The values of one option or variable.
    private struct Level {
        var authorities: [String] = []
        var insecure: [String] = []
        /// `REGISTRY=MIRROR`.
        var pairs: [String] = []
        var code = FailureCode.badConfiguration
        /// How messages name a value.
        let place: (String) -> String
    }

    private mutating func add(_ level: Level) throws {
        for text in level.authorities {
            let path = FilePath(text)
            guard HostFiles.exists(path), !HostFiles.isFolder(path) else {
                throw Failure(level.code, "\(level.place(text)): no such file; expected certificate authorities in PEM")
            }
            authorities.append(path)
        }
        for text in level.insecure {
            do { insecureHosts.insert(try RegistryName(parsing: text).host) } catch {
                throw Failure(level.code, "\(level.place(text)): \(error)")
            }
        }
        var new: [String: [String]] = [:]
        for text in level.pairs {
            let pair = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2 else {
                throw Failure(
                    level.code, "\(level.place(text)): expected REGISTRY=MIRROR, as in docker.io=mirror.example:5000")
            }
            do {
                new[try RegistryName(parsing: pair[0]).host, default: []].append(
                    try MirrorName(parsing: pair[1]).description)
            } catch {
                throw Failure(level.code, "\(level.place(text)): \(error)")
            }
        }
        mirrors.merge(new) { old, _ in old }
    }

    private mutating func add(_ file: RegistriesFile) {
        authorities += file.authorities
        insecureHosts.formUnion(file.insecureHosts)
        mirrors.merge(file.mirrors) { old, _ in old }
    }
}

/// `registries.toml`: `[[mirror]]` tables with `registry` and `mirrors`, and the lists `ca` and `insecure`.
struct RegistriesFile: Equatable, Sendable {
    private(set) var authorities: [FilePath] = []
    private(set) var insecureHosts: Set<String> = []
    private(set) var mirrors: [String: [String]] = [:]

    /// Reads a file; one that is not there says nothing.
    init(reading path: FilePath) throws {
        guard let bytes = try HostFiles.read(path) else { return }
        do { try read(bytes, path) } catch let error as FormatError {
            throw Failure(.badConfiguration, "\(error)")
        }
    }

    private mutating func read(_ bytes: [UInt8], _ path: FilePath) throws {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.badConfiguration, "\(path): is not UTF-8 text; save it as UTF-8")
        }
        let document = try TOMLDocument(parsing: text, file: path.string)
        try Self.check(Set(document.root.keys), known: ["ca", "insecure", "mirror"], at: [], in: document)
        if let list = try document.strings("ca") {
            // A relative path starts at the file's own folder.
            authorities = list.value.map { path.removingLastComponent().pushing(FilePath($0)) }
            for file in authorities where !HostFiles.exists(file) || HostFiles.isFolder(file) {
                throw Failure(
                    .badConfiguration,
                    "\(path):\(list.line): 'ca': no such file: \(file); expected certificate authorities in PEM")
            }
        }
        if let list = try document.strings("insecure") {
            insecureHosts = Set(
                try list.value.map { name in
                    try Self.located("\(path):\(list.line)", "insecure") { try RegistryName(parsing: name).host }
                })
        }
        for index in (try document.tables("mirror")?.value ?? []).indices {
            try readMirror(index, of: document, path)
        }
    }

    private mutating func readMirror(_ index: Int, of document: TOMLDocument, _ path: FilePath) throws {
        let place = ["mirror", "\(index)"]
        let line = document.line(of: place)
        if case .table(let table)? = document.node(place) {
            try Self.check(Set(table.keys), known: ["mirrors", "registry"], at: place, in: document)
        }
        guard let name = try document.string("mirror", "\(index)", "registry"),
            let list = try document.strings("mirror", "\(index)", "mirrors")
        else {
            throw Failure(
                .badConfiguration,
                "\(path):\(line): a [[mirror]] needs registry = \"docker.io\" and mirrors = [\"mirror.example:5000\"]")
        }
        let registry = try Self.located("\(path):\(name.line)", "registry") {
            try RegistryName(parsing: name.value).host
        }
        mirrors[registry, default: []] += try list.value.map { text in
            try Self.located("\(path):\(list.line)", "mirrors") { try MirrorName(parsing: text).description }
        }
    }

    private static func check(
        _ keys: Set<String>, known: [String], at place: [String], in document: TOMLDocument
    ) throws {
        guard let extra = keys.subtracting(known).min() else { return }
        let near = Suggestion.nearest(extra, in: known).map { "did you mean '\($0)'?" }
        throw Failure(
            .badConfiguration,
            "\(document.file):\(document.line(of: place + [extra])): unknown key '\(extra)'; "
                + (near ?? "the keys are \(known.joined(separator: ", "))"))
    }

    private static func located<Value>(_ place: String, _ key: String, _ work: () throws -> Value) throws -> Value {
        do { return try work() } catch { throw Failure(.badConfiguration, "\(place): '\(key)': \(error)") }
    }
}
