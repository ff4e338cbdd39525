import Planning

/// Processes beside the web: workers of task queues that the service's modules declare.
struct Workers {
    let finder: StartFinder

    struct Worker {
        /// `worker`, `beat`.
        let name: String
        let path: SourcePath
        let command: StartCommand
    }

    private var project: PythonProject { finder.project }

    /// The workers of the first queue that is found, in the order of `queues`; a schedule's process comes after its worker.
    func all() throws -> [Worker] {
        for queue in Self.queues {
            guard let requirement = finder.requirements?.requirement(queue.requirement) else { continue }
            for module in try moduleList() where module.imports(package: queue.package) {
                guard let found = queue.find(module) else { continue }
                let words = found.words.map { $0.replacing("{module}", with: module.name) }
                var workers = [worker("worker", words, found.evidence, requirement, module)]
                if queue.requirement == "celery", let schedule = try schedule(module) {
                    var beat = words.prefix { $0 != "worker" }.map(\.self)
                    beat += ["beat", "-l", "INFO", "-s", "/tmp/celerybeat-schedule"]
                    workers.append(worker("beat", beat, schedule, requirement, module))
                }
                return workers
            }
        }
        return []
    }

    private func worker(
        _ name: String, _ words: [String], _ evidence: Evidence, _ requirement: Requirement, _ module: PythonModule
    ) -> Worker {
        let folder = finder.modules.startFolder(of: module)
        var words = words
        if folder != project.tree.service, words.first == "celery" {
            words.insert(contentsOf: ["--workdir", "\(PythonSteps.app.appending(project.relative(folder)))"], at: 1)
        }
        return Worker(
            name: name, path: module.path,
            command: StartCommand(
                words: words, folder: folder, reason: .found(evidence: [evidence, requirement.evidence]), isWeb: false))
    }

    /// The service's modules, fewer folders first.
    private func moduleList() throws -> [PythonModule] {
        let paths = project.tree.entries.compactMap { entry -> SourcePath? in
            guard entry.isFile, entry.path.name.hasSuffix(".py"),
                let relative = entry.path.relative(to: project.tree.service), relative.components.count <= 4,
                !ScriptFiles.isHelper(relative) || relative.name == "tasks.py"
            else { return nil }
            return entry.path
        }
        return try paths.sorted { ($0.components.count, $0) < ($1.components.count, $1) }
            .compactMap(finder.modules.module)
    }

    /// The statement that gives Celery a schedule: in the application's module, or in a Django project's settings.
    private func schedule(_ module: PythonModule) throws -> Evidence? {
        if let own = module.source.statements.first(where: { $0.text.contains("beat_schedule") }) {
            return module.evidence(own)
        }
        for django in try finder.djangoProjects() {
            for path in django.settings {
                guard let settings = try finder.modules.module(at: path),
                    let found = settings.source.statements.first(where: {
                        $0.text.hasPrefix("CELERY_BEAT_SCHEDULE") || $0.text.contains("\"django_celery_beat\"")
                    })
                else { continue }
                return settings.evidence(found)
            }
        }
        return nil
    }

    // MARK: Queues

    /// A task queue: how its modules are known, and the program that works.
    private struct Queue: Sendable {
        let requirement: String
        let package: String
        let find: @Sendable (PythonModule) -> Found?
    }

    private struct Found {
        let words: [String]
        let evidence: Evidence
    }

    private static let queues = [
        Queue(requirement: "celery", package: "celery") { module in
            object(made: ["celery.Celery", "celery.app.base.Celery"], module).map { name, evidence in
                let target = ["app", "celery"].contains(name) ? "{module}" : "{module}:\(name)"
                return Found(words: ["celery", "-A", target, "worker", "-l", "INFO"], evidence: evidence)
            }
        },
        Queue(requirement: "dramatiq", package: "dramatiq") { module in
            statement(/@(?:dramatiq\.)?actor\b/, module).map { Found(words: ["dramatiq", "{module}"], evidence: $0) }
        },
        Queue(requirement: "huey", package: "huey") { module in
            let makers = ["RedisHuey", "SqliteHuey", "FileHuey", "PriorityRedisHuey", "RedisExpireHuey"]
            return object(made: makers.map { "huey.\($0)" }, module).map { name, evidence in
                Found(words: ["huey_consumer", "{module}.\(name)"], evidence: evidence)
            }
        },
        Queue(requirement: "arq", package: "arq") { module in
            statement(/class\s+WorkerSettings\b/, module).map {
                Found(words: ["arq", "{module}.WorkerSettings"], evidence: $0)
            }
        },
        Queue(requirement: "rq", package: "rq") { module in
            object(made: ["rq.Queue"], module).map { _, evidence in
                Found(words: ["rq", "worker"] + names(module), evidence: evidence)
            }
        },
    ]

    /// The first variable at module level that a call makes.
    private static func object(made makers: [String], _ module: PythonModule) -> (String, Evidence)? {
        for statement in module.source.topLevel {
            guard let match = statement.text.prefixMatch(of: /(\w+)(?:\s*:\s*\w+)?\s*=\s*([\w.]+)\(/)?.output,
                !Set(makers).isDisjoint(with: module.origins(of: String(match.2)))
            else { continue }
            return (String(match.1), module.evidence(statement))
        }
        return nil
    }

    private static func statement(_ pattern: some RegexComponent, _ module: PythonModule) -> Evidence? {
        module.source.topLevel.first { $0.text.prefixMatch(of: pattern) != nil }.map(module.evidence)
    }

    /// The queues that a module names, in its order.
    private static func names(_ module: PythonModule) -> [String] {
        var names: [String] = []
        for statement in module.source.topLevel {
            guard let match = statement.text.firstMatch(of: /\bQueue\(\s*(?:name\s*=\s*)?["']([\w-]+)["']/)?.output
            else {
                continue
            }
            if !names.contains(String(match.1)) { names.append(String(match.1)) }
        }
        return names
    }
}
