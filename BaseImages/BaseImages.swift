import OCI
package import Planning

/// The catalog of base images: data in `Catalog/`, one file a family and language.
package enum BaseImages {
    /// The embedded catalog.
    package static func catalog() throws -> BaseCatalog {
        try merge([
            decode(file: PackageResources.debian_python_json, name: "Catalog/debian-python.json"),
            decode(file: PackageResources.debian_go_json, name: "Catalog/debian-go.json"),
            decode(file: PackageResources.debian_node_json, name: "Catalog/debian-node.json"),
            decode(file: PackageResources.debian_java_json, name: "Catalog/debian-java.json"),
            decode(file: PackageResources.debian_web_json, name: "Catalog/debian-web.json"),
            decode(file: PackageResources.debian_static_json, name: "Catalog/debian-static.json"),
            decode(file: PackageResources.official_python_json, name: "Catalog/official-python.json"),
            decode(file: PackageResources.official_node_json, name: "Catalog/official-node.json"),
            decode(file: PackageResources.official_go_json, name: "Catalog/official-go.json"),
            decode(file: PackageResources.official_java_json, name: "Catalog/official-java.json"),
            decode(file: PackageResources.official_web_json, name: "Catalog/official-web.json"),
            decode(file: PackageResources.official_distroless_json, name: "Catalog/official-distroless.json"),
        ])
    }

    /// A catalog in the embedded files' schema, from `--bases FILE`; `name` is the file's in errors.
    ///
    /// Fails with `BaseCatalogError`, which names the entry and the key.
    package static func decode(file bytes: [UInt8], name: String) throws -> BaseCatalog {
        let catalog: BaseCatalog
        do {
            catalog = try CanonicalJSON.decode(BaseCatalog.self, from: bytes)
        } catch let error as DecodingError {
            throw BaseCatalogError(file: name, error, in: bytes)
        }
        try check(catalog, name)
        return catalog
    }

    /// One catalog of several: the entries in order, the latest date.
    package static func merge(_ catalogs: [BaseCatalog]) throws -> BaseCatalog {
        let entries = catalogs.flatMap(\.entries)
        var seen: Set<String> = []
        for entry in entries where !seen.insert(entry.id).inserted { throw BaseCatalogError.twice(entry: entry.id) }
        return BaseCatalog(date: catalogs.map(\.date).max() ?? "", entries: entries)
    }

    private static func check(_ catalog: BaseCatalog, _ file: String) throws {
        for entry in catalog.entries {
            func problem(_ key: String, _ text: String) -> BaseCatalogError {
                .invalid(file: file, entry: entry.id, key: key, problem: text)
            }
            if (try? Reference(parsing: entry.reference)) == nil {
                throw problem("reference", "'\(entry.reference)' is not an image reference")
            }
            if (entry.family == "debian") != (entry.debian != nil) {
                throw problem("debian", "an entry of the family debian has a recipe, and no other has one")
            }
            if (entry.libc.family == .none) != (entry.libc.version == nil) {
                throw problem("libc.version", "a base with a C library states its version, and no other does")
            }
            guard let recipe = entry.debian else { continue }
            if let (key, text) = self.problem(of: recipe) { throw problem(key, text) }
        }
        _ = try merge([catalog])
    }

    /// The first thing that is wrong with a recipe: its key, and what it is.
    ///
    /// Suites and packages go to apt and into paths, links are made in a folder of the host: nothing passes that means
    /// more than a name there.
    private static func problem(of recipe: DebianRecipe) -> (key: String, text: String)? {
        let name = "lower-case letters, digits, '-' and '.'"
        if !DebianName.isSuite(recipe.suite) {
            return ("debian.suite", "\(recipe.suite.debugDescription) is not the name of a suite: \(name)")
        }
        for suite in recipe.extraSuites where !DebianName.isSuite(suite) {
            return ("debian.extraSuites", "\(suite.debugDescription) is not the name of a suite: \(name)")
        }
        if recipe.packages.isEmpty { return ("debian.packages", "the list is empty") }
        for package in recipe.packages where !DebianName.isPackage(package) {
            return ("debian.packages", "\(package.debugDescription) is not the name of a package: \(name) and '+'")
        }
        for pattern in recipe.drop {
            let path = pattern.hasPrefix("!") ? String(pattern.dropFirst()) : pattern
            guard (try? ImagePath(parsing: path)) != nil else {
                return ("debian.drop", "\(pattern.debugDescription) is not / or !/ and a path without '..'")
            }
        }
        return problem(ofLinks: recipe.links)
    }

    private static func problem(ofLinks links: [String: String]) -> (key: String, text: String)? {
        var paths: [ImagePath] = []
        for (text, target) in links.sorted(by: { $0.key < $1.key }) {
            guard let path = try? ImagePath(parsing: text), path != .root else {
                return ("debian.links", "\(text.debugDescription) is not an absolute path")
            }
            guard !target.isEmpty, !target.utf8.contains(0) else {
                return ("debian.links", "\(path) has the target \(target.debugDescription), which is not a path")
            }
            paths.append(path)
        }
        for path in paths {
            guard let above = paths.first(where: { $0 != path && path.isInside($0) }) else { continue }
            return ("debian.links", "\(path) lies below \(above), which is a link itself")
        }
        return nil
    }
}

