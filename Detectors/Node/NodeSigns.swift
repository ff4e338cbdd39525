import Planning

/// What in a folder says that a Node service lies there.
///
/// A package.json beside another language's manifest is often only for assets, as in a Django service: there it counts
/// where it starts something.
struct NodeSigns {
    let tree: any SourceTree

    /// Files that are started by their names, in their order.
    static let programs = [
        "server.js", "server.mjs", "server.cjs", "app.js", "app.mjs", "main.js", "main.mjs", "index.js", "index.mjs",
        "index.cjs", "server.ts", "main.ts", "app.ts", "index.ts",
    ]

    func evidence() throws -> [Evidence] {
        let path = tree.service.appending(name: "package.json")
        if tree.hasFile(path) {
            let evidence = Evidence(path: path, excerpt: path.name)
            guard try hasOtherManifest() else { return [evidence] }
            return try started(path).map { [evidence, $0] } ?? []
        }
        guard try !LanguageManifests.areThere(in: tree) else { return [] }
        let programs = Self.programs.prefix { $0.hasSuffix("js") }.map { tree.service.appending(name: $0) }
        let found = try programs.first(where: tree.hasFile) ?? page()
        return found.map { [Evidence(path: $0, excerpt: $0.name)] } ?? []
    }

    /// A page without any program beside it: what makes a folder a site.
    private func page() throws -> SourcePath? {
        let others = [".py", ".go", ".java", ".kt", ".jar", ".war"]
        let hasProgram = tree.entries.contains { entry in
            entry.path.parent == tree.service && others.contains { entry.path.name.hasSuffix($0) }
        }
        guard !hasProgram else { return nil }
        return try ["Staticfile", "public/index.html", "index.html"].map { try tree.service.appending($0) }
            .first(where: tree.hasFile)
    }

    private func hasOtherManifest() throws -> Bool {
        (GoDetector.manifests + JavaProject.manifests + PythonProject.manifests).contains {
            tree.hasFile(tree.service.appending(name: $0))
        }
    }

    /// What a package.json starts: its script, its main file where that is there, a file with the name of a server.
    private func started(_ path: SourcePath) throws -> Evidence? {
        // A broken file beside another language's manifest does not keep that language from being planned.
        guard let manifest = try? PackageJSON.read(tree.service, of: tree) else { return nil }
        if let script = manifest.script("start"), !Self.makesAssets(script.value) { return script.evidence }
        if let main = manifest.string("main"), let file = tree.service.resolving(main.value), tree.hasFile(file) {
            return main.evidence
        }
        let file = ["server.js", "server.mjs", "server.ts"].map { tree.service.appending(name: $0) }.first(
            where: tree.hasFile)
        return file.map { Evidence(path: $0, excerpt: $0.name) }
    }

    /// Whether a script's program only makes or watches assets.
    private static func makesAssets(_ script: String) -> Bool {
        let words = script.split(whereSeparator: \.isWhitespace).map(String.init)
        var rest = words[...]
        while let word = rest.first,
            ["cross-env", "npx", "yarn", "pnpm", "exec", "run"].contains(word) || word.contains("=")
        {
            rest.removeFirst()
        }
        guard let program = rest.first else { return true }
        return assetTools.contains(program)
    }

    private static let assetTools: Set<String> = [
        "babel", "browser-sync", "brunch", "concurrently", "esbuild", "eslint", "grunt", "gulp", "laravel-mix", "lessc",
        "mix", "npm-run-all", "parcel", "postcss", "rollup", "run-p", "run-s", "sass", "snowpack", "tailwindcss", "tsc",
        "vite", "webpack", "webpack-cli", "webpack-dev-server",
    ]
}
