import Formats
import Planning

/// Yarn 1's `yarn.lock`, which looks like YAML and is none.
///
/// Yarn 1, documentation of yarn.lock.
enum YarnLock {
    /// One block of the lock: `"a@^1", "a@^1.2":` and what is indented below it.
    struct Block: Sendable, Hashable {
        let patterns: [String]
        let line: Int
        var values: [String: String] = [:]
        /// `dependencies`, `optionalDependencies`: name and range.
        var lists: [String: [(name: String, range: String)]] = [:]

        static func == (one: Block, other: Block) -> Bool { one.line == other.line }
        func hash(into hasher: inout Hasher) { hasher.combine(line) }
    }

    /// Reads the lock's text; `manifests` say what only development needs.
    static func read(_ text: String, _ path: SourcePath, manifests: [PackageJSON]) throws -> NodeLock {
        let blocks = try parse(text, path)
        var graph = PackageGraph()
        var keys: [String: String] = [:]
        for block in blocks { for pattern in block.patterns { keys[pattern] = "\(block.line)" } }
        func key(_ name: String, _ range: String) -> String { keys["\(name)@\(range)"] ?? "" }
        for block in blocks {
            graph.add(
                "\(block.line)", required: (block.lists["dependencies"] ?? []).map { key($0.name, $0.range) },
                optional: (block.lists["optionalDependencies"] ?? []).map { key($0.name, $0.range) })
        }
        var roots = LockRoots()
        for manifest in manifests {
            for kind in [PackageJSON.Kind.dependencies, .optionalDependencies, .devDependencies] {
                for (name, entry) in manifest.dependencies(kind) { roots.add(key(name, entry.value), kind) }
            }
        }
        var packages = blocks.compactMap { block in package(block).map { (key: "\(block.line)", package: $0) } }
        roots.mark(&packages, in: graph)
        return NodeLock(
            path: path, manager: .yarn, version: "1",
            versionLine: (text.split(separator: "\n", omittingEmptySubsequences: false).firstIndex {
                $0.hasPrefix("# yarn lockfile")
            } ?? 0) + 1, packages: packages.map(\.package), importers: [],
            patterns: Dictionary(
                blocks.flatMap { block in
                    block.patterns.map {
                        ($0, NodeLock.Pattern(version: block.values["version"] ?? "", line: block.line))
                    }
                },
                uniquingKeysWith: { one, _ in one }))
    }

    private static func package(_ block: Block) -> NodeLock.Package? {
        guard let descriptor = block.patterns.lazy.compactMap({ Descriptor($0) }).first else { return nil }
        let alias = Descriptor.alias(descriptor.range)
        var package = NodeLock.Package(
            name: alias.name ?? descriptor.name, version: block.values["version"] ?? "", line: block.line)
        package.alias = alias.name == nil ? nil : descriptor.name
        package.dependencies = ["dependencies", "optionalDependencies"].flatMap { (block.lists[$0] ?? []).map(\.name) }
        if let resolved = block.values["resolved"] {
            package.origin = NpmLock.origin(resolved)
        } else if descriptor.range.hasPrefix("file:") || descriptor.range.hasPrefix(".") {
            package.origin = .file(
                descriptor.range.hasPrefix("file:") ? String(descriptor.range.dropFirst(5)) : descriptor.range)
        } else if descriptor.range.hasPrefix("link:") {
            package.origin = .link(String(descriptor.range.dropFirst(5)))
        }
        return package
    }

    /// The blocks of the text; fails at a line that fits nowhere.
    static func parse(_ text: String, _ path: SourcePath) throws -> [Block] {
        var blocks: [Block] = []
        var list: String?
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let first = raw.first(where: { $0 != " " }), first != "#" else { continue }
            func malformed(_ what: String) -> PlanError {
                .unusable(
                    place: "\(path):\(index + 1)", what: "'\(raw.trimmingSpaces().prefix(60))' \(what)",
                    fix: "make the lock anew: yarn install")
            }
            let indent = raw.prefix { $0 == " " }.count
            guard let words = words(raw.dropFirst(indent)), !words.isEmpty else {
                throw malformed("has no closing quote")
            }
            if indent == 0 {
                guard raw.hasSuffix(":") else { throw malformed("is no block of Yarn 1's lock") }
                blocks.append(Block(patterns: words, line: index + 1))
                list = nil
                continue
            }
            guard !blocks.isEmpty else { throw malformed("stands before any package") }
            let last = blocks.count - 1
            if indent == 2, words.count == 1, raw.hasSuffix(":") {
                list = words[0]
                blocks[last].lists[words[0]] = []
            } else if indent == 2, words.count == 2 {
                blocks[last].values[words[0]] = words[1]
            } else if indent == 4, words.count == 2, let list {
                blocks[last].lists[list, default: []].append((words[0], words[1]))
            } else {
                throw malformed("is no value of Yarn 1's lock")
            }
        }
        return blocks
    }

    /// The words of a line, quoted or bare, without the commas and the colon between and after them; nil for an open quote.
    private static func words(_ line: Substring) -> [String]? {
        var words: [String] = []
        var rest = line
        while let first = rest.first {
            if first == " " || first == "," || (first == ":" && rest.count == 1) {
                rest = rest.dropFirst()
            } else if first == "\"" {
                guard let end = rest.dropFirst().firstIndex(of: "\"") else { return nil }
                words.append(String(rest[rest.index(after: rest.startIndex)..<end]))
                rest = rest[rest.index(after: end)...]
            } else {
                let word = rest.prefix { $0 != " " && $0 != "," }
                rest = rest[word.endIndex...]
                words.append(String(rest.isEmpty && word.hasSuffix(":") ? word.dropLast() : word))
            }
        }
        return words
    }
}
