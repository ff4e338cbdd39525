import Formats
import Planning

/// Where the TypeScript compiler writes what it makes of a folder's sources.
///
/// https://www.typescriptlang.org/tsconfig
struct TypeScriptProject: Sendable {
    let path: SourcePath
    /// Relative to the folder of the configuration; nil where output lies beside the sources.
    let outDir: Decided<String>?
    /// What `outDir` mirrors.
    let rootDir: SourcePath
    /// Whether `tsc` writes nothing: `noEmit`, `emitDeclarationOnly`, `allowImportingTsExtensions`.
    let isSilent: Bool
    /// Whether only a bundler understands its imports: `moduleResolution: bundler`.
    let isForBundler: Bool

    var folder: SourcePath { path.parent ?? .root }

    /// The folder's project, `tsconfig.build.json` first where `preferred` names it; nil where it has none.
    static func read(_ folder: SourcePath, of tree: any SourceTree, preferred: [String] = []) throws
        -> TypeScriptProject?
    {
        for name in preferred + ["tsconfig.json"] {
            let path = folder.resolving(name) ?? folder.appending(name: name)
            if tree.hasFile(path) { return try TypeScriptProject(path, of: tree) }
        }
        return nil
    }

    init(_ path: SourcePath, of tree: any SourceTree) throws {
        self.path = path
        let folder = path.parent ?? .root
        var options: [String: (JSONNode, Evidence, SourcePath)] = [:]
        var lists: [String: [String]] = [:]
        for (file, object) in try Self.chain(path, of: tree) {
            let base = file.parent ?? .root
            if case .object(let compiler)? = object["compilerOptions"] {
                for member in compiler.members where options[member.key] == nil {
                    let value = if case .string(let text) = member.value { text } else { member.value.kind }
                    options[member.key] = (
                        member.value, Evidence(path: file, line: member.line, excerpt: "\(member.key): \(value)"), base
                    )
                }
            }
            for key in ["include", "exclude", "files"] where lists[key] == nil {
                guard case .array(let elements)? = object[key] else { continue }
                lists[key] = elements.compactMap { if case .string(let text) = $0 { text } else { nil } }
            }
        }
        func text(_ key: String) -> String? {
            if case .string(let text)? = options[key]?.0 { text } else { nil }
        }
        func flag(_ key: String) -> Bool {
            if case .boolean(let flag)? = options[key]?.0 { flag } else { false }
        }
        isSilent = flag("noEmit") || flag("emitDeclarationOnly") || flag("allowImportingTsExtensions")
        isForBundler =
            text("moduleResolution")?.lowercased() == "bundler" || text("module")?.lowercased() == "preserve"
        var out: Decided<String>?
        if let written = text("outDir"), let (_, evidence, base) = options["outDir"],
            let resolved = base.resolving(written)?.relative(to: folder)
        {
            out = Decided("\(resolved)", .found(evidence: [evidence]))
        }
        outDir = out
        if let written = text("rootDir"), let base = options["rootDir"]?.2, let root = base.resolving(written) {
            rootDir = root
        } else if flag("composite") {
            rootDir = folder
        } else {
            rootDir = Self.commonFolder(of: Self.sources(lists, out?.value, folder, tree)) ?? folder
        }
    }

    /// The output of a source: `src/main.ts` is `dist/main.js`, relative to the project's folder; nil for what it skips.
    func output(of source: SourcePath) -> SourcePath? {
        guard let relative = source.relative(to: rootDir) else { return nil }
        guard let match = relative.name.wholeMatch(of: /(.+)\.([cm]?)tsx?/)?.output else { return nil }
        let name = "\(match.1).\(match.2)js"
        let target = outDir.flatMap { folder.resolving($0.value) } ?? rootDir
        return target.resolving("\(relative)")?.parent?.appending(name: name)
    }

    /// The source whose output a file is, where the tree has it.
    func source(of output: SourcePath, in tree: any SourceTree) -> SourcePath? {
        let target = outDir.flatMap { folder.resolving($0.value) } ?? rootDir
        guard let relative = output.relative(to: target),
            let match = relative.name.wholeMatch(of: /(.+)\.([cm]?)js/)?.output,
            let folder = rootDir.resolving("\(relative)")?.parent
        else { return nil }
        return ["\(match.2)ts", "tsx"].map { folder.appending(name: "\(match.1).\($0)") }.first(where: tree.hasFile)
    }

