import Formats
import Planning

/// Frameworks whose build makes a server, unless their configuration makes a site.
extension NodeProducts {
    /// Next.js: `output: 'export'` is a site, `output: 'standalone'` a server with its modules, else `next start`.
    func next(_ command: ScriptCommand?) throws -> NodeProduct? {
        let config = config("next")
        let output = config?.value("output")
        let distDir = folder(config?.value("distDir"))
        let legacyExport = buildTexts.first { $0.text.contains(/\bnext export\b/) }
        if output?.value == "export" || legacyExport != nil {
            let evidence = output?.evidence ?? legacyExport?.evidence ?? entry.evidence
            return site(
                distDir ?? Decided("out", .found(evidence: [evidence])), .notFound,
                because: .usual(why: "Next.js exports a page for every path, and 404.html"), label: "Next.js (export)")
        }
        let dist = distDir?.value ?? ".next"
        if let output, output.value == "standalone" {
            // The traced files keep the shape of the workspace around the service.
            let depth = folder.relative(to: project.top)?.components.count ?? 0
            let up = depth == 0 ? "." : Array(repeating: "..", count: depth).joined(separator: "/")
            var outputs = [
                NodeStart.Output(path: "\(dist)/standalone", destination: up),
                NodeStart.Output(path: "\(dist)/static", destination: "\(dist)/static"),
            ]
            if tree.entry(at: folder.appending(name: "public")) != nil {
                outputs.append(NodeStart.Output(path: "public", destination: "public"))
            }
            let outer: [Evidence] = command?.evidence.suffix(1) ?? []
            return server(
                ["node", "server.js"], files: ["server.js"], outputs: outputs, needsModules: false,
                label: "Next.js (standalone)", reason: .found(evidence: [output.evidence] + outer))
        }
        var words = ["next", "start"]
        if let command {
            words = command.words.filter { $0 != "--turbo" && $0 != "--turbopack" }
            if let mark = words.firstIndex(where: { $0 == "-H" || $0 == "--hostname" }), mark + 1 < words.count {
                words.removeSubrange(mark...(mark + 1))
            }
        }
        return server(
            words, files: dist == ".next" ? [".next/BUILD_ID"] : [],
            reason: command.map { .found(evidence: $0.evidence) })
    }

    /// Nuxt 3 and later make `.output`; Nuxt 2 starts itself; `nuxt generate` makes a site.
    func nuxt(_ command: ScriptCommand?) -> NodeProduct? {
        let generates = buildTexts.first { $0.text.contains(/\bnux[ti]3? generate\b|--prerender\b/) }
        let isOld = entry.value.contains(/^[\^~]?[012]\./) || project.manifest?.dependency("nuxt-edge") != nil
        let config = config("nuxt")
        let target = config?.value("target")
        if generates != nil || (isOld && target?.value == "static") {
            let evidence = generates?.evidence ?? target?.evidence ?? entry.evidence
            let single = config?.value("ssr").flatMap { $0.value == "false" ? $0.evidence : nil }
            let output = Decided(isOld ? "dist" : ".output/public", Reason.found(evidence: [evidence]))
            if let single {
                return site(
                    output, .index, because: .found(evidence: [single]), page: "200.html", label: "Nuxt (static)")
            }
            return site(
                output, .notFound, because: .usual(why: "nuxt generate writes a page for every path, and 404.html"))
        }
        if isOld {
            return server(
                ["nuxt", "start"], files: [".nuxt/dist/server/server.manifest.json"], label: "Nuxt 2",
                reason: command.map { .found(evidence: $0.evidence) })
        }
        let outer: [Evidence] = command?.evidence.suffix(1) ?? []
        var product = nitro(".output/server/index.mjs", ".output")
        if case .server(var start) = product.kind, !outer.isEmpty {
            start.reason = .found(evidence: outer + [entry.evidence])
            product.kind = .server(start)
        }
        return product
    }

    /// React Router as a framework: `ssr: false` makes a site.
    func reactRouter() throws -> NodeProduct? {
        let config = config("react-router")
        let build = folder(config?.value("buildDirectory"))
        if let ssr = config?.value("ssr"), ssr.value == "false" {
            let output = build.map { $0.map { "\($0)/client" } } ?? usual("build/client")
            return site(output, .index, because: .found(evidence: [ssr.evidence]), label: "React Router (single page)")
        }
        let file = "\(build?.value ?? "build")/server/index.js"
        return try served("react-router-serve", "@react-router/serve", file)
    }

