import OCI
import Planning

extension PythonPlanner {
    /// What is installed on the image's platform, by the files and by what an earlier build recorded.
    func installation(
        _ source: (any InstallSource)?, _ python: String, _ choice: BaseChoice
    ) throws -> Installation? {
        guard
            let declared = try source?.requirements(
                for: PythonTarget(version: python, machine: options.platform.machine, libc: choice.runtime.libc))
        else { return nil }
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

    /// Whether the installed tree travels: what the files say for the machine at hand is held against it.
    func portability(
        _ installation: Installation?, _ source: (any InstallSource)?, _ python: String, _ choice: BaseChoice
    ) throws -> Decided<Portability> {
        guard let installation, options.buildPlatform != options.platform else {
            return PythonPortability.of(installation?.installed, from: installation?.installed)
        }
        let here = try source?.requirements(
            for: PythonTarget(version: python, machine: options.buildPlatform.machine, libc: choice.runtime.libc))
        // A record holds for every machine for which the files say the same.
        let isSame = here?.requirements == installation.declared.requirements
        return PythonPortability.of(installation.installed, from: isSame ? installation.installed : here)
    }

    /// What the build resolves and records.
    func open(_ installation: Installation?) -> OpenRequirements? {
        guard let installation, installation.isOpen, let inputs = installation.inputs else { return nil }
        return OpenRequirements(step: "resolve", result: ImagePath("/resolved/packages.json"), inputs: inputs)
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
        if let installation, installation.isOpen { warnings.append(unlocked(installation.declared)) }
        return warnings
    }

    /// Says that no lock fixes what is installed.
    private func unlocked(_ set: RequirementSet) -> String {
        let open = set.requirements.filter { $0.source == .index && !$0.specifier.hasPrefix("==") }
        let names = open.compactMap(\.name).prefix(5).joined(separator: ", ") + (open.count > 5 ? ", …" : "")
        let what =
            open.isEmpty
            ? "not every package that is installed is fixed by a hash" : "no lock fixes the versions (\(names))"
        return "\(set.root): \(what); the build resolves them once and records them in autoimage.lock"
    }
}
