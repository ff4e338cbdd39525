import Formats
import Planning

/// A `package.json`, with the line of everything that decides something.
///
/// npm 11, Configuring npm, package.json.
struct PackageJSON: Sendable, Hashable {
    let path: SourcePath
    let document: JSONDocument
    /// The whole document as an object.
    let root: JSONObject

    /// The manifest of a folder; nil where it has none, fails with its line where it is no JSON object.
    static func read(_ folder: SourcePath, of tree: any SourceTree) throws -> PackageJSON? {
        let path = folder.appending(name: "package.json")
        guard let text = try tree.text(at: path) else { return nil }
        return try PackageJSON(parsing: text, path: path)
    }

    init(parsing text: String, path: SourcePath) throws {
        self.path = path
        document = try JSONDocument(parsing: text, file: "\(path)")
        guard case .object(let object) = document.root else {
            throw PlanError.unusable(
                place: "\(path):1", what: "is \(document.root.kind)", fix: "write an object, as in {\"name\": \"api\"}")
        }
        root = object
    }

    /// A value with the place where it is written.
    struct Entry: Sendable, Hashable {
        let value: String
        let evidence: Evidence
    }

    var folder: SourcePath { path.parent ?? .root }
    var name: String? { string("name")?.value }
    var version: String? { string("version")?.value }
    /// `module` where `.js` files are ES modules.
    var isModule: Bool { string("type")?.value == "module" }

    /// A string at a path of keys, with its line; nil where there is none, or something else.
    func string(_ keys: String...) -> Entry? { entry(keys) }

    func entry(_ keys: [String]) -> Entry? {
        guard let (node, line) = node(keys), case .string(let text) = node else { return nil }
        return Entry(
            value: text, evidence: Evidence(path: path, line: line, excerpt: "\(keys.last ?? ""): \(text)"))
    }

    /// The value at a path of keys, and its key's line.
    func node(_ keys: [String]) -> (JSONNode, line: Int)? {
        var object = root
        for (index, key) in keys.enumerated() {
            guard let member = object.members.last(where: { $0.key == key }) else { return nil }
            if index == keys.count - 1 { return (member.value, member.line) }
            guard case .object(let inner) = member.value else { return nil }
            object = inner
        }
        return nil
    }

    /// The strings of an object at a path of keys, in their order: `scripts`, `engines`.
    func entries(_ keys: String...) -> [(key: String, entry: Entry)] {
        guard case .object(let object)? = node(keys)?.0 else { return [] }
        return object.members.compactMap { member in
            guard case .string(let text) = member.value else { return nil }
            return (
                member.key,
                Entry(
                    value: text,
                    evidence: Evidence(path: path, line: member.line, excerpt: "\(member.key): \(text)"))
            )
        }
    }

    /// A script by its name; nil where it is missing or blank.
    func script(_ name: String) -> Entry? {
        entry(["scripts", name]).flatMap { $0.value.allSatisfy(\.isWhitespace) ? nil : $0 }
    }

    /// The kinds of dependencies, as keys of the manifest.
    enum Kind: String, Sendable, CaseIterable {
        case dependencies, devDependencies, optionalDependencies, peerDependencies
    }

    /// Declared dependencies of a kind: name and range.
    func dependencies(_ kind: Kind) -> [(name: String, entry: Entry)] {
        entries(kind.rawValue).map { ($0.key, $0.entry) }
    }

    /// Where a dependency is declared, runtime kinds first; nil where it is not.
    func dependency(_ name: String, _ kinds: [Kind] = [.dependencies, .optionalDependencies, .devDependencies])
        -> Entry?
    {
        kinds.lazy.compactMap { entry([$0.rawValue, name]) }.first
    }
}