/// Why a catalog file is refused.
package enum BaseCatalogError: Error, Equatable, CustomStringConvertible {
    case malformed(file: String, problem: String)
    /// `entry` is the entry's id, or its place in the list where it has none.
    case invalid(file: String, entry: String, key: String, problem: String)
    case twice(entry: String)

    package var description: String {
        switch self {
        case .malformed(let file, let problem): "\(file): is not a base catalog: \(problem); see BaseImages/README.md"
        case .invalid(let file, let entry, let key, let problem):
            "\(file): entry '\(entry)', key '\(key)': \(problem); see BaseImages/README.md"
        case .twice(let entry): "two base images have the id '\(entry)'; rename one"
        }
    }

    /// Says in our words where a document departs from the schema.
    init(file: String, _ error: DecodingError, in bytes: [UInt8]) {
        let path: [any CodingKey]
        let problem: String
        switch error {
        case .keyNotFound(let key, let context): (path, problem) = (context.codingPath + [key], "is missing")
        case .valueNotFound(_, let context): (path, problem) = (context.codingPath, "is null")
        case .typeMismatch(let type, let context): (path, problem) = (context.codingPath, "is not a \(Self.name(type))")
        case .dataCorrupted(let context): (path, problem) = (context.codingPath, context.debugDescription)
        @unknown default: (path, problem) = ([], "cannot be read")
        }
        guard path.count > 1, path[0].stringValue == "entries", let place = path[1].intValue else {
            let key = path.map(\.stringValue).joined(separator: ".")
            self = .malformed(file: file, problem: key.isEmpty ? problem : "key '\(key)' \(problem)")
            return
        }
        let ids = (try? CanonicalJSON.decode(Identities.self, from: bytes))?.entries ?? []
        let entry = place < ids.count ? ids[place].id : nil
        let key = path.dropFirst(2).map { $0.intValue.map { "\($0)" } ?? $0.stringValue }.joined(separator: ".")
        self = .invalid(file: file, entry: entry ?? "number \(place + 1)", key: key, problem: problem)
    }

    private static func name(_ type: Any.Type) -> String {
        switch type {
        case is String.Type: "text"
        case is Bool.Type: "true or false"
        case is Int.Type: "number"
        default: "\(type)".hasPrefix("Array") ? "list" : "object or value of the wanted kind"
        }
    }

    /// The ids alone, for messages about entries that are broken elsewhere.
    private struct Identities: Decodable {
        let entries: [Identity]

        struct Identity: Decodable { let id: String? }
    }
}
