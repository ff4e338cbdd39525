import Planning

/// The builder's steps of a Python service, in the order in which less often changed inputs come first.
///
/// `manifests`, `resolve` and `wheels` (network), `venv`, `install`, `prune`, `compile`: the dependencies, untouched by an
/// edit of the service, and so is `tools`. `projects`, `project`: its own packages as wheels. `sources`, `build`,
/// `bytecode`: its files.
struct PythonSteps {
    let project: PythonProject
    let interpreter: ImagePath
    /// Variables that programs in the base expect.
    let baseEnvironment: [String: String]

    static let venv = ImagePath("/opt/venv")
    static let app = ImagePath("/app")
    static let manifests = ImagePath("/manifests")
    /// Where the service's own packages are installed.
    static let own = ImagePath("/opt/service")
    private static let projects = ImagePath("/projects")
    /// The tools of builds: a folder for each list of requirements, so that lists may exclude each other.
    private static let tools = ImagePath("/tools")

    /// Hash seeds, times, debug paths and build ids that would differ from run to run are fixed in every step.
    private var environment: [String: String] {
        baseEnvironment.merging([
            "HOME": "/root", "LANG": "C.UTF-8", "PYTHONDONTWRITEBYTECODE": "1", "PYTHONHASHSEED": "0",
            "SOURCE_DATE_EPOCH": "315532800",
        ]) { _, ours in ours }
    }

    private func run(
        _ name: String, needs: String?, _ arguments: [String], in folder: ImagePath = .root, _ reason: Reason,
        environment more: [String: String] = [:], mounts: [Mount] = [], network: NetworkAccess = .none
    ) -> Step {
        Step(
            name: name, needs: needs.map { [$0] } ?? [],
            action: .run(
                command: RunCommand(
                    arguments: arguments, environment: environment.merging(more) { _, ours in ours },
                    workingDirectory: folder, mounts: mounts, network: network)), reason: reason)
    }

    /// The steps that install the requirements into `/opt/venv`.
    func dependencies(_ installation: Installation) throws -> [Step] {
        let set = installation.installed
        let found = Reason.found(evidence: [Evidence(path: set.root, excerpt: set.root.name)])
        var steps: [Step] = []
        let copied = manifests(installation)
        if !copied.isEmpty {
            steps.append(
                Step(
                    name: "manifests", needs: [],
                    action: .copy(source: SourceCopy(paths: copied, base: .root, destination: Self.manifests)),
                    reason: found))
        }
        // Paths in requirements files are relative to where pip runs.
        let service = Self.manifests.appending(project.tree.service)
        let folder = copied.contains { $0.isInside(project.tree.service) } ? service : ImagePath.root
        if let custom = project.options.installCommand {
            steps.append(venv(needs: steps.last?.name))
            steps.append(try install(by: custom, set, in: service))
        } else {
            let (mounts, variables) = try secrets(set)
            let environment = Self.native.merging(Self.pip) { one, _ in one }.merging(variables) { one, _ in one }
            func pip(_ name: String, _ program: String, _ arguments: [String], _ reason: Reason) throws -> Step {
                run(
                    name, needs: steps.last?.name,
                    try PipArguments.checked(["\(interpreter)", "-c", program] + arguments, of: set), in: folder,
                    reason, environment: environment, mounts: mounts, network: .host)
            }
            let arguments = PipArguments(wanted: set)
            try arguments.check()
            if installation.isOpen {
                steps.append(
                    try pip("resolve", StepPrograms.resolve, arguments.open(previous: installation.previous), found))
                steps.append(
                    try pip(
                        "wheels", StepPrograms.wheels, arguments.resolved, .usual(why: "what the step 'resolve' chose"))
                )
            } else {
                steps.append(try pip("wheels", StepPrograms.wheels, arguments.closed, found))
            }
            steps.append(venv(needs: "wheels"))
            steps.append(
                run(
                    "install", needs: "venv",
                    ["\(interpreter)", "-c", StepPrograms.install] + (set.projects.isEmpty ? [] : ["\(Self.own)"]),
                    .usual(why: "from the wheels alone, without network"),
                    environment: Self.pip.filter { $0.key != "PIP_CACHE_DIR" }
                        .merging(["PIP_NO_CACHE_DIR": "1"]) { one, _ in one }))
        }
        let kept = ["pip", "setuptools", "wheel"].filter { installation.declared.requirement($0) != nil }
        steps.append(
            run(
                "prune", needs: "install", ["\(interpreter)", "-c", StepPrograms.prune] + kept,
                .usual(why: "tests, headers, sources of C code and translations are not read at run time")))
        steps.append(
            run(
                "compile", needs: "prune", ["\(interpreter)", "-c", StepPrograms.compile, "\(Self.venv)/lib"],
                .usual(why: "bytecode without times, so that the start is fast and the bytes are the same")))
        return steps
    }

