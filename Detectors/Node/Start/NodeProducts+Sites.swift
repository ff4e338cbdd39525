import Formats
import Planning

/// Frameworks whose build makes a site.
extension NodeProducts {
    /// A site of a framework with one output folder, which its configuration may move.
    func site() throws -> NodeProduct? {
        switch framework.name {
        case "Create React App": return site(usual("build"), .index, because: singlePage)
        case "Vue CLI":
            let output = option("--dest") ?? folder(config("vue")?.value("outputDir"))
            return site(output ?? usual("dist"), .index, because: singlePage)
        case "Ember":
            return site(option("--output-path", "-o") ?? usual("dist"), .index, because: singlePage)
        case "Quasar":
            let mode = option("-m", "--mode")?.value ?? "spa"
            guard mode == "spa" || mode == "pwa" else { return nil }
            return site(usual("dist/\(mode)"), .index, because: singlePage)
        case "Gatsby": return site(usual("public"), .notFound, because: pages)
        case "Docusaurus": return site(option("--out-dir") ?? usual("build"), .notFound, because: pages)
        case "VitePress", "VuePress": return documents()
        case "Eleventy":
            let config = config("eleventy") ?? config(".eleventy.js", ".eleventy.cjs", ".eleventy.mjs")
            let output = option("--output").flatMap { plain($0) } ?? folder(config?.value("output"))
            return site(output ?? usual("_site"), .notFound, because: pages)
        case "Hexo": return site(usual("public"), .notFound, because: pages)
        case "Storybook":
            return site(option("-o", "--output-dir") ?? usual("storybook-static"), .none, because: pages)
        case "Rsbuild":
            return site(folder(config("rsbuild")?.value("root")) ?? usual("dist"), .index, because: singlePage)
        case "Vite": return vite()
        case "Parcel":
            guard builds.isEmpty == false else { return nil }
            return site(option("--dist-dir", "-d") ?? usual("dist"), .index, because: singlePage)
        case "webpack": return webpack()
        default: return nil
        }
    }

    private func plain(_ value: Decided<String>) -> Decided<String>? {
        guard let path = folder.resolving(value.value)?.relative(to: folder) else { return nil }
        return Decided("\(path)", value.reason)
    }

    /// Vite with an index.html: without one it bundles something else.
    private func vite() -> NodeProduct? {
        let config = config("vite")
        let root = config?.value("root").flatMap { $0.value == "." ? nil : $0 }
        let place = root.flatMap { folder.resolving($0.value) } ?? folder
        guard tree.hasFile(place.appending(name: "index.html")) else { return nil }
        var output = option("--outDir").flatMap(plain)
        if output == nil, let written = config?.value("outDir"), let path = place.resolving(written.value),
            let relative = path.relative(to: folder)
        {
            output = Decided("\(relative)", .found(evidence: [written.evidence]))
        }
        if output == nil, let root, let path = place.appending(name: "dist").relative(to: folder) {
            output = Decided("\(path)", .found(evidence: [root.evidence]))
        }
        if let type = config?.value("appType"), type.value == "mpa" {
            return site(output ?? usual("dist"), .none, because: .found(evidence: [type.evidence]))
        }
        return site(output ?? usual("dist"), .index, because: singlePage)
    }