    /// Remix: `ssr: false` in Vite's configuration makes a site.
    func remix() throws -> NodeProduct? {
        let config = config("vite")
        let build = folder(config?.value("buildDirectory"))
        if let ssr = config?.value("ssr"), ssr.value == "false" {
            let output = build.map { $0.map { "\($0)/client" } } ?? usual("build/client")
            return site(output, .index, because: .found(evidence: [ssr.evidence]), label: "Remix (single page)")
        }
        let file = config == nil ? "build/index.js" : "\(build?.value ?? "build")/server/index.js"
        return try served("remix-serve", "@remix-run/serve", file)
    }

    private func served(_ program: String, _ package: String, _ file: String) throws -> NodeProduct {
        guard project.manifest?.dependency(package, [.dependencies, .optionalDependencies]) != nil else {
            throw unusable(
                entry.evidence, "\(framework.name) makes \(file), and nothing serves it",
                fix: "add \(package) to dependencies, or a script 'start' with your own server")
        }
        return server([program, "./\(file)"], files: [file])
    }

    /// TanStack Start: Nitro's server where it is there, else srvx.
    func tanStack() throws -> NodeProduct? {
        let nitroPackages = ["nitro", "nitropack", "vinxi", "@tanstack/nitro-v2-vite-plugin"]
        if nitroPackages.contains(where: { project.manifest?.dependency($0) != nil }) || config("app") != nil {
            return nitro(".output/server/index.mjs", ".output")
        }
        guard project.manifest?.dependency("srvx", [.dependencies, .optionalDependencies]) != nil else {
            throw unusable(
                entry.evidence, "TanStack Start makes dist/server/server.js, and nothing serves it",
                fix: "add nitro to the Vite plugins, or srvx to dependencies")
        }
        return server(
            ["srvx", "--prod", "-s", "../client", "dist/server/server.js"], files: ["dist/server/server.js"])
    }