    /// The file and those that it extends, nearest first; packages' configurations are not in the sources.
    private static func chain(_ path: SourcePath, of tree: any SourceTree) throws -> [(SourcePath, JSONObject)] {
        var result: [(SourcePath, JSONObject)] = []
        var next: [SourcePath] = [path]
        while !next.isEmpty, result.count < 20 {
            let path = next.removeFirst()
            guard let text = try tree.text(at: path), !result.contains(where: { $0.0 == path }) else { continue }
            let document = try JSONDocument(parsing: relaxed(text), file: "\(path)")
            guard case .object(let object) = document.root else { continue }
            result.append((path, object))
            var names: [String] = []
            if case .string(let name)? = object["extends"] { names = [name] }
            if case .array(let elements)? = object["extends"] {
                names = elements.reversed().compactMap { if case .string(let text) = $0 { text } else { nil } }
            }
            for name in names where name.hasPrefix(".") {
                guard let target = (path.parent ?? .root).resolving(name) else { continue }
                let named = (target.parent ?? .root).appending(name: "\(target.name).json")
                next.append(tree.hasFile(target) ? target : named)
            }
        }
        return result
    }

    /// JSON with comments and commas at ends of lists as plain JSON, lines kept.
    static func relaxed(_ text: String) -> String {
        let plain = JavaScriptSource.withoutComments(text)
        var result = ""
        var isInString = false
        var rest = plain[...]
        while let character = rest.popFirst() {
            if isInString, character == "\\", let next = rest.popFirst() {
                result.append(character)
                result.append(next)
                continue
            }
            if character == "\"" { isInString.toggle() }
            if character == ",", !isInString, let next = rest.first(where: { !$0.isWhitespace }), "}]".contains(next) {
                continue
            }
            result.append(character)
        }
        return result
    }

    private static func sources(
        _ lists: [String: [String]], _ out: String?, _ folder: SourcePath, _ tree: any SourceTree
    ) -> [SourcePath] {
        if let files = lists["files"], lists["include"] == nil { return files.compactMap(folder.resolving) }
        let included = (lists["include"] ?? ["**/*"]).map(FilePattern.init)
        let excluded = (lists["exclude"] ?? []).map(FilePattern.init) + (out.map { [FilePattern($0)] } ?? [])
        return tree.entries.map(\.path).filter { path in
            guard path.isInside(folder), let relative = path.relative(to: folder),
                path.name.contains(/\.[cm]?tsx?$/), !path.name.contains(/\.d\.[cm]?ts$/)
            else { return false }
            return included.contains { $0.matches(relative) } && !excluded.contains { $0.matches(relative) }
        }
    }

    private static func commonFolder(of paths: [SourcePath]) -> SourcePath? {
        guard var common = paths.first?.parent else { return nil }
        for path in paths { while !path.isInside(common), let up = common.parent { common = up } }
        return common
    }
}

/// A pattern of `include` and `exclude`: `*`, `?`, and `**` for any folders; a folder's name stands for all in it.
struct FilePattern: Sendable {
    private let parts: [[Character]]

    init(_ text: String) {
        var parts = text.split(separator: "/").filter { $0 != "." }.map { Array($0) }
        if parts.last == ["*", "*"] { parts.removeLast() }
        self.parts = parts + [["*", "*"]]
    }

    func matches(_ path: SourcePath) -> Bool {
        let names = path.components.map { Array($0) }
        return Self.match(parts, names, isStar: { $0 == ["*", "*"] }) { part, name in
            Self.match(part, name, isStar: { $0 == "*" }) { $0 == "?" || $0 == $1 }
        }
    }

    /// Whether a sequence fits a pattern in which some elements stand for any number of elements.
    private static func match<Element>(
        _ pattern: [Element], _ text: [Element], isStar: (Element) -> Bool, fits: (Element, Element) -> Bool
    ) -> Bool {
        var (index, place) = (0, 0)
        var star: (pattern: Int, text: Int)?
        while place < text.count {
            if index < pattern.count, isStar(pattern[index]) {
                star = (index, place)
                index += 1
            } else if index < pattern.count, fits(pattern[index], text[place]) {
                index += 1
                place += 1
            } else if let last = star {
                index = last.pattern + 1
                place = last.text + 1
                star = (last.pattern, place)
            } else {
                return false
            }
        }
        return pattern[index...].allSatisfy(isStar)
    }
}
