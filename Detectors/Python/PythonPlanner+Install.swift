import OCI
import Planning

extension PythonPlanner {
    /// What is installed on the image's platform, by the files and by what an earlier build recorded.
    func installation(
        _ source: (any InstallSource)?, _ python: String, _ choice: BaseChoice
    ) throws -> Installation? {
        guard let declared = try declared(source, on: options.platform, python, choice) else { return nil }
        guard options.installCommand == nil else {
            // The user's own command decides what is installed.
            var given = declared
            given.isClosed = true
            return Installation(given, record: nil, inputs: Digest(of: []), lock: declared.root)
        }
        let place = ["python \(python)", "\(options.platform)", "\(choice.builder.libc)"]
        return Installation(
            declared, record: options.resolutions["python@\(options.platform)"],
            inputs: try declared.inputs(place, in: project.tree), lock: try project.path("autoimage.lock"))
    }

    private func declared(
        _ source: (any InstallSource)?, on platform: Platform, _ python: String, _ choice: BaseChoice
    ) throws -> RequirementSet? {
        let target = PythonTarget(version: python, machine: platform.machine, libc: choice.runtime.libc)
        let set = try source?.requirements(for: target)
        // The user's own command reads the files as they are.
        guard options.installCommand == nil else { return set }
        return try set?.separatingProjects(of: project.tree, for: target)
    }

    /// Whether the installed tree travels: what the files say for the machine at hand is held against it.
    func portability(
        _ installation: Installation?, _ source: (any InstallSource)?, _ python: String, _ choice: BaseChoice
    ) throws -> Decided<Portability> {
        guard let installation, options.buildPlatform != options.platform else {
            return PythonPortability.of(installation?.installed, from: installation?.installed)
        }
        let here = try declared(source, on: options.buildPlatform, python, choice)
        // A record holds for every machine for which the files say the same.
        let isSame = here?.requirements == installation.declared.requirements
        return PythonPortability.of(installation.installed, from: isSame ? installation.installed : here)
    }

    /// What the build resolves and records.
    func open(_ installation: Installation?) -> OpenRequirements? {
        guard let installation, installation.isOpen, let inputs = installation.inputs else { return nil }
        return OpenRequirements(
            step: "resolve", result: ImagePath("/resolved/packages.json"), inputs: inputs,
            secretsOf: ["wheels", "project"])
    }

    /// The record of `autoimage.lock` that is installed.
    func resolved(_ installation: Installation?) -> Digest? {
        installation.flatMap { $0.isOpen ? nil : $0.inputs }
    }

    /// The folder of a src layout that need not be shipped beside what was installed from it; nil where a command names it.
    func installedSources(_ projects: [LocalProject], _ starts: [StartCommand]) throws -> SourcePath? {
        let service = project.tree.service
        guard projects.contains(where: { $0.path == service }) else { return nil }
        let source = try service.appending("src")
        guard project.tree.entry(at: source)?.kind == .folder,
            !project.tree.hasFile(try source.appending("__init__.py"))
        else { return nil }
        let isNamed = starts.contains { start in
            start.folder.isInside(source) || (start.words + [start.shell?.text ?? ""]).contains { $0.contains("src/") }
        }
        return isNamed ? nil : source
    }

    /// What the user should know of the installation.
    func warnings(_ installation: Installation?, _ procfile: Procfile?) throws -> [String] {
        var warnings = installation?.declared.warnings ?? []
        for evidence in installation?.declared.hasCredentials ?? [] {
            warnings.append("\(evidence): holds a password; keep it in a secret: --secret id=pip.conf,src=FILE")
        }
        if let procfile, let release = procfile.processes.first(where: { $0.name == "release" }) {
            warnings.append(
                "\(procfile.path):\(release.line): 'release' is not run by an image; run '\(release.command)' when you deploy"
            )
        }
        if let drift = installation?.declared.drift {
            guard !options.isLocked else {
                throw PlanError.unusable(
                    place: "\(drift.lock)",
                    what: "does not fit what it was made from, and --locked forbids it: \(drift.what)",
                    fix: "run '\(drift.fix)' and commit the file")
            }
            warnings.append("\(drift.lock): \(drift.what); what is locked is installed; run '\(drift.fix)'")
        }
        if let installation, installation.isOpen, let warning = unlocked(installation.declared) {
            warnings.append(warning)
        }
        return warnings
    }

    /// Says that no lock fixes what is installed; nil where every line names its version.
    private func unlocked(_ set: RequirementSet) -> String? {
        let open = set.requirements.filter { requirement in
            requirement.source == .index && !requirement.specifier.hasPrefix("==")
                && !(requirement.name.map(set.constrained.contains) ?? false)
        }
        guard !open.isEmpty || set.projects.contains(where: \.asksBuild) else { return nil }
        let names = open.compactMap(\.name).prefix(5).joined(separator: ", ") + (open.count > 5 ? ", …" : "")
        let which = names.isEmpty ? "" : " (\(names))"
        return "\(set.root): no lock fixes the versions\(which); the build resolves them once and records them in "
            + "autoimage.lock"
    }
}