    /// SvelteKit by its adapter.
    func svelteKit() throws -> NodeProduct? {
        guard let config = config("svelte") else {
            throw unusable(entry.evidence, "SvelteKit without svelte.config.js", fix: "add one with an adapter")
        }
        if config.evidence(of: "@sveltejs/adapter-static") != nil {
            let output = folder(config.value("pages")) ?? usual("build")
            let page = config.value("fallback")
            guard let page, page.value != "404.html" else {
                return site(
                    output, page == nil ? .none : .notFound,
                    because: page.map { .found(evidence: [$0.evidence]) }
                        ?? .usual(why: "adapter-static writes a page for every path, and no fallback is named"))
            }
            return site(output, .index, because: .found(evidence: [page.evidence]), page: page.value)
        }
        let out = folder(config.value("out"))
        let build = out?.value ?? "build"
        if let evidence = config.evidence(of: "@sveltejs/adapter-node") {
            return server(
                ["node", "\(build)/index.js"], files: ["\(build)/index.js"], label: "SvelteKit (node)",
                reason: .found(evidence: [evidence]))
        }
        if let evidence = config.evidence(of: "@sveltejs/adapter-auto") {
            guard project.manifest?.dependency("@sveltejs/adapter-node") != nil else {
                throw unusable(
                    evidence, "adapter-auto would fetch an adapter that no lock names while it builds",
                    fix: "add @sveltejs/adapter-node to devDependencies and name it in \(config.path.name)")
            }
            var product = server(
                ["node", "build/index.js"], files: ["build/index.js"], label: "SvelteKit (node)",
                reason: .found(evidence: [evidence]))
            // This is how adapter-auto is told to take adapter-node.
            product.buildEnvironment = ["GCP_BUILDPACKS": "true"]
            return product
        }
        let other = config.text.firstMatch(of: /["'](@?[\w\/-]*adapter[\w-]*)["']/)
        throw unusable(
            other.map { config.evidence(at: $0.range.lowerBound) } ?? config.evidence(at: config.text.startIndex),
            "'\(other.map { String($0.output.1) } ?? "its adapter")' builds for somebody's platform, not for a server of Node",
            fix: "use @sveltejs/adapter-node or @sveltejs/adapter-static")
    }

    /// Astro: a site, unless an adapter or `output: 'server'` says more.
    func astro() throws -> NodeProduct? {
        let config = config("astro")
        let output = folder(config?.value("outDir"))
        let mode = config?.value("output")
        let foreign = ["vercel", "netlify", "cloudflare", "deno"].lazy.compactMap { name in
            config?.evidence(of: "@astrojs/\(name)")
        }.first
        if let foreign {
            throw unusable(
                foreign, "this adapter builds for somebody's platform, not for a server of Node",
                fix: "use @astrojs/node with mode 'standalone', or no adapter for a site")
        }
        if let config, let adapter = config.evidence(of: "@astrojs/node") {
            if let written = config.value("mode"), written.value == "middleware" {
                throw unusable(
                    written.evidence, "mode 'middleware' needs a server of your own, and no script starts one",
                    fix: "use mode 'standalone', or add a script 'start'")
            }
            let file = "\(output?.value ?? "dist")/server/entry.mjs"
            return server(
                ["node", "./\(file)"], files: [file], label: "Astro (node)", reason: .found(evidence: [adapter]))
        }
        if let mode, mode.value == "server" || mode.value == "hybrid" {
            throw unusable(mode.evidence, "output '\(mode.value)' needs an adapter", fix: "add @astrojs/node")
        }
        return site(output ?? usual("dist"), .notFound, because: pages)
    }

    /// Qwik City by the adapter that its build names.
    func qwik() throws -> NodeProduct? {
        let servers = [("express", "express"), ("node-server", "node-server"), ("fastify", "fastify")]
        for (adapter, name) in servers {
            let place = folder.appending(name: "adapters").appending(name: adapter)
            guard tree.entry(at: place) != nil else { continue }
            let file = "server/entry.\(name).js"
            return server(
                ["node", file], files: [file],
                reason: .found(evidence: [Evidence(path: place, excerpt: "adapters/\(adapter)")]))
        }
        if let place = ["static", "ssg"].map({ folder.appending(name: "adapters").appending(name: $0) })
            .first(where: { tree.entry(at: $0) != nil })
        {
            return site(
                Decided("dist", .found(evidence: [Evidence(path: place, excerpt: place.name)])), .notFound,
                because: pages)
        }
        throw unusable(
            entry.evidence, "Qwik City has no adapter for a server of Node",
            fix: "run 'qwik add express' or 'qwik add static'")
    }

    /// NestJS: the entry file where the compiler writes it.
    func nest() throws -> NodeProduct? {
        var root = "src"
        var entryFile = "main"
        var evidence = [entry.evidence]
        let path = folder.appending(name: "nest-cli.json")
        var isMonorepo = false
        if let text = try tree.text(at: path) {
            let settings = try PackageJSON(parsing: TypeScriptProject.relaxed(text), path: path)
            if let source = settings.string("sourceRoot") {
                root = source.value
                evidence.append(source.evidence)
            }
            if let file = settings.string("entryFile") { entryFile = file.value }
            if case .boolean(true)? = settings.node(["monorepo"])?.0 { isMonorepo = true }
            if isMonorepo, let app = try nestProject(settings) {
                evidence = [app.1]
                return server(
                    ["node", "dist/apps/\(app.0)/\(entryFile).js"], files: ["dist/apps/\(app.0)/\(entryFile).js"],
                    reason: .found(evidence: evidence))
            }
        }
        let source = folder.resolving("\(root)/\(entryFile).ts") ?? folder
        let types = try TypeScriptProject.read(folder, of: tree, preferred: ["tsconfig.build.json"])
        var file = "dist/\(entryFile).js"
        if let types, let output = types.output(of: source)?.relative(to: folder) {
            file = "\(output)"
            if let out = types.outDir, case .found(let more) = out.reason { evidence += more }
        }
        return server(["node", file], files: [file], reason: .found(evidence: evidence))
    }

    /// The application of Nest's monorepo: `--app`, else its `root`.
    private func nestProject(_ settings: PackageJSON) throws -> (String, Evidence)? {
        guard case .object(let projects)? = settings.node(["projects"])?.0 else { return nil }
        let names = projects.members.map(\.key)
        if let asked = project.options.app {
            guard let member = projects.members.first(where: { $0.key == asked.value }) else {
                throw PlanError.unusable(
                    place: asked.option, what: "no project '\(asked.value)' in nest-cli.json",
                    fix: "choose one of \(names.joined(separator: ", "))")
            }
            return (member.key, Evidence(path: settings.path, line: member.line, excerpt: member.key))
        }
        guard let root = settings.string("root") else { return nil }
        return (String(root.value.split(separator: "/").last ?? ""), root.evidence)
    }

    /// AdonisJS: what `node ace build` puts into build.
    func adonis() -> NodeProduct? {
        for (source, file) in [("bin/server.ts", "build/bin/server.js"), ("server.ts", "build/server.js")] {
            guard let path = folder.resolving(source), tree.hasFile(path) else { continue }
            return server(
                ["node", file], files: [file],
                reason: .found(evidence: [entry.evidence, Evidence(path: path, excerpt: path.name)]))
        }
        return nil
    }
}
