import Files
import OCI
import Planning
import SystemPackage

/// apt with a root of its own: it resolves, verifies and downloads, and the host's apt never hears of it.
///
/// Everything of the host's configuration is shut out by a configuration file that is read first and leaves nothing to
/// read after it: no hook, preference, source or key but Debian's own.
struct AptRoot: Sendable {
    /// The folder of this root.
    let folder: FilePath
    /// `bookworm`.
    let suite: String
    /// Debian's name of the architecture: `amd64`.
    let architecture: String
    private let extraSuites: [String]
    private let mirror: DebianMirror
    private let settings: [String: String]
    private let access: DebianAccess
    private let isSnapshot: Bool
    private let lockPath: FilePath

    /// Opens the root for a recipe's suites; `settings` are apt's for proxies and certificates.
    ///
    /// The root of a snapshot is one of its own: an archive of an earlier day, whose indexes have expired.
    init(
        state: State, mirror: DebianMirror, settings: [String: String], recipe: DebianRecipe, architecture: String,
        access: DebianAccess, isSnapshot: Bool = false
    ) throws {
        // They become a folder's name and lines that apt obeys.
        if let bad = ([recipe.suite] + recipe.extraSuites).first(where: { !DebianName.isSuite($0) }) {
            throw DebianBaseError.badSuite(bad)
        }
        let origin = isSnapshot ? ["snapshot", String(Digest(of: mirror.mirror.utf8).hex.prefix(12))] : []
        let name = (origin + [recipe.suite] + recipe.extraSuites + [architecture]).joined(separator: "-")
        folder = state.debian.appending(name)
        lockPath = state.lock("debian-" + name)
        suite = recipe.suite
        extraSuites = recipe.extraSuites
        self.architecture = architecture
        self.mirror = mirror
        self.settings = settings
        self.access = access
        self.isSnapshot = isSnapshot
        for place in ["lists/partial", "archives/partial", "fetch"] {
            try HostFiles.makeFolder(folder.appending(place))
        }
    }

    /// Holds the root for one process while `body` runs.
    func locked<Value>(_ body: () async throws -> Value) async throws -> Value {
        let lock = try await FileLock.acquire(lockPath)
        let result = try await body()
        Self.keep(lock)
        return result
    }

    private static func keep(_ lock: borrowing FileLock) {}

    /// Where its packages come from.
    var address: String { mirror.mirror }

    /// Whether there is an index that was fetched from the mirror now in use.
    func hasIndex() throws -> Bool {
        try HostFiles.read(stamp) == Array(try sourceList().utf8)
    }

    /// Bytes that the indexes of a suite take, unpacked and while they are, with room to spare.
    private static let indexSpace: Int64 = 256 << 20

    /// Fetches the signed indexes of the suite, its updates and its security fixes.
    ///
    /// apt waits for ever where the disk fills up while it unpacks an index, so the space is looked at before.
    func update() async throws {
        try configure()
        let free = try HostFiles.freeSpace(at: folder)
        guard free >= Self.indexSpace else {
            throw DebianBaseError.noSpace(
                said:
                    "\(folder) has \(free >> 20) MiB free; the indexes of a suite take up to \(Self.indexSpace >> 20) MiB"
            )
        }
        try HostFiles.remove(stamp)
        let output = try await apt("apt-get", ["-q", "update"])
        guard output.isSuccess else { throw failure(output) }
        try AtomicFile.write(Array(try sourceList().utf8), to: stamp)
    }

    /// The package files of exactly these packages.
    func files(of names: [String]) async throws -> [PackageFile] {
        try configure()
        let output = try await apt("apt-get", ["-qq", "download", "--print-uris", "--"] + names)
        guard output.isSuccess else { throw failure(output) }
        return try PackageFile.parse(output.text)
    }

