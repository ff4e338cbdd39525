import Planning

/// What a framework's build makes, and how that is started or sent.
struct NodeProduct: Sendable {
    var kind: NodeApplication.Kind
    /// What plans call it: `Next.js (standalone)`.
    var label: String
    var buildEnvironment: [String: String] = [:]
    var builds: [NodeApplication.Build] = []
    var warnings: [String] = []
}

/// Finds a framework's product by its configuration.
struct NodeProducts {
    let project: NodeProject
    let framework: NodeFramework
    let builds: [NodeApplication.Build]
    let entry: PackageJSON.Entry

    var tree: any SourceTree { project.tree }
    var folder: SourcePath { tree.service }
    var found: Reason { .found(evidence: [entry.evidence]) }

    /// The product; nil where the framework is there and makes nothing that could be started or sent.
    ///
    /// `command` is the framework's own production server, where a script names it.
    func product(_ command: ScriptCommand? = nil) throws -> NodeProduct? {
        switch framework.name {
        case "Next.js": return try next(command)
        case "Nuxt": return nuxt(command)
        case "React Router": return try reactRouter()
        case "Remix": return try remix()
        case "SvelteKit": return try svelteKit()
        case "TanStack Start": return try tanStack()
        case "SolidStart", "Nitro": return nitro(".output/server/index.mjs", ".output")
        case "Analog": return nitro("dist/analog/server/index.mjs", "dist/analog")
        case "Qwik": return try qwik()
        case "Astro": return try astro()
        case "NestJS": return try nest()
        case "AdonisJS": return adonis()
        case "Strapi": return program(["strapi", "start"])
        case "Medusa": return program(["medusa", "start"])
        case "Sails": return try file("app.js")
        case "Angular": return try angular()
        case "Expo": return try expo()
        default: return try site()
        }
    }

    // MARK: - Reading

    /// A configuration of the framework: the first file of the names.
    func config(_ names: String...) -> JavaScriptSource? {
        names.lazy.flatMap { name in
            name.contains(".") ? [name] : ["js", "mjs", "ts", "cjs", "mts", "cts"].map { "\(name).config.\($0)" }
        }.compactMap { folder.resolving($0) }.compactMap { JavaScriptSource.read($0, of: tree) }.first
    }

    /// The texts of the build, with where they are.
    var buildTexts: [(text: String, evidence: Evidence)] {
        builds.flatMap { build -> [(String, Evidence)] in
            switch build.command {
            case .script(let name):
                guard let manifest = project.manifest, let entry = manifest.script(name) else { return [] }
                // Scripts that it calls say more.
                let inner = manifest.entries("scripts").filter { $0.key != name && entry.value.contains($0.key) }
                return [(entry.value, entry.evidence)] + inner.map { ($0.entry.value, $0.entry.evidence) }
            case .program(let words): return [(words.joined(separator: " "), self.entry.evidence)]
            }
        }
    }

    /// An option in the build's words: `--outDir build`.
    func option(_ names: String...) -> Decided<String>? {
        for (text, evidence) in buildTexts {
            let words = text.split(whereSeparator: \.isWhitespace).map(String.init)
            for (index, word) in words.enumerated() {
                let (name, inline) = ScriptReader.option(word)
                guard names.contains(name) else { continue }
                if let value = inline ?? (index + 1 < words.count ? words[index + 1] : nil) {
                    return Decided(value, .found(evidence: [evidence]))
                }
            }
        }
        return nil
    }

    /// A folder that a configuration names, as a path below the service; nil for one that is none.
    func folder(_ found: (value: String, evidence: Evidence)?) -> Decided<String>? {
        guard let found, !found.value.isEmpty, let path = folder.resolving(found.value)?.relative(to: folder) else {
            return nil
        }
        return Decided("\(path)", .found(evidence: [found.evidence]))
    }

    func usual(_ output: String) -> Decided<String> {
        Decided(output, .usual(why: "where \(framework.name) writes what it builds"))
    }

    // MARK: - Making

    /// A server of files that the build makes.
    func server(
        _ words: [String], files: [String] = [], outputs: [NodeStart.Output] = [], needsModules: Bool = true,
        label: String? = nil, reason: Reason? = nil
    ) -> NodeProduct {
        var start = NodeStart(words: words, folder: folder, reason: reason ?? found)
        start.files = files
        start.outputs = outputs
        start.needsModules = needsModules
        return NodeProduct(kind: .server(start), label: label ?? framework.name)
    }

    private func program(_ words: [String]) -> NodeProduct { server(words) }

    /// A server that Nitro made, which holds the modules that it needs.
    func nitro(_ file: String, _ output: String) -> NodeProduct {
        server(
            ["node", file], files: [file], outputs: [NodeStart.Output(path: output, destination: output)],
            needsModules: false)
    }

    /// A site with its label.
    func site(
        _ output: Decided<String>, _ fallback: StaticSite.Fallback, because reason: Reason, page: String = "index.html",
        label: String? = nil
    ) -> NodeProduct {
        NodeProduct(
            kind: .site(
                SiteRules(project: project).site(
                    output: output, usual: fallback, because: reason, page: page, immutable: framework.immutable)),
            label: label ?? "\(framework.name) (static)")
    }

    func file(_ name: String) throws -> NodeProduct? {
        guard try tree.hasFile(project.path(name)) else { return nil }
        return server(["node", name], files: [name])
    }

    var singlePage: Reason {
        .found(evidence: [
            Evidence(
                path: entry.evidence.path, line: entry.evidence.line,
                excerpt: "\(framework.name) makes an application of one page")
        ])
    }

    var pages: Reason { .usual(why: "\(framework.name) writes a page for every path") }

    func unusable(_ evidence: Evidence, _ what: String, fix: String) -> PlanError {
        .unusable(place: "\(evidence)", what: what, fix: fix)
    }
}
