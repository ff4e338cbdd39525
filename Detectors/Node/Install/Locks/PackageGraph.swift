import Planning

/// Who needs whom in a lock that does not say itself what only development needs.
struct PackageGraph {
    /// By key: what a package needs, and what it can do without.
    private var required: [String: [String]] = [:]
    private var optional: [String: [String]] = [:]

    /// Adds what one package needs.
    mutating func add(_ key: String, required: [String], optional: [String]) {
        self.required[key, default: []] += required
        self.optional[key, default: []] += optional
    }

    /// Every package that is reached from `roots`; optional ones count where `isLoose`.
    func reached(from roots: [String], isLoose: Bool) -> Set<String> {
        var seen: Set<String> = []
        var pending = roots
        while let key = pending.popLast() {
            guard seen.insert(key).inserted else { continue }
            pending += required[key] ?? []
            if isLoose { pending += optional[key] ?? [] }
        }
        return seen
    }
}

/// What the manifests need of a lock, as keys of its packages.
struct LockRoots {
    var production: [String] = []
    var optional: [String] = []
    var development: [String] = []

    mutating func add(_ key: String, _ kind: PackageJSON.Kind) {
        switch kind {
        case .dependencies, .peerDependencies: production.append(key)
        case .optionalDependencies: optional.append(key)
        case .devDependencies: development.append(key)
        }
    }

    /// Says of every package whether only development needs it, and whether it may be missing.
    func mark(_ packages: inout [(key: String, package: NodeLock.Package)], in graph: PackageGraph) {
        let shipped = graph.reached(from: production + optional, isLoose: true)
        let needed = graph.reached(from: production + development, isLoose: false)
        for index in packages.indices {
            packages[index].package.isDevelopment = !shipped.contains(packages[index].key)
            packages[index].package.isOptional = !needed.contains(packages[index].key)
        }
    }
}

/// A `name@rest` apart, where the name may begin with a scope.
struct Descriptor: Hashable {
    let name: String
    let range: String

    init?(_ text: some StringProtocol) {
        guard let at = text.dropFirst().firstIndex(of: "@") else { return nil }
        name = String(text[..<at])
        range = String(text[text.index(after: at)...])
    }

    /// The range without `npm:`, and the name that an alias stands for: `npm:lodash@^4`.
    static func alias(_ range: String) -> (name: String?, range: String) {
        guard range.hasPrefix("npm:") else { return (nil, range) }
        let rest = String(range.dropFirst(4))
        return Descriptor(rest).map { ($0.name, $0.range) } ?? (nil, rest)
    }
}