    /// The package files of these packages and of everything they depend on, recommendations left out.
    func filesWithDependencies(of names: [String]) async throws -> [PackageFile] {
        try configure()
        let output = try await apt("apt-get", ["-qq", "-y", "--print-uris", "install", "--"] + names)
        guard output.isSuccess else { throw failure(output) }
        return try PackageFile.parse(output.text)
    }

    /// All package names the suite knows.
    func names() async throws -> Set<String> {
        try configure()
        let output = try await apt("apt-cache", ["pkgnames"])
        guard output.isSuccess else { throw failure(output) }
        return Set(output.text.split(separator: "\n").map(String.init))
    }

    /// Those of the packages that the index has in just their versions.
    func offered(_ packages: [PinnedPackage]) async throws -> [PinnedPackage] {
        guard !packages.isEmpty else { return [] }
        let output = try await apt("apt-cache", ["madison", "--"] + Set(packages.map(\.name)).sorted())
        var versions: Set<[String]> = []
        for line in output.text.split(separator: "\n") {
            let parts = line.split(separator: "|").map { $0.filter { $0 != " " } }
            if parts.count >= 2 { versions.insert([parts[0], parts[1]]) }
        }
        return packages.filter { versions.contains([$0.name, $0.version]) }
    }

    /// The control fields of packages that the index offers, each by lower-case name.
    func fields(of packages: [PinnedPackage]) async throws -> [[String: String]] {
        guard !packages.isEmpty else { return [] }
        let output = try await apt("apt-cache", ["show", "--"] + packages.map { "\($0.name)=\($0.version)" })
        guard output.isSuccess else { throw failure(output) }
        return ControlText.paragraphs(output.text)
    }

    /// The package files that installing these names takes where `status` says what is installed (dpkg(1)).
    ///
    /// Nothing may be removed for it. Returns nil and what apt said where it finds no way.
    func filesToRenew(_ names: [String], status: String) async throws -> (files: [PackageFile]?, said: String) {
        try configure()
        try write(status, to: "status")
        defer { try? write("", to: "status") }
        let output = try await apt("apt-get", ["-qq", "-y", "--no-remove", "--print-uris", "install", "--"] + names)
        return (output.isSuccess ? try PackageFile.parse(output.text) : nil, output.errors)
    }

    /// Downloads packages by version into `fetch`, going on where an earlier download stopped; returns whether apt got
    /// all of them and what it said.
    func download(_ packages: [PinnedPackage]) async throws -> HostTool.Output {
        try configure()
        return try await apt(
            "apt-get", ["-q", "download", "--"] + packages.map { "\($0.name)=\($0.version)" },
            directory: folder.appending("fetch"))
    }

    /// The error for what apt said.
    func failure(_ output: HostTool.Output) -> DebianBaseError {
        let lines = output.errors.split(separator: "\n").map(String.init).filter { !$0.isEmpty }
        let told = lines.filter { $0.hasPrefix("E:") } + lines.filter { $0.hasPrefix("W:") }
        let said = (told.isEmpty ? Array(lines.suffix(4)) : Array(told.prefix(4))).joined(separator: "\n  ")
        if said.contains("is expired") { return .expired(suite: suite, said: said) }
        if said.contains("NO_PUBKEY") || said.contains("not signed") || said.contains("invalid signature") {
            return .unsigned(suite: suite, said: said)
        }
        if said.contains("No space left") || said.contains("enough free space") { return .noSpace(said: said) }
        if said.contains("404 ") || said.contains("does not have a Release file") {
            return .notOnMirror(suite: suite, said: said)
        }
        let isNetwork = ["resolv", "connect", "Connection", "timed out", "Failed to fetch", "Temporary", "unreachable"]
            .contains { said.contains($0) }
        return isNetwork ? .unreachable(said: said) : .aptFailed(said: said)
    }

    private var stamp: FilePath { folder.appending("fetched-from") }

