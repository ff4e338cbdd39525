import Files
import Images
import OCI
import Planning
import SystemPackage

/// A value of `--cache-from` or `--cache-to`: `type=registry,ref=HOST/REPOSITORY:TAG` or `type=local,src=FOLDER`.
struct CacheArgument: Hashable, Sendable {
    enum Place: Hashable, Sendable {
        case registry(Reference)
        case local(FilePath, tag: String)
    }

    /// What is sent.
    enum Mode: String, Sendable {
        /// The results of this build's steps.
        case min
        /// Cache mounts and Debian packages as well.
        case max
    }

    /// Which option the value belongs to.
    enum Direction: String, Sendable {
        case from = "--cache-from"
        case to = "--cache-to"
    }

    let place: Place
    let mode: Mode
    /// Whether a cache that cannot be written is a warning only.
    let ignoresErrors: Bool
    /// Bytes that the cache may hold.
    let maxSize: Int64?

    /// Whether the network is needed for it.
    var isRemote: Bool { if case .registry = place { true } else { false } }

    /// Parses a value; what has no `=` is the reference of a registry.
    init(parsing text: String, _ direction: Direction) throws {
        func wrong(_ problem: String) -> Failure { Failure(.usage, "\(direction.rawValue) \(text): \(problem)") }
        var fields: [String: String] = [:]
        for part in text.split(separator: ",", omittingEmptySubsequences: false) {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if pair.count == 1, !text.contains(",") {
                fields = ["type": "registry", "ref": text]
                break
            }
            guard pair.count == 2, !pair[1].isEmpty else { throw wrong("'\(part)' is not KEY=VALUE") }
            guard fields.updateValue(pair[1], forKey: pair[0]) == nil else { throw wrong("\(pair[0]) is given twice") }
        }
        let known = Self.keys(fields["type"], direction)
        guard !known.isEmpty else { throw wrong("give type=registry or type=local") }
        if let other = fields.keys.filter({ !known.contains($0) }).min() {
            throw wrong(
                "'\(other)' is unknown; type=\(fields["type"] ?? "") takes \(known.dropFirst().joined(separator: ", "))"
            )
        }
        guard let target = fields[known[1]] else { throw wrong("\(known[1])= is missing") }
        place = try Self.place(target, fields, wrong)
        let mode = fields["mode"].map { Mode(rawValue: $0) } ?? .max
        guard let mode else { throw wrong("mode is min or max") }
        self.mode = mode
        let truths = ["true": true, "false": false]
        guard let ignores = fields["ignore-error"].map({ truths[$0] }) ?? false else {
            throw wrong("ignore-error is true or false")
        }
        ignoresErrors = ignores
        let size = fields["max-size"].map { ByteCount(parsing: $0) }
        if case .some(.none) = size { throw wrong("max-size is a number of bytes, as in 5GB or 500MiB") }
        maxSize = size??.bytes
    }

    private static func place(
        _ target: String, _ fields: [String: String], _ wrong: (String) -> Failure
    ) throws -> Place {
        guard fields["type"] == "registry" else {
            let tag = fields["tag"] ?? "latest"
            guard let name = try? Reference(parsing: "cache:\(tag)"), name.tag == tag, name.digest == nil else {
                throw wrong("'\(tag)' is not a tag")
            }
            return .local(FilePath(target), tag: tag)
        }
        do {
            let reference = try Reference(parsing: target)
            guard reference.digest == nil else { throw wrong("a cache is kept under a tag, not a digest") }
            guard reference.registry != nil else {
                throw wrong("name the registry, as in registry.example/shop/cache:main")
            }
            return .registry(reference)
        } catch let error as ReferenceError { throw wrong("\(error)") }
    }

    /// The keys that a type takes, with the one that must be there second; empty for an unknown type.
    private static func keys(_ type: String?, _ direction: Direction) -> [String] {
        let more = direction == .to ? ["mode", "max-size", "ignore-error"] : []
        return switch type {
        case "registry": ["type", "ref"] + more
        case "local": ["type", direction == .to ? "dest" : "src", "tag"] + more
        default: []
        }
    }
}

/// The caches of a build.
struct CacheArguments: Hashable, Sendable {
    var from: [CacheArgument] = []
    var to: [CacheArgument] = []

    init() {}

    /// What the options say, else `AUTOIMAGE_CACHE_FROM` and `AUTOIMAGE_CACHE_TO`: values with spaces between them.
    init(from: [String], to: [String], environment: [String: String]) throws {
        func values(_ options: [String], _ variable: String) -> [String] {
            options.isEmpty
                ? (environment[variable] ?? "").split(whereSeparator: \.isWhitespace).map(String.init) : options
        }
        self.from = try values(from, "AUTOIMAGE_CACHE_FROM").map { try CacheArgument(parsing: $0, .from) }
        self.to = try values(to, "AUTOIMAGE_CACHE_TO").map { try CacheArgument(parsing: $0, .to) }
    }

    /// Fails where something is to be sent to a registry that nothing may be sent to.
    func check(offline: Bool) throws {
        guard offline, let cache = to.first(where: \.isRemote), case .registry(let reference) = cache.place else {
            return
        }
        throw Failure(
            .usage,
            "--cache-to \(reference): a registry cannot be written to with --offline; give type=local,dest=FOLDER")
    }

    /// The caches that may be used: without network those in folders.
    func usable(offline: Bool, _ progress: Progress) -> CacheArguments {
        guard offline, from.contains(where: \.isRemote) else { return self }
        progress.report(.note(text: "caches in registries are not used with --offline"))
        var result = self
        result.from.removeAll(where: \.isRemote)
        return result
    }
}
