import Planning

/// What programs find beside them at run time: files that are compiled in, and files that are read from disk.
struct GoFiles: Sendable {
    /// Files of the source tree that the image carries, by their path below the program's folder.
    private(set) var carried: [String: Carried] = [:]
    private(set) var warnings: [String] = []
    /// Files that are compiled in.
    private var embedded: Set<SourcePath> = []

    struct Carried: Hashable, Sendable {
        /// Where the file or folder is in the source tree.
        let path: SourcePath
        let evidence: Evidence
    }

    private let project: GoProject
    /// Folders that relative paths may start from: the module's, then those of the programs.
    private let bases: [SourcePath]

    init(_ project: GoProject, _ reach: GoReach, _ programs: [GoProject.Program]) throws {
        self.project = project
        let folders = programs.map { project.place(of: $0) }
        var bases: [SourcePath] = []
        for base in [project.tree.service] + folders.map({ project.module(of: $0) }) + folders
        where !bases.contains(base) { bases.append(base) }
        self.bases = bases
        for file in reach.own { try embed(file) }
        for file in reach.own { read(file) }
        for base in bases { carryFolders(of: base) }
    }

    // MARK: //go:embed

    /// Every pattern matches a file; else the compiler would stop (package embed, "Directives").
    private mutating func embed(_ file: GoReach.File) throws {
        guard let folder = file.path.parent, file.source.imports.contains(where: { $0.path == "embed" }) else { return }
        for line in file.source.embeds {
            for written in line.patterns {
                let isAll = written.hasPrefix("all:")
                let pattern = isAll ? String(written.dropFirst(4)) : written
                let found = matches(pattern, in: folder, isAll: isAll)
                embedded.formUnion(found)
                // The user's own build command may make what is missing.
                guard found.isEmpty, project.options.buildCommand == nil else { continue }
                throw PlanError.unusable(
                    place: "\(file.path):\(line.line)",
                    what:
                        "'//go:embed \(written)' matches no file in \(folder == .root ? "the service's folder" : "\(folder)")",
                    fix:
                        "make the files before the build, or let them in where .dockerignore or a default rule leaves them "
                        + "out, as with --set ignore='!\(pattern)'")
            }
        }
    }

    /// The files below the entries that a pattern names; hidden ones in folders only with `all:`.
    private func matches(_ pattern: String, in folder: SourcePath, isAll: Bool) -> Set<SourcePath> {
        let parts = pattern.split(separator: "/").filter { $0 != "." }.map(String.init)
        var result: Set<SourcePath> = []
        for entry in project.tree.entries where entry.isFile {
            guard let inside = entry.path.relative(to: folder), inside.components.count >= parts.count else { continue }
            guard zip(parts, inside.components).allSatisfy({ GoPattern.matches($1, $0) }) else { continue }
            let below = inside.components.dropFirst(parts.count)
            if !isAll, below.contains(where: { $0.hasPrefix(".") || $0.hasPrefix("_") }) { continue }
            result.insert(entry.path)
        }
        return result
    }

    // MARK: Paths in calls

    private mutating func read(_ file: GoReach.File) {
        for call in GoCalls(file.source.tokens).calls {
            let evidence = Evidence(path: file.path, line: call.line, excerpt: call.name)
            guard !call.paths.isEmpty else {
                computed(call, evidence)
                continue
            }
            for path in call.paths { carry(path, call, evidence) }
        }
    }

    private mutating func carry(_ written: String, _ call: GoCalls.Call, _ evidence: Evidence) {
        var text = written
        for prefix in ["file://", "/app/"] where text.hasPrefix(prefix) { text.removeFirst(prefix.count) }
        while text.hasPrefix("./") { text.removeFirst(2) }
        guard !text.isEmpty, !text.hasPrefix("/"), !text.contains("://") else { return }
        let parts = text.split(separator: "/").map(String.init)
        if text == "." || parts.isEmpty {
            guard call.needsFile else { return }
            note(
                "\(evidence): \(call.name) reads the working directory; in the image it holds the program and what it is "
                    + "known to read")
            return
        }
        guard !parts.contains("..") else {
            note(
                "\(evidence): '\(written)' leaves the working directory, which is /app in the image; ship what it means with "
                    + "[[artifact]] in autoimage.toml, from below \(GoSteps.source)")
            return
        }
        // Of a pattern, the folder before its first wildcard is taken.
        let fixed = Array(parts.prefix { !$0.contains(where: { "*?[".contains($0) }) })
        guard !fixed.isEmpty else { return }
        for base in bases {
            let place = fixed.reduce(base) { $0.appending(name: $1) }
            guard let entry = project.tree.entry(at: place), !isSource(place) else { continue }
            if entry.isFile, embedded.contains(place) { return }
            add(
                place, at: fixed.joined(separator: "/"),
                Evidence(path: evidence.path, line: evidence.line, excerpt: "\"\(written)\""))
            return
        }
        guard call.needsFile, !isMade(fixed) else { return }
        note(
            "\(evidence): reads '\(written)', which is not among the service's files (it may be ignored); ship it with "
                + "[[artifact]] in autoimage.toml, or compile it in with //go:embed")
    }

