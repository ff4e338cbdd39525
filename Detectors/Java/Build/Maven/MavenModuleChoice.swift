import Formats
import Planning

/// Which project of a Maven build is shipped.
struct MavenModuleChoice {
    let project: JavaProject
    let reactor: MavenReactor

    struct Candidate: Hashable, Codable, Sendable {
        let folder: SourcePath
        let name: String
    }

    /// A project with what it makes.
    struct Module: Sendable {
        let project: MavenProject
        let archive: MavenArchive
    }

    struct Choice {
        let value: Module
        let reason: Reason
        let alternatives: [Alternative]
    }

    func choose() throws -> Choice {
        let all = try reactor.projects.map { Module(project: $0, archive: try MavenArchive($0, in: project.tree)) }
        if let asked = project.options.app {
            return Choice(value: try named(asked, in: all), reason: asked.reason, alternatives: [])
        }
        if project.tree.service != reactor.root,
            let own = all.first(where: { $0.project.folder == project.tree.service }),
            own.project.packaging.value != "pom"
        {
            return Choice(
                value: own, reason: .usual(why: "the folder that is built"), alternatives: [])
        }
        let built = all.filter { $0.project.packaging.value != "pom" && isInside($0) }
        guard let only = built.first else {
            throw PlanError.unusable(
                place: "\(reactor.projects[0].pom.path)",
                what: "its packaging is pom and it has no modules, so it makes no archive",
                fix: "point at the folder of the service's own project")
        }
        if built.count == 1 { return Choice(value: only, reason: only.reason, alternatives: []) }
        return try ranked(built)
    }

    /// A service that is itself an aggregator ships one of its own modules.
    private func isInside(_ module: Module) -> Bool { module.project.folder.isInside(project.tree.service) }

    /// The best rank wins; a project that another candidate needs is a part of it.
    private func ranked(_ built: [Module]) throws -> Choice {
        let needed = Set(built.flatMap { reactor.closure(of: $0.project).dropLast().map(\.pom.path) })
        let tops = built.filter { !needed.contains($0.project.pom.path) || $0.archive.rank == .executable }
        let best = (tops.isEmpty ? built : tops).map(\.archive.rank).max() ?? .library
        var candidates = built.filter { $0.archive.rank == best }
        let free = candidates.filter { candidate in
            !candidates.contains { other in
                reactor.closure(of: other.project).dropLast().contains { $0.pom.path == candidate.project.pom.path }
            }
        }
        if !free.isEmpty { candidates = free }
        guard candidates.count == 1, let chosen = candidates.first else {
            throw PlanError.severalPrograms(
                what: best == .library
                    ? "\(reactor.projects[0].pom.path): no module says that it is a program, by a plugin or by a main method"
                    : "\(reactor.projects[0].pom.path): several modules make programs",
                candidates: candidates.map { .init("\($0.project.folder)", evidence: "\($0.reason)") }, option: "--app")
        }
        return Choice(
            value: chosen, reason: chosen.reason,
            alternatives: built.filter { $0.project.pom.path != chosen.project.pom.path }.map {
                Alternative(
                    "\($0.project.folder)",
                    why: needed.contains($0.project.pom.path)
                        ? "another module needs it" : "less says that it is a program")
            })
    }

    /// The module of a path, an artifact's name or `:artifact`.
    private func named(_ asked: Requested<String>, in all: [Module]) throws -> Module {
        var text = asked.value
        while text.hasPrefix("./") { text.removeFirst(2) }
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        let base = project.tree.service
        let place = base.resolving(text)
        let exact = all.filter { $0.project.folder == place || $0.project.folder == reactor.root.resolving(text) }
        let matching =
            !exact.isEmpty
            ? exact
            : all.filter {
                let artifact = $0.project.artifactID
                return [artifact, ":\(artifact)", "\($0.project.groupID):\(artifact)", $0.project.folder.name].contains(
                    text)
            }
        guard matching.count == 1, let module = matching.first else {
            throw PlanError.severalPrograms(
                what: matching.isEmpty
                    ? "\(asked.option): there is no module '\(asked.value)'"
                    : "\(asked.option): several modules are named '\(asked.value)'",
                candidates: (matching.isEmpty ? all.filter { $0.project.packaging.value != "pom" } : matching).map {
                    .init("\($0.project.folder)", evidence: "\($0.reason)")
                }, option: "--app")
        }
        guard module.project.packaging.value != "pom" else {
            throw PlanError.unusable(
                place: "\(asked.option)",
                what: "'\(asked.value)' is a project of packaging pom, which makes no archive",
                fix: "name one of its modules")
        }
        return module
    }
}

extension MavenModuleChoice.Module {
    /// What speaks for the module.
    var reason: Reason {
        if let evidence = archive.evidence { return .found(evidence: [evidence]) }
        let element = project.pom.root["artifactId"]
        return .found(
            evidence: [
                Evidence(
                    path: project.pom.path, line: element?.line,
                    excerpt: element.map { "<artifactId>\($0.text)" } ?? project.pom.path.name)
            ])
    }
}