    private static let native = ["CFLAGS": "-g0", "CXXFLAGS": "-g0", "LDFLAGS": "-Wl,--build-id=none -s"]
    private static let pip = [
        "PIP_CACHE_DIR": "/root/.cache/pip", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1",
    ]

    /// The user's own installation: it reads the manifests and fills the virtual environment.
    private func install(by command: Requested<[String]>, _ set: RequirementSet, in folder: ImagePath) throws -> Step {
        let (mounts, variables) = try secrets(set)
        return run(
            "install", needs: "venv", command.value, in: folder, command.reason,
            environment: Self.native.merging(Self.pip) { one, _ in one }.merging(variables) { one, _ in one }.merging([
                "PATH": "\(Self.venv)/bin:\(path)", "VIRTUAL_ENV": "\(Self.venv)",
                "PIP_PYTHON": "\(Self.venv)/bin/python",
            ]) { one, _ in one }, mounts: mounts, network: .host)
    }

    /// What pip still reads: archives, folders of files, and lines that hold a password; for the user's own command, all.
    private func manifests(_ installation: Installation) -> [SourcePath] {
        let set = installation.installed
        if project.options.installCommand != nil {
            let folders = set.projects.flatMap { one in
                one.path == project.tree.service && !set.isRequirementsFile ? one.manifests : [one.path]
            }
            return Self.outermost(set.files + set.localPaths + folders)
        }
        let lines = set.options + set.constraints
        let places = set.requirements.filter { $0.text.map(WrittenLine.hasPassword) ?? false }.map(\.evidence.path)
        let secret = lines.filter { WrittenLine.hasPassword($0.text) }.map(\.evidence.path)
        let built = installation.isOpen ? set.projects.filter(\.asksBuild).map(\.path) : []
        return Self.outermost(set.localPaths + places + secret + built)
    }

    private var path: String {
        baseEnvironment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }

    private func venv(needs: String?) -> Step {
        run(
            "venv", needs: needs, ["\(interpreter)", "-m", "venv", "--without-pip", "\(Self.venv)"],
            .usual(why: "installed at the path it has in the image; its python is a link to \(interpreter)"))
    }

    /// The paths without those that lie inside another.
    static func outermost(_ paths: [SourcePath]) -> [SourcePath] {
        let unique = Set(paths)
        return unique.filter { path in !unique.contains { $0 != path && path.isInside($0) } }.sorted()
    }

    /// How an index that asks who is there is reached: files and variables that pip knows, seen by one step only.
    private func secrets(_ requirements: RequirementSet) throws -> ([Mount], [String: String]) {
        var mounts: [Mount] = [.cache(id: "pip", target: ImagePath("/root/.cache/pip"))]
        var variables: [String: String] = [:]
        for secret in project.options.offeredSecrets {
            switch secret.id {
            case "pip.conf":
                let target = ImagePath("/run/secrets/pip.conf")
                mounts.append(.secret(id: secret.id, target: target, variable: nil, required: true))
                variables["PIP_CONFIG_FILE"] = "\(target)"
            case "netrc":
                mounts.append(.secret(id: secret.id, target: ImagePath("/root/.netrc"), variable: nil, required: true))
            case "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL":
                mounts.append(.secret(id: secret.id, target: nil, variable: secret.id, required: true))
            default:
                if requirements.variables[secret.id] != nil {
                    mounts.append(.secret(id: secret.id, target: nil, variable: secret.id, required: true))
                }
            }
        }
        let given = Set(project.options.offeredSecrets.map(\.id)).union(project.options.buildEnvironment.keys)
            .union(project.options.secretMounts.compactMap(\.value.variable))
        for (name, evidence) in requirements.variables.sorted(by: { $0.key < $1.key }) where !given.contains(name) {
            throw PlanError.unusable(
                place: "\(evidence)", what: "reads the variable '\(name)' and nothing sets it",
                fix: "pass it with --secret id=\(name),env=\(name), or with --build-env where it is no secret")
        }
        return (mounts, variables)
    }