    private func apt(_ program: String, _ arguments: [String], directory: FilePath? = nil) async throws
        -> HostTool.Output
    {
        var environment = HostTool.baseEnvironment.merging(mirror.environment) { own, _ in own }
        environment["APT_CONFIG"] = folder.appending("apt.conf").string
        return try await HostTool.run(program, arguments, environment: environment, directory: directory)
    }

    /// Writes the configuration where it is not as it should be.
    private func configure() throws {
        try write(configuration(), to: "apt.conf")
        try write(sourceList(), to: "sources.list")
        try write("", to: "status")
        try write("", to: "extended_states")
    }

    private func write(_ text: String, to name: String) throws {
        let path = folder.appending(name)
        if try HostFiles.read(path) != Array(text.utf8) { try AtomicFile.write(Array(text.utf8), to: path) }
    }

    /// The text of apt's configuration (apt.conf(5)).
    ///
    /// `APT_CONFIG` is read before `Dir::Etc::parts` and `main`, so these two shut out the host's.
    func configuration() throws -> String {
        guard !folder.string.contains(where: { "\"\n\\".contains($0) }) else {
            throw DebianBaseError.badHome(folder.string)
        }
        let away = [
            "main", "parts", "sourceparts", "preferences", "preferencesparts", "trusted", "trustedparts", "netrc",
            "netrcparts",
        ]
        var values: [(String, String)] = away.map { ("Dir::Etc::\($0)", "/dev/null") }
        values += [
            ("Dir::Etc::sourcelist", "\(folder)/sources.list"), ("Dir::State", "\(folder)"),
            ("Dir::State::status", "\(folder)/status"), ("Dir::State::lists", "\(folder)/lists/"),
            ("Dir::State::extended_states", "\(folder)/extended_states"), ("Dir::Cache", "\(folder)"),
            ("Dir::Cache::archives", "\(folder)/archives/"), ("Dir::Log", "\(folder)"),
            ("APT::Architecture", architecture), ("APT::Architectures", architecture),
            ("APT::Sandbox::User", "root"), ("APT::Install-Recommends", "false"),
            ("APT::Install-Suggests", "false"), ("APT::Update::Error-Mode", "any"),
            ("Acquire::Languages", "none"), ("Acquire::PDiffs", "false"), ("Acquire::Retries", "2"),
            ("Acquire::ForceHash", "SHA256"),
            ("Acquire::Check-Valid-Until", access.acceptsExpired || isSnapshot ? "false" : "true"),
            ("Acquire::http::Timeout", "30"), ("Acquire::https::Timeout", "30"),
        ]
        values += settings.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
        return values.map { "\($0.0) \"\($0.1)\";\n" }.joined()
    }

    /// sources.list(5), with Debian's own keyring only, or the one that was given in its place.
    func sourceList() throws -> String {
        let keyring = try keyrings().map(\.string).joined(separator: ",")
        func line(_ address: String, _ suite: String) -> String {
            "deb [arch=\(architecture) signed-by=\(keyring)] \(address) \(suite) main\n"
        }
        var result = line(mirror.mirror, suite)
        if suite != "sid", suite != "unstable" {
            result += line(mirror.mirror, "\(suite)-updates") + line(mirror.securityMirror, "\(suite)-security")
        }
        for extra in extraSuites { result += line(mirror.mirror, extra) }
        return result
    }

    /// A mirror of one's own may sign with its own key, while an archive of an earlier day is Debian's or that mirror's.
    private func keyrings() throws -> [FilePath] {
        guard let own = access.keyring else { return [try Self.debianKeyring()] }
        return isSnapshot ? [own] + ((try? [Self.debianKeyring()]) ?? []) : [own]
    }

    private static func debianKeyring() throws -> FilePath {
        for name in ["debian-archive-keyring.gpg", "debian-archive-keyring.pgp"] {
            let path = FilePath("/usr/share/keyrings").appending(name)
            if HostFiles.exists(path) { return path }
        }
        throw DebianBaseError.noKeyring
    }
}
