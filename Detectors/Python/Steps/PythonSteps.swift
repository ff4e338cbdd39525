import Planning

/// The builder's steps of a Python service, in the order in which less often changed inputs come first.
///
/// `manifests`, `wheels` (network), `venv`, `install`, `prune`, `compile`: the dependencies, untouched by an edit of the
/// service. `sources`, `build`, `bytecode`: the service.
struct PythonSteps {
    let project: PythonProject
    let interpreter: ImagePath
    /// Variables that programs in the base expect.
    let baseEnvironment: [String: String]

    static let venv = ImagePath("/opt/venv")
    static let app = ImagePath("/app")
    private static let manifests = ImagePath("/manifests")

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
    func dependencies(_ requirements: RequirementSet) throws -> [Step] {
        let found = Reason.found(evidence: [Evidence(path: requirements.root, excerpt: requirements.root.name)])
        let folder = Self.manifests.appending(project.tree.service)
        let copied = requirements.files + requirements.localPaths
        var steps = [
            Step(
                name: "manifests", needs: [],
                action: .copy(
                    source: SourceCopy(paths: Self.outermost(copied), base: .root, destination: Self.manifests)),
                reason: found)
        ]
        let (mounts, variables) = try secrets(requirements)
        let native = ["CFLAGS": "-g0", "CXXFLAGS": "-g0", "LDFLAGS": "-Wl,--build-id=none -s"]
        let pip = ["PIP_CACHE_DIR": "/root/.cache/pip", "PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_NO_INPUT": "1"]
        let file = requirements.root.relative(to: project.tree.service) ?? requirements.root
        if let custom = project.options.installCommand {
            steps.append(venv(needs: "manifests"))
            steps.append(
                run(
                    "install", needs: "venv", custom.value, in: folder, custom.reason,
                    environment: native.merging(pip) { one, _ in one }.merging(variables) { one, _ in one }.merging([
                        "PATH": "\(Self.venv)/bin:\(path)", "VIRTUAL_ENV": "\(Self.venv)",
                        "PIP_PYTHON": "\(Self.venv)/bin/python",
                    ]) { one, _ in one }, mounts: mounts, network: .host))
        } else {
            steps.append(
                run(
                    "wheels", needs: "manifests",
                    ["\(interpreter)", "-m", "pip", "wheel", "--wheel-dir", "/wheels", "-r", "\(file)"], in: folder,
                    found,
                    environment: native.merging(pip) { one, _ in one }.merging(variables) { one, _ in one },
                    mounts: mounts, network: .host))
            steps.append(venv(needs: "wheels"))
            steps.append(
                run(
                    "install", needs: "venv", ["\(interpreter)", "-c", StepPrograms.install],
                    .usual(why: "from the wheels alone, without network"),
                    environment: pip.filter { $0.key != "PIP_CACHE_DIR" }
                        .merging(["PIP_NO_CACHE_DIR": "1"]) { one, _ in one }))
        }
        steps.append(
            run(
                "prune", needs: "install", ["\(interpreter)", "-c", StepPrograms.prune],
                .usual(why: "tests, headers, sources of C code and translations are not read at run time")))
        steps.append(
            run(
                "compile", needs: "prune", ["\(interpreter)", "-c", StepPrograms.compile, "\(Self.venv)/lib"],
                .usual(why: "bytecode without times, so that the start is fast and the bytes are the same")))
        return steps
    }

    private var path: String {
        baseEnvironment["PATH"] ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    }

    private func venv(needs: String) -> Step {
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

    /// The steps that bring the service's own files and make what is made of them.
    func service(after last: String?, _ django: DjangoProject?, hasVenv: Bool) -> [Step] {
        let service = project.tree.service
        let python = hasVenv ? "\(Self.venv)/bin/python" : "\(interpreter)"
        var steps = [
            Step(
                name: "sources", needs: last.map { [$0] } ?? [],
                action: .copy(source: SourceCopy(paths: [service], base: service, destination: Self.app)),
                reason: .usual(why: "the service itself, after everything that changes less often"))
        ]
        if let custom = project.options.buildCommand {
            steps.append(
                run(
                    "build", needs: "sources", custom.value, in: Self.app, custom.reason,
                    environment: ["PATH": "\(hasVenv ? "\(Self.venv)/bin:" : "")\(path)"],
                    network: project.options.buildNetwork?.value == true ? .host : .none))
        } else if let django, let staticRoot = django.staticRoot, hasVenv {
            steps.append(
                run(
                    "build", needs: "sources", [python, "manage.py", "collectstatic", "--noinput"],
                    in: Self.app.appending(project.relative(django.folder)), .found(evidence: [staticRoot]),
                    environment: django.buildVariables))
        }
        steps.append(
            run(
                "bytecode", needs: steps.last?.name, ["\(interpreter)", "-c", StepPrograms.compile, "\(Self.app)"],
                .usual(why: "bytecode without times, so that the start is fast and the bytes are the same")))
        return steps
    }
}