    /// The steps that build the projects of the tree as wheels and install them into `/opt/service`.
    func projects(_ set: RequirementSet, after last: String?) throws -> [Step] {
        guard !set.projects.isEmpty, project.options.installCommand == nil else { return [] }
        let found = Reason.found(evidence: set.projects.map(\.evidence))
        let lists = set.buildRequires
        let builds = set.projects.flatMap { one in
            ["\(Self.projects.appending(one.path))", "\(Self.tools)/\(lists.firstIndex(of: one.buildRequires) ?? 0)"]
        }
        let environment = Self.native.merging(Self.pip.filter { $0.key != "PIP_CACHE_DIR" }) { one, _ in one }
        return [
            run(
                "tools", needs: last,
                ["\(interpreter)", "-c", StepPrograms.tools] + PipArguments(wanted: set).backends,
                .usual(why: "installed once, for every build of the projects"), environment: environment),
            Step(
                name: "projects", needs: ["tools"],
                action: .copy(
                    source: SourceCopy(
                        paths: Self.outermost(set.projects.map(\.path)), base: .root, destination: Self.projects)),
                reason: found),
            run(
                "project", needs: "projects",
                ["\(interpreter)", "-c", StepPrograms.project + StepPrograms.pruneService] + builds, found,
                environment: environment),
        ]
    }

    /// The steps that bring the service's own files and make what is made of them; `isInstalled`: its packages are in
    /// `/opt/service`.
    func service(
        after last: String?, _ django: DjangoProject?, hasVenv: Bool, isInstalled: Bool, without source: SourcePath?
    ) -> [Step] {
        let service = project.tree.service
        let python = hasVenv ? "\(Self.venv)/bin/python" : "\(interpreter)"
        var paths = [service]
        if let source {
            paths = project.tree.entries.map(\.path).filter { $0.parent == service && $0 != service && $0 != source }
        }
        var steps = [
            Step(
                name: "sources", needs: last.map { [$0] } ?? [],
                action: .copy(source: SourceCopy(paths: paths, base: service, destination: Self.app)),
                reason: .usual(why: "the service itself, after everything that changes less often"))
        ]
        let programs = (isInstalled ? "\(Self.own)/bin:" : "") + (hasVenv ? "\(Self.venv)/bin:" : "")
        if let custom = project.options.buildCommand {
            steps.append(
                run(
                    "build", needs: "sources", custom.value, in: Self.app, custom.reason,
                    environment: ["PATH": "\(programs)\(path)"],
                    network: project.options.buildNetwork?.value == true ? .host : .none))
        } else if let django, let staticRoot = django.staticRoot, hasVenv {
            steps.append(
                run(
                    "build", needs: "sources", [python, "manage.py", "collectstatic", "--noinput"],
                    in: Self.app.appending(project.relative(django.folder)), .found(evidence: [staticRoot]),
                    environment: django.buildVariables))
        }
        let compiled = (isInstalled ? ["\(Self.own)/lib"] : []) + ["\(Self.app)"]
        steps.append(
            run(
                "bytecode", needs: steps.last?.name, ["\(interpreter)", "-c", StepPrograms.compile] + compiled,
                .usual(why: "bytecode without times, so that the start is fast and the bytes are the same")))
        return steps
    }
}