    /// webpack with a page: its configuration or a template has one.
    private func webpack() -> NodeProduct? {
        let config = config("webpack") ?? config("webpack.prod.js", "webpack.production.js", "webpack.config.prod.js")
        guard config?.text.contains("HtmlWebpackPlugin") == true || config?.text.contains("HtmlBundlerPlugin") == true,
            config?.text.contains(/target\s*:\s*["']node/) != true
        else { return nil }
        let written = config?.text.firstMatch(
            of: /path\s*:\s*path\.(?:resolve|join)\(\s*__dirname\s*,\s*["']([^"']+)["']/)
        let output = written.flatMap { match in
            config.flatMap { folder((String(match.output.1), $0.evidence(at: match.range.lowerBound))) }
        }
        return site(output ?? usual("dist"), .index, because: singlePage)
    }

    /// VitePress and VuePress: in the folder of the documents that the build names.
    private func documents() -> NodeProduct? {
        let name = framework.name.lowercased()
        let output = name == "vitepress" ? ".vitepress" : ".vuepress"
        for (text, evidence) in buildTexts {
            guard let match = text.firstMatch(of: /\bv(?:ite|ue)press build\s+([\w.\/-]+)/)?.output,
                !match.1.hasPrefix("-"), let place = folder.resolving(String(match.1))?.relative(to: folder)
            else { continue }
            let path = place == .root ? "\(output)/dist" : "\(place)/\(output)/dist"
            return site(Decided(path, .found(evidence: [evidence])), .notFound, because: pages)
        }
        return site(usual("\(output)/dist"), .notFound, because: pages)
    }

    /// Expo: its web export; the rest of it is for telephones.
    func expo() throws -> NodeProduct? {
        guard project.manifest?.dependency("react-native-web") != nil else {
            throw unusable(
                entry.evidence, "Expo builds for telephones, and without react-native-web it has no pages",
                fix: "add react-native-web for the web, or point at the folder of a server")
        }
        let path = folder.appending(name: "app.json")
        var output: PackageJSON.Entry?
        if let text = try tree.text(at: path) {
            let settings = try PackageJSON(parsing: TypeScriptProject.relaxed(text), path: path)
            output = settings.string("expo", "web", "output") ?? settings.string("web", "output")
        }
        switch output?.value {
        case "server":
            throw unusable(
                output?.evidence ?? entry.evidence,
                "output 'server' needs a server of your own, and no script starts one",
                fix: "use 'static' or 'single', or add a script 'start' that serves dist with expo-server")
        case "static":
            return site(
                usual("dist"), .notFound, because: .found(evidence: [output?.evidence ?? entry.evidence]),
                label: "Expo (web)")
        default:
            return site(
                usual("dist"), .index,
                because: output.map { .found(evidence: [$0.evidence]) } ?? .usual(why: "Expo's web output is one page"),
                label: "Expo (web)")
        }
    }

    // MARK: - Angular

    /// Angular: the project of angular.json, its output folder, and its server where it renders on one.
    func angular() throws -> NodeProduct? {
        let path = folder.appending(name: "angular.json")
        guard let text = try tree.text(at: path) else { return nil }
        let settings = try PackageJSON(parsing: TypeScriptProject.relaxed(text), path: path)
        let (name, evidence) = try angularProject(settings)
        let base = ["projects", name, "architect", "build"]
        let builder = settings.entry(base + ["builder"])
        let isApplication = builder?.value.contains(/:application$|@angular\/build/) ?? false
        let written =
            settings.entry(base + ["options", "outputPath"])
            ?? settings.entry(base + ["options", "outputPath", "base"])
        let output =
            written.map { Decided($0.value, .found(evidence: [$0.evidence])) }
            ?? Decided("dist/\(name)", .found(evidence: [evidence]))
        let browser = settings.entry(base + ["options", "outputPath", "browser"])?.value ?? "browser"
        let mode = settings.entry(base + ["options", "outputMode"])
        let ssr = settings.node(base + ["options", "ssr"])
        if isApplication, let ssr, ssr.0 != .boolean(false), mode?.value != "static" {
            let file = "\(output.value)/server/server.mjs"
            return server(
                ["node", file], files: [file], label: "Angular (SSR)",
                reason: .found(evidence: [Evidence(path: path, line: ssr.line, excerpt: "ssr"), evidence]))
        }
        let folder = isApplication && !browser.isEmpty ? output.map { "\($0)/\(browser)" } : output
        if let mode, mode.value == "static" {
            return site(folder, .notFound, because: .found(evidence: [mode.evidence]), label: "Angular (static)")
        }
        return site(folder, .index, because: singlePage, label: "Angular")
    }

    /// The project: `--app`, the build script's own words, `defaultProject`, or the only application.
    private func angularProject(_ settings: PackageJSON) throws -> (String, Evidence) {
        guard case .object(let projects)? = settings.node(["projects"])?.0 else {
            throw PlanError.unusable(place: "\(settings.path)", what: "names no projects", fix: "run 'ng new' again")
        }
        let applications = projects.members.filter { member in
            (settings.entry(["projects", member.key, "projectType"])?.value ?? "application") == "application"
                && settings.node(["projects", member.key, "architect", "build"]) != nil
        }
        func chosen(_ member: JSONMember) -> (String, Evidence) {
            (member.key, Evidence(path: settings.path, line: member.line, excerpt: member.key))
        }
        if let asked = project.options.app {
            guard let member = applications.first(where: { $0.key == asked.value }) else {
                throw PlanError.unusable(
                    place: asked.option, what: "no application '\(asked.value)' in \(settings.path)",
                    fix: "choose one of \(applications.map(\.key).joined(separator: ", "))")
            }
            return chosen(member)
        }
        for (text, _) in buildTexts {
            guard let match = text.firstMatch(of: /\bng build\s+(?:--project[= ])?([\w@][\w.@\/-]*)/)?.output,
                let member = applications.first(where: { $0.key == match.1 })
            else { continue }
            return chosen(member)
        }
        if let usual = settings.string("defaultProject")?.value,
            let member = applications.first(where: { $0.key == usual })
        {
            return chosen(member)
        }
        guard let first = applications.first, applications.count == 1 else {
            throw PlanError.severalPrograms(
                what: "\(settings.path) has \(applications.isEmpty ? "no application" : "several applications")",
                candidates: applications.map { PlanError.Candidate($0.key, evidence: "\(settings.path):\($0.line)") },
                option: "--app")
        }
        return chosen(first)
    }
}
