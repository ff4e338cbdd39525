import Planning

/// Which project of a Gradle build is shipped.
struct GradleModuleChoice {
    let project: JavaProject
    let build: GradleBuildTree

    struct Module: Sendable {
        let project: GradleProject
        let archive: GradleArchive

        /// What speaks for the project.
        var reason: Reason {
            if let evidence = archive.evidence { return .found(evidence: [evidence]) }
            let path = project.script?.path ?? project.folder
            return .found(evidence: [Evidence(path: path, excerpt: path.name)])
        }
    }

    struct Choice {
        let value: Module
        let reason: Reason
        let alternatives: [Alternative]
    }

    func choose() throws -> Choice {
        let all = try build.projects.map { Module(project: $0, archive: try GradleArchive($0, in: project.tree)) }
        if let asked = project.options.app {
            return Choice(value: try named(asked, in: all), reason: asked.reason, alternatives: [])
        }
        let service = project.tree.service
        if service != build.root, let own = all.first(where: { $0.project.folder == service }) {
            return Choice(value: own, reason: .usual(why: "the folder that is built"), alternatives: [])
        }
        let best = all.map(\.archive.rank).max() ?? .none
        guard best != .none else {
            let place = build.settings?.path ?? build.projects[0].script?.path ?? build.root
            throw PlanError.unusable(
                place: "\(place)", what: "no project applies a plugin that makes a jar",
                fix: "apply the plugin 'application' or 'java' to the service's project")
        }
        if all.count == 1 { return Choice(value: all[0], reason: all[0].reason, alternatives: []) }
        return try ranked(all, best)
    }

    /// The best rank wins; a project that another candidate needs is a part of it.
    private func ranked(_ all: [Module], _ best: GradleArchive.Rank) throws -> Choice {
        let candidates = all.filter { $0.archive.rank == best }
        let free = candidates.filter { candidate in
            !candidates.contains { other in
                build.closure(of: other.project).dropLast().contains { $0.name == candidate.project.name }
            }
        }
        let left = free.isEmpty ? candidates : free
        guard left.count == 1, let chosen = left.first else {
            throw PlanError.severalPrograms(
                what: best <= .library
                    ? "\(build.root): no project says that it is a program, by a plugin or by a main method"
                    : "\(build.settings?.path ?? build.root): several projects make programs",
                candidates: left.map { .init("\($0.project.folder)", evidence: "\($0.reason)") }, option: "--app")
        }
        let needed = Set(build.closure(of: chosen.project).map(\.name))
        return Choice(
            value: chosen, reason: chosen.reason,
            alternatives: all.filter { $0.project.name != chosen.project.name && $0.archive.rank > .none }.map {
                Alternative(
                    "\($0.project.folder)",
                    why: needed.contains($0.project.name)
                        ? "the shipped project needs it" : "less says that it is a program")
            })
    }

    /// The project of a folder, a name or `:name`.
    private func named(_ asked: Requested<String>, in all: [Module]) throws -> Module {
        var text = asked.value
        while text.hasPrefix("./") { text.removeFirst(2) }
        while text.count > 1, text.hasSuffix("/") { text.removeLast() }
        let places = [project.tree.service.resolving(text), build.root.resolving(text)].compactMap(\.self)
        let exact = all.filter { places.contains($0.project.folder) || $0.project.name == text }
        let matching =
            exact.isEmpty ? all.filter { $0.project.shortName == text || ":\($0.project.shortName)" == text } : exact
        guard matching.count == 1, let module = matching.first else {
            throw PlanError.severalPrograms(
                what: matching.isEmpty
                    ? "\(asked.option): there is no project '\(asked.value)'"
                    : "\(asked.option): several projects are named '\(asked.value)'",
                candidates: (matching.isEmpty ? all.filter { $0.archive.rank > .none } : matching).map {
                    .init("\($0.project.folder)", evidence: "\($0.reason)")
                }, option: "--app")
        }
        return module
    }
}
