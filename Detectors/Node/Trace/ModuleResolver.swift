import Formats
import Planning

/// Finds the file of the sources that a module name means, TypeScript's sources for what its compiler makes of them.
struct ModuleResolver {
    let tree: any SourceTree
    /// The aliases of packages and the entries of members, as far as they were asked for.
    private var aliases: [SourcePath: [Aliases]] = [:]
    private var entries: [SourcePath: [String: SourcePath?]] = [:]

    init(tree: any SourceTree) { self.tree = tree }

    /// `paths` of one tsconfig.json, and the folder that they are relative to.
    private struct Aliases {
        let base: SourcePath
        let paths: [(pattern: String, targets: [String])]
    }

    /// Endings in the order in which they are tried, and what TypeScript makes of its own.
    private static let endings = ["js", "mjs", "cjs", "ts", "mts", "cts", "tsx", "jsx", "json", "node"]
    private static let sources = ["js": ["ts", "tsx", "jsx"], "mjs": ["mts"], "cjs": ["cts"], "jsx": ["tsx"]]

    /// A path with or without its ending, or a folder's index.
    func file(_ path: SourcePath) -> SourcePath? {
        if tree.hasFile(path) { return path }
        let folder = path.parent ?? .root
        let name = path.name
        if let dot = name.lastIndex(of: "."), let others = Self.sources[String(name[name.index(after: dot)...])] {
            let found = others.lazy.map { folder.appending(name: "\(name[..<dot]).\($0)") }.first(where: tree.hasFile)
            if let found { return found }
        }
        if path != .root {
            let beside = Self.endings.lazy.map { folder.appending(name: "\(name).\($0)") }.first(where: tree.hasFile)
            if let beside { return beside }
            guard case .folder? = tree.entry(at: path)?.kind else { return nil }
        }
        if let main = (try? PackageJSON.read(path, of: tree))??.string("main")?.value, main != ".",
            let target = path.resolving(main), target != path, target.isInside(path), let found = plain(target)
        {
            return found
        }
        return Self.endings.lazy.map { path.appending(name: "index.\($0)") }.first(where: tree.hasFile)
    }

    /// A path as it is or with an ending, never a folder.
    private func plain(_ path: SourcePath) -> SourcePath? {
        if tree.hasFile(path) { return path }
        let folder = path.parent ?? .root
        return Self.endings.lazy.map { folder.appending(name: "\(path.name).\($0)") }.first(where: tree.hasFile)
    }

    /// The file that a package of the sources gives for a part of it, or the source that this is built from.
    mutating func entry(_ subpath: String, of manifest: PackageJSON) -> SourcePath? {
        if let known = entries[manifest.folder]?[subpath] { return known }
        let found = find(subpath, of: manifest)
        entries[manifest.folder, default: [:]][subpath] = .some(found)
        return found
    }

    private func find(_ subpath: String, of manifest: PackageJSON) -> SourcePath? {
        for target in PackageEntry(manifest: manifest).targets(subpath) {
            guard let path = manifest.folder.resolving(target), path.isInside(manifest.folder) else { continue }
            if let found = file(path) ?? source(of: path, below: manifest.folder) { return found }
        }
        return nil
    }

    /// The source of a file that a build makes: by tsconfig.json, else `src/x.ts` for `dist/x.js`.
    func source(of output: SourcePath, below folder: SourcePath) -> SourcePath? {
        let names = ["tsconfig.build.json"]
        if let project = (try? TypeScriptProject.read(folder, of: tree, preferred: names)) ?? nil,
            let found = project.source(of: output, in: tree)
        {
            return found
        }
        guard let inner = output.relative(to: folder), inner.components.count > 1,
            ["dist", "build", "lib", "out"].contains(inner.components[0])
        else { return nil }
        let rest = inner.components.dropFirst().joined(separator: "/")
        return ["src/\(rest)", rest].lazy.compactMap { folder.resolving($0) }.compactMap(file).first
    }

    // MARK: Aliases of TypeScript

    /// The file that `paths` of a package's tsconfig.json means by a name.
    mutating func alias(_ specifier: String, in folder: SourcePath) -> SourcePath? {
        let known = aliases[folder] ?? readAliases(of: folder)
        aliases[folder] = known
        for one in known {
            for (pattern, targets) in one.paths {
                guard let star = Self.star(specifier, pattern) else { continue }
                for target in targets {
                    guard let path = one.base.resolving(target.replacing("*", with: star)) else { continue }
                    if let found = file(path) { return found }
                }
            }
        }
        return nil
    }

    /// What the star of a pattern stands for; empty where the pattern has none and is the name.
    private static func star(_ name: String, _ pattern: String) -> String? {
        guard let sign = pattern.firstIndex(of: "*") else { return name == pattern ? "" : nil }
        let (head, tail) = (pattern[..<sign], pattern[pattern.index(after: sign)...])
        guard name.hasPrefix(head), name.hasSuffix(tail), name.utf8.count >= head.utf8.count + tail.utf8.count else {
            return nil
        }
        return String(name.dropFirst(head.count).dropLast(tail.count))
    }

    private func readAliases(of folder: SourcePath) -> [Aliases] {
        var result: [Aliases] = []
        var next: SourcePath? = folder.appending(name: "tsconfig.json")
        var count = 0
        while let path = next, count < 10 {
            next = nil
            count += 1
            guard let text = try? tree.text(at: path),
                let document = try? JSONDocument(parsing: text, file: "\(path)", dialect: .lenient),
                case .object(let root) = document.root
            else { break }
            let base = path.parent ?? .root
            let options = root.object("compilerOptions")
            let start = options?.text("baseUrl").flatMap { base.resolving($0) } ?? base
            var paths = (options?.object("paths")?.members ?? []).map {
                member -> (pattern: String, targets: [String]) in
                guard case .array(let nodes) = member.value else { return (member.key, []) }
                return (member.key, nodes.compactMap { if case .string(let text) = $0 { text } else { nil } })
            }
            // With `baseUrl` every name may be a path below it.
            if options?.text("baseUrl") != nil { paths.append(("*", ["*"])) }
            if !paths.isEmpty { result.append(Aliases(base: start, paths: paths)) }
            if let more = root.text("extends"), more.hasPrefix(".") {
                next = base.resolving(more.hasSuffix(".json") ? more : more + ".json")
            }
        }
        return result
    }
}
