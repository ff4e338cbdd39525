import Planning

/// What builds a service before it starts: the scripts of its package.json by rank, and generators that they leave out.
struct NodeBuilds {
    let project: NodeProject

    /// Names of build scripts, the first that exists being the one that runs: the name that everybody uses, then names
    /// for production, then those that Google and Heroku run.
    static let ranks = [
        "build", "build:prod", "build:production", "apphosting:build", "gcp-build", "heroku-build", "heroku-postbuild",
        "vercel-build",
    ]

    /// The builds in order; empty where nothing is built.
    ///
    /// `declared` are the frameworks of the manifest, whose variables and caches they get.
    func all(_ declared: [NodeFramework]) throws -> [NodeApplication.Build] {
        let environment = declared.reduce(into: [:]) { $0.merge($1.buildEnvironment) { first, _ in first } }
        let caches = (["node_modules/.cache"] + Set(declared.flatMap(\.caches))).sorted()

        if let asked = project.options.buildCommand {
            return [
                NodeApplication.Build(
                    name: "build", command: .program(asked.value), folder: project.tree.service,
                    environment: environment, caches: caches, reason: asked.reason)
            ]
        }
        guard let manifest = project.manifest else { return [] }
        var builds: [NodeApplication.Build] = []
        let names = Self.ranks + declared.flatMap(\.scripts)
        let script = names.first { manifest.script($0) != nil }
        let text = script.flatMap { manifest.script($0) }.map { allText($0.value, manifest) } ?? ""
        if let prisma = prisma(manifest, beside: text) { builds.append(prisma) }
        if let script, let entry = manifest.script(script) {
            builds.append(
                NodeApplication.Build(
                    name: script, command: .script(script), folder: manifest.folder,
                    environment: environment, caches: caches,
                    reason: .found(evidence: [entry.evidence])))
        }
        return builds
    }

    /// The program of a framework that builds what starts, where no script does; nil where one does.
    func program(of framework: NodeFramework, _ entry: PackageJSON.Entry, beside builds: [NodeApplication.Build])
        -> NodeApplication.Build?
    {
        guard project.options.buildCommand == nil, !builds.contains(where: { $0.name != "prisma" }),
            let words = framework.build, let manifest = project.manifest
        else { return nil }
        return NodeApplication.Build(
            name: words[0], command: .program(words), folder: manifest.folder, environment: framework.buildEnvironment,
            caches: (["node_modules/.cache"] + framework.caches).sorted(), reason: .found(evidence: [entry.evidence]))
    }

    /// The text of a script with those that it calls, as far as names tell.
    private func allText(_ text: String, _ manifest: PackageJSON) -> String {
        var result = text
        for (name, entry) in manifest.entries("scripts")
        where text.contains(name) && name != "build" { result += "\n" + entry.value }
        return result + "\n"
            + ["prebuild", "postinstall", "postbuild"].compactMap { manifest.script($0)?.value }
            .joined(separator: "\n")
    }

    /// Prisma's client, where the service has a schema and no script generates it.
    ///
    /// The package does it when it is installed, if the schema is there then; it comes with the sources.
    private func prisma(_ manifest: PackageJSON, beside text: String) -> NodeApplication.Build? {
        guard manifest.dependency("prisma") != nil, let client = manifest.dependency("@prisma/client"),
            !text.contains("prisma generate"), !text.contains("prisma:generate"), !text.contains("db:generate")
        else { return nil }
        let named = manifest.string("prisma", "schema")?.value
        let places = [named, "prisma/schema.prisma", "schema.prisma"].compactMap(\.self)
        let schema = places.lazy.compactMap { manifest.folder.resolving($0) }.first(where: project.tree.hasFile)
        guard let schema else { return nil }
        return NodeApplication.Build(
            name: "prisma", command: .program(["prisma", "generate"]), folder: manifest.folder, environment: [:],
            caches: [], reason: .found(evidence: [client.evidence, Evidence(path: schema, excerpt: schema.name)]))
    }
}
