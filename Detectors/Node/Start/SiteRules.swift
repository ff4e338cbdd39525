import Planning

/// Decides what answers unknown paths of a site, and where its files come to lie.
struct SiteRules {
    let project: NodeProject

    private var tree: any SourceTree { project.tree }

    /// A site with the fallback that options, files of the sources and the framework's nature decide, in this order.
    func site(
        output: Decided<String>, usual: StaticSite.Fallback, because reason: Reason, page: String = "index.html",
        immutable: [String] = []
    ) -> StaticSite {
        let asked = project.setting("output")
        let folder = asked.map { Decided($0.value, $0.reason) } ?? output
        var site = StaticSite(
            output: folder, fallback: fallback(usual, reason, in: folder.value), page: page, immutable: immutable)
        if site.fallback.value != .index { site.page = "index.html" }
        return site
    }

    private func fallback(_ usual: StaticSite.Fallback, _ reason: Reason, in output: String) -> Decided<
        StaticSite.Fallback
    > {
        if let asked = project.setting("spa") {
            let isOn = ["true", "yes", "on", "1"].contains(asked.value.lowercased())
            return Decided(isOn ? .index : .none, asked.reason)
        }
        if let page = ownPage(in: output) {
            let lost = usual == .index ? [Alternative("index", why: "a 404.html means no fallback")] : []
            return Decided(.notFound, .found(evidence: [page]), alternatives: lost)
        }
        return Decided(usual, reason)
    }

    /// A 404.html that the build copies, or that lies in the folder itself.
    private func ownPage(in output: String) -> Evidence? {
        let folders =
            output == "." ? [""] : ["public/", "static/", "src/public/", "src/static/", "assets/", "\(output)/"]
        return folders.lazy.compactMap { tree.service.resolving("\($0)404.html") }.first(where: tree.hasFile).map {
            Evidence(path: $0, excerpt: $0.name)
        }
    }

    // MARK: - Sites without a framework

    /// The site of a folder that nothing builds: `Staticfile`, `public/index.html`, `index.html`.
    func plain() throws -> StaticSite? {
        if let site = try staticfile() { return site }
        for (folder, file) in [("public", "public/index.html"), (".", "index.html")] {
            guard let path = tree.service.resolving(file), tree.hasFile(path) else { continue }
            return site(
                output: Decided(folder, .found(evidence: [Evidence(path: path, excerpt: path.name)])), usual: .none,
                because: .usual(why: "files alone; --set node.spa=true answers unknown paths with index.html"))
        }
        return nil
    }

    /// Cloud Foundry's and Railpack's file: `root: dist`, `pushstate: enabled`, `index_fallback: true`.
    private func staticfile() throws -> StaticSite? {
        let path = try project.path("Staticfile")
        guard let text = try tree.text(at: path) else { return nil }
        var root: (String, Evidence)?
        var fallback: (Bool, Evidence)?
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let match = line.wholeMatch(of: /\s*(\w+)\s*:\s*["']?([^"'#]*?)["']?\s*(?:#.*)?/)?.output else {
                continue
            }
            let evidence = Evidence(path: path, line: index + 1, excerpt: "\(match.1): \(match.2)")
            switch match.1 {
            case "root": root = (String(match.2), evidence)
            case "pushstate", "index_fallback":
                fallback = (["enabled", "true", "yes", "on"].contains(match.2.lowercased()), evidence)
            default: break
            }
        }
        let folder: Decided<String>
        if let root {
            guard !root.0.isEmpty, let place = tree.service.resolving(root.0)?.relative(to: tree.service) else {
                throw PlanError.unusable(
                    place: "\(root.1)", what: "'\(root.0)' is no folder of the service", fix: "name one below it")
            }
            folder = Decided("\(place)", .found(evidence: [root.1]))
        } else {
            let isPublic = try tree.hasFile(project.path("public/index.html"))
            folder = Decided(isPublic ? "public" : ".", .found(evidence: [Evidence(path: path, excerpt: path.name)]))
        }
        return site(
            output: folder, usual: fallback?.0 == true ? .index : .none,
            because: fallback.map { .found(evidence: [$0.1]) }
                ?? .usual(why: "files alone, and Staticfile asks for none"))
    }

    /// Folders that scripts write sites into, by their usual names.
    private static let usualOutputs = ["dist", "build", "_site", "out", "public", "www", "docs"]

    /// The site that a build script of no known tool makes: into the one usual folder that its texts name.
    func built(by builds: [NodeApplication.Build]) throws -> StaticSite? {
        guard let manifest = project.manifest else { return nil }
        var named: [(folder: String, evidence: Evidence)] = []
        for build in builds {
            guard case .script(let name) = build.command, let entry = manifest.script(name) else { continue }
            named += Self.folders(in: entry.value).map { ($0, entry.evidence) }
            for match in entry.value.matches(of: /[\w.\/-]+\.(?:[cm]?js|ts|sh)\b/) {
                guard let path = tree.service.resolving(String(match.output)),
                    let source = JavaScriptSource.read(path, of: tree)
                else { continue }
                for folder in Self.usualOutputs {
                    guard
                        let place = source.text.firstRange(of: "'\(folder)'")
                            ?? source.text.firstRange(of: "\"\(folder)\"") ?? source.text.firstRange(of: "\(folder)/")
                    else { continue }
                    named.append((folder, source.evidence(at: place.lowerBound)))
                }
            }
        }
        // What is there already is read, not written.
        let made = named.filter { entry in
            tree.service.resolving(entry.folder).map { tree.entry(at: $0) == nil } ?? false
        }
        let choice = made.isEmpty ? named : made
        let folders = Set(choice.map(\.folder))
        guard let first = choice.first, folders.count == 1 else {
            guard folders.count > 1 else { return nil }
            throw PlanError.severalPrograms(
                what: "the build could write the site into several folders",
                candidates: choice.map { PlanError.Candidate($0.folder, evidence: "\($0.evidence)") },
                option: "--set node.output=FOLDER")
        }
        return site(
            output: Decided(first.folder, .found(evidence: [first.evidence])), usual: .none,
            because: .usual(why: "no framework says that it is an application of one page; --set node.spa=true does"))
    }

    private static func folders(in text: String) -> [String] {
        usualOutputs.filter { folder in
            text.split(whereSeparator: { " \t\"'=;&|".contains($0) }).contains { word in
                var path = word[...]
                if path.hasPrefix("./") { path = path.dropFirst(2) }
                return path == folder || path.hasPrefix("\(folder)/")
            }
        }
    }
}