    /// Whether a path is compiled in, so that a call for it is most likely one on embedded files.
    private func isMade(_ parts: [String]) -> Bool {
        embedded.contains { path in
            path.components.count >= parts.count
                && (0...(path.components.count - parts.count)).contains { start in
                    path.components[start..<(start + parts.count)].elementsEqual(parts)
                }
        }
    }

    private mutating func computed(_ call: GoCalls.Call, _ evidence: Evidence) {
        guard call.servesFolder, embedded.isEmpty else { return }
        note(
            "\(evidence): \(call.name) reads a path that is computed at run time; what it means is in the image only where "
                + "this plan lists it: ship folders with [[artifact]] in autoimage.toml, from below \(GoSteps.source)")
    }

    private mutating func note(_ text: String) { if !warnings.contains(text) { warnings.append(text) } }

    // MARK: Folders by their names

    /// Folders beside the program that by custom hold what is read at run time.
    private static let names = [
        "assets", "conf", "config", "configs", "frontend/dist", "i18n", "locale", "locales", "migrations",
        "public",
        "resources", "static", "templates", "template", "tmpl", "translations", "ui/dist", "views", "web/dist",
        "web/public", "web/static", "web/templates",
    ]

    private mutating func carryFolders(of base: SourcePath) {
        for name in Self.names {
            let parts = name.split(separator: "/").map(String.init)
            let place = parts.reduce(base) { $0.appending(name: $1) }
            guard project.tree.entry(at: place)?.kind == .folder else { continue }
            guard !data(in: place).isEmpty else { continue }
            add(place, at: name, Evidence(path: place, excerpt: name))
        }
    }

    // MARK: What goes along

    /// The files of a folder that a program could read: no Go, no tests, nothing that is compiled in.
    private func data(in folder: SourcePath) -> [SourceEntry] {
        project.tree.entries.filter { entry in
            entry.kind != .folder && entry.path.isInside(folder) && !isSource(entry.path)
                && !embedded.contains(entry.path)
        }
    }

    /// Whether a path is of the program's sources, which no image holds.
    private func isSource(_ path: SourcePath) -> Bool {
        let inside = path.relative(to: project.layout.top)?.components ?? path.components
        return path.name.hasSuffix(".go") || ["go.mod", "go.sum", "go.work", "go.work.sum"].contains(path.name)
            || inside.contains { ["vendor", "testdata", "node_modules"].contains($0) }
    }

    private mutating func add(_ place: SourcePath, at target: String, _ evidence: Evidence) {
        if project.tree.hasFile(place) {
            carried[target] = carried[target] ?? Carried(path: place, evidence: evidence)
            return
        }
        for entry in data(in: place) {
            guard let inside = entry.path.relative(to: place), inside != .root else { continue }
            let name = "\(target)/\(inside)"
            carried[name] = carried[name] ?? Carried(path: entry.path, evidence: evidence)
        }
    }
}

/// The patterns of `path.Match`, for one name: `*`, `?`, `[…]` and `\`.
enum GoPattern {
    static func matches(_ name: String, _ pattern: String) -> Bool {
        var tried: Set<[Int]> = []
        return matches(Array(name.unicodeScalars)[...], Array(pattern.unicodeScalars)[...], &tried)
    }

    /// `tried`: where a `*` met the rest of the name before and did not fit, so that many of them do not take for ever.
    private static func matches(
        _ name: ArraySlice<Unicode.Scalar>, _ pattern: ArraySlice<Unicode.Scalar>, _ tried: inout Set<[Int]>
    ) -> Bool {
        guard let first = pattern.first else { return name.isEmpty }
        let rest = pattern.dropFirst()
        switch first {
        case "*":
            guard tried.insert([name.startIndex, pattern.startIndex]).inserted else { return false }
            for start in name.startIndex...name.endIndex where matches(name[start...], rest, &tried) { return true }
            return false
        case "?": return !name.isEmpty && matches(name.dropFirst(), rest, &tried)
        case "[":
            guard let end = rest.dropFirst().firstIndex(of: "]"), let value = name.first else { return false }
            var members = rest[..<end]
            let isNegated = members.first == "^"
            if isNegated { members.removeFirst() }
            return contains(Array(members), value) != isNegated
                && matches(name.dropFirst(), rest[rest.index(after: end)...], &tried)
        case "\\":
            return rest.first == name.first && !name.isEmpty && matches(name.dropFirst(), rest.dropFirst(), &tried)
        default: return name.first == first && matches(name.dropFirst(), rest, &tried)
        }
    }

    private static func contains(_ members: [Unicode.Scalar], _ value: Unicode.Scalar) -> Bool {
        var index = 0
        while index < members.count {
            if index + 2 < members.count, members[index + 1] == "-" {
                if members[index].value <= value.value, value.value <= members[index + 2].value { return true }
                index += 3
            } else {
                if members[index] == value { return true }
                index += 1
            }
        }
        return false
    }
}
