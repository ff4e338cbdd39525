import Planning

/// Django projects: `manage.py` says which settings, and these which application.
extension StartFinder {
    /// The one Django project, with the server of its interface.
    func fromDjango(_ selected: Requested<String>?) throws -> StartCommand? {
        let projects = try djangoProjects().filter { django in
            guard let selected else { return true }
            let folder = project.relative(django.folder).description
            return [folder, "\(project.relative(django.manage.path))", django.settingsModule].contains(selected.value)
                || [django.wsgi?.target, django.asgi?.target].contains(selected.value)
        }
        guard let django = projects.first else { return nil }
        guard projects.count == 1 else {
            throw PlanError.severalPrograms(
                what: "several Django projects",
                candidates: projects.map {
                    PlanError.Candidate("\(project.relative($0.folder))", evidence: "\($0.manage)")
                }, option: "--app")
        }
        return try start(django, selected)
    }

    /// The Django projects of the service: `manage.py` in its folder, else one folder below.
    func djangoProjects() throws -> [DjangoProject] {
        if let own = try DjangoProject(manage: project.path("manage.py"), in: project) { return [own] }
        let below = project.tree.entries.filter {
            $0.isFile && $0.path.name == "manage.py" && $0.path.parent?.parent == project.tree.service
        }
        return try below.compactMap { try DjangoProject(manage: $0.path, in: project) }
    }

    private func start(_ django: DjangoProject, _ selected: Requested<String>?) throws -> StartCommand {
        let wsgi = try django.wsgi.flatMap { entry in try command(.wsgi, entry) }
        let asgi = try django.asgi.flatMap { entry in try command(.asgi, entry) }
        let channels = requirements?.requirement("channels")
        let isAsked = selected != nil && selected?.value == django.asgi?.target
        let prefersASGI = django.wsgi == nil || isAsked || channels != nil && selected?.value != django.wsgi?.target
        let ranked = (prefersASGI ? [asgi, wsgi] : [wsgi, asgi]).compactMap(\.self)
        guard let best = ranked.first else {
            throw missingServer("Django", django.wsgi == nil ? .asgi : .wsgi, django.manage)
        }
        var start = StartCommand(
            words: best.words, folder: django.folder, reason: .found(evidence: best.evidence + [django.manage]),
            isWeb: true)
        start.framework = Decided("Django", .found(evidence: [django.manage]))
        start.alternatives = ranked.dropFirst().map {
            let why = prefersASGI ? "ASGI is meant here" : "WSGI comes before ASGI"
            return Alternative($0.words.joined(separator: " "), why: "\(why); choose with --app \($0.target)")
        }
        return start
    }

    private struct Served {
        let target: String
        let words: [String]
        let evidence: [Evidence]
    }

    private func command(_ interface: Framework.Serving, _ entry: DjangoProject.Entry) throws -> Served? {
        guard let (server, requirement) = WebServer.installed(interface, in: requirements),
            let words = server.command(entry.target, nil)
        else { return nil }
        return Served(target: entry.target, words: words, evidence: [entry.evidence, requirement.evidence])
    }
}
