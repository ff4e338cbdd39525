import Planning

/// What a service loads when it runs, followed from its start through the sources, and what of that the image would lack.
///
/// A package that only development has, or that nobody declares, is a warning with its place: what is computed at run
/// time is not seen, so nothing is decided by this.
struct ImportTrace: Sendable {
    private(set) var warnings: [String] = []
    /// The files that were followed, in their order.
    private(set) var files: [SourcePath] = []

    /// More than services have; what lies behind is not followed.
    private static let fileLimit = 4_000
    private static let sizeLimit: Int64 = 1 << 20
    private static let warningLimit = 20

    private let project: NodeProject
    private let installation: NodeInstallation?
    private var resolver: ModuleResolver
    private let members: [String: NodeWorkspace.Member]
    /// The manifests of folders, as far as they were asked for.
    private var owners: [SourcePath: PackageJSON?] = [:]
    private var queue: [SourcePath] = []
    private var seen: Set<SourcePath> = []
    /// Packages that were met, each with what is wrong.
    private var problems: [String: Problem] = [:]

    private struct Problem {
        let place: Evidence
        let text: String
        let fix: String
        var count = 1
    }

    init(_ project: NodeProject, _ installation: NodeInstallation?, _ application: NodeApplication) {
        self.project = project
        self.installation = installation
        resolver = ModuleResolver(tree: project.tree)
        members = Dictionary(
            (project.workspace?.members ?? []).map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })
        for start in Self.starts(application) { begin(start, application) }
        follow()
        warnings = problems.sorted {
            ($0.value.place.path, $0.value.place.line ?? 0, $0.key) < (
                $1.value.place.path, $1.value.place.line ?? 0, $1.key
            )
        }
        .prefix(Self.warningLimit).map { _, problem in
            let more = problem.count > 1 ? " (and \(problem.count - 1) more)" : ""
            return "\(problem.place)\(more): \(problem.text); \(problem.fix)"
        }
    }

    private static func starts(_ application: NodeApplication) -> [NodeStart] {
        guard case .server(let start) = application.kind, start.outputs.isEmpty else { return [] }
        return [start] + application.processes.map(\.start)
    }

    // MARK: Where it begins

    private mutating func begin(_ start: NodeStart, _ application: NodeApplication) {
        let service = project.tree.service
        for name in start.files {
            guard let path = service.resolving(name) else { continue }
            if let file = resolver.file(path) {
                enqueue(file)
            } else if !isBundled(application), let source = resolver.source(of: path, below: service) {
                enqueue(source)
            }
        }
    }

    /// Programs that put packages into their output, so that nothing has to be found at run time.
    private static let bundlers = [
        "esbuild", "tsup", "tsdown", "webpack", "rollup", "vite", "ncc", "parcel", "rspack", "rsbuild", "unbuild",
        "bun build", "nx", "pkgroll", "microbundle", "next", "nuxt", "remix", "astro", "svelte-kit", "rolldown",
    ]

    /// Whether the service's own build puts packages into what it makes.
    private func isBundled(_ application: NodeApplication) -> Bool {
        application.builds.filter { $0.folder == project.tree.service }.contains { build in
            let text: String =
                switch build.command {
                case .script(let name):
                    ["pre\(name)", name, "post\(name)"].compactMap { project.manifest?.script($0)?.value }.joined(
                        separator: " ")
                case .program(let words): words.joined(separator: " ")
                }
            return Self.bundlers.contains { text.contains($0) }
        }
    }

    private mutating func enqueue(_ path: SourcePath) {
        guard seen.count < Self.fileLimit, !path.components.contains("node_modules"), seen.insert(path).inserted else {
            return
        }
        queue.append(path)
    }

    // MARK: Following

    private mutating func follow() {
        var index = 0
        while index < queue.count {
            let path = queue[index]
            index += 1
            guard let isTyped = Self.isTyped(path.name),
                case .file(_, let size)? = project.tree.entry(at: path)?.kind, size <= Self.sizeLimit,
                let text = (try? project.tree.text(at: path)) ?? nil
            else { continue }
            files.append(path)
            for reference in ModuleReferences(text, isTyped: isTyped).all { meet(reference, in: path) }
        }
    }

    /// Whether a file is TypeScript; nil where it is neither that nor JavaScript.
    private static func isTyped(_ name: String) -> Bool? {
        guard let ending = name.split(separator: ".").last, !name.hasSuffix(".d.ts") else { return nil }
        if ["js", "mjs", "cjs", "jsx"].contains(ending) { return false }
        return ["ts", "mts", "cts", "tsx"].contains(ending) ? true : nil
    }

    private mutating func meet(_ reference: ModuleReferences.Reference, in file: SourcePath) {
        let name = reference.specifier
        let folder = file.parent ?? .root
        if name.hasPrefix("./") || name.hasPrefix("../") || name == "." || name == ".." || reference.form == .file {
            let path = folder.resolving(String(name.prefix { $0 != "?" }))
            if let found = path.flatMap(resolver.file) { enqueue(found) }
            return
        }
        guard !NodeBuiltins.contains(name), !name.hasPrefix("/") else { return }
        let owner = owner(of: folder)
        if name.hasPrefix("#") {
            guard let owner else { return }
            for target in PackageEntry(manifest: owner).internals(name) {
                guard target.hasPrefix("./") else {
                    return package(target, reference, file, owner)
                }
                if let path = owner.folder.resolving(target),
                    let found = resolver.file(path) ?? resolver.source(of: path, below: owner.folder)
                {
                    return enqueue(found)
                }
            }
            return
        }
        package(name, reference, file, owner)
    }

    /// The nearest package.json at or above a folder, not above where packages are installed.
    private mutating func owner(of folder: SourcePath) -> PackageJSON? {
        if let known = owners[folder] { return known }
        let own = (try? PackageJSON.read(folder, of: project.tree)) ?? nil
        // `{"type": "module"}` alone in a folder says nothing of packages.
        let isPackage = own.map { $0.name != nil || folder == project.top || folder == project.tree.service } ?? false
        var found = isPackage ? own : nil
        if found == nil, folder != project.top, let parent = folder.parent { found = owner(of: parent) }
        owners[folder] = .some(found)
        return found
    }

    private mutating func package(
        _ specifier: String, _ reference: ModuleReferences.Reference, _ file: SourcePath, _ owner: PackageJSON?
    ) {
        guard let (name, subpath) = Self.split(specifier) else {
            if let owner, let found = resolver.alias(specifier, in: owner.folder) { enqueue(found) }
            return
        }
        if let owner, owner.name == name {
            if let found = resolver.entry(subpath, of: owner) { enqueue(found) }
            return
        }
        let member = members[name]
        if let member, let found = resolver.entry(subpath, of: member.manifest) { enqueue(found) }
        let runtime: [PackageJSON.Kind] = [.dependencies, .optionalDependencies, .peerDependencies]
        let root = project.workspace?.rootManifest
        if owner?.dependency(name, runtime) != nil
            || root?.dependency(name, [.dependencies, .optionalDependencies]) != nil
        {
            return
        }
        if let owner, let found = resolver.alias(specifier, in: owner.folder) { return enqueue(found) }
        guard !reference.isGuarded else { return }
        note(name, Evidence(path: file, line: reference.line, excerpt: specifier), owner, isMember: member != nil)
    }

    /// A package's name and the part of it: `@scope/name/part` is `@scope/name` and `./part`; nil for no package's name.
    private static func split(_ specifier: String) -> (name: String, subpath: String)? {
        let text = specifier.prefix { $0 != "?" }
        guard let match = text.wholeMatch(of: /((?:@[A-Za-z0-9~_.-]+\/)?[A-Za-z0-9_~-][A-Za-z0-9._~-]*)(\/.*)?/)?.output
        else { return nil }
        return (String(match.1), match.2.map { ".\($0)" } ?? ".")
    }

    private mutating func note(_ name: String, _ place: Evidence, _ owner: PackageJSON?, isMember: Bool) {
        if problems[name] != nil {
            problems[name]?.count += 1
            return
        }
        let root = project.workspace?.rootManifest
        let manifest = owner?.path ?? root?.path ?? project.tree.service.appending(name: "package.json")
        if let declared = owner?.dependency(name, [.devDependencies]) ?? root?.dependency(name, [.devDependencies]) {
            guard !isReachedAnyway(name) else { return }
            problems[name] = Problem(
                place: place,
                text:
                    "loads '\(name)', which \(declared.evidence) declares for development only, so the image lacks it",
                fix: "move it to dependencies in \(manifest)")
            return
        }
        let what =
            isReachedAnyway(name) && !isMember
            ? "which no package.json declares; it is there only because another package needs it"
            : "which no package.json declares, so the image lacks it"
        problems[name] = Problem(
            place: place, text: "loads '\(name)', \(what)", fix: "add it to dependencies in \(manifest)")
    }

    /// Whether another package brings it to a place where the sources find it, as npm, Yarn and Bun lay packages out.
    private func isReachedAnyway(_ name: String) -> Bool {
        guard let installation, let lock = installation.lock,
            [.npm, .yarn, .bun, .berry].contains(installation.manager.value),
            !installation.isPlugAndPlay
        else { return false }
        return lock.packages(named: name).contains { !$0.isDevelopment }
    }
}
