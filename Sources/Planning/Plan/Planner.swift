/// Makes the plan for a source tree: asks every detector for evidence, lets one plan, applies what was asked for.
///
/// Pure: the same tree, options and catalog give the same plan.
package struct Planner: Sendable {
    private let detectors: [any Detector]
    private let catalog: BaseCatalog

    package init(detectors: [any Detector], catalog: BaseCatalog) {
        self.detectors = detectors
        self.catalog = catalog
    }

    /// The plan; fails with a `PlanError` where none can be made.
    package func plan(_ tree: any SourceTree, options: PlanOptions) throws -> BuildPlan {
        let (detector, evidence, language) = try chooseDetector(for: tree, options)
        var plan = try detector.plan(for: tree, options: options, bases: catalog, evidence: evidence)
        plan.language = language
        plan.app = options.app?.value
        try apply(options, to: &plan)
        return plan
    }

    private func chooseDetector(
        for tree: any SourceTree, _ options: PlanOptions
    ) throws -> (any Detector, [Evidence], Decided<String>) {
        let known = detectors.map(\.language)
        if let asked = options.language {
            guard let detector = detectors.first(where: { $0.language == asked.value.lowercased() }) else {
                throw PlanError.unknownLanguage(name: asked.value, option: asked.option, known: known)
            }
            return (detector, try detector.evidence(in: tree), Decided(detector.language, asked.reason))
        }
        let speaking = try detectors.map { ($0, try $0.evidence(in: tree)) }.filter { !$0.1.isEmpty }
        guard let (detector, evidence) = speaking.first else {
            throw PlanError.noLanguage(
                folder: tree.service,
                lookedFor: detectors.map { "\($0.language) (\($0.signs.joined(separator: ", ")))" },
                entries: topEntries(of: tree))
        }
        guard speaking.count == 1 else {
            throw PlanError.severalLanguages(
                candidates: speaking.map { detector, evidence in
                    PlanError.Candidate(
                        detector.language, evidence: evidence.map(\.description).joined(separator: ", "))
                })
        }
        return (detector, evidence, Decided(detector.language, .found(evidence: evidence)))
    }

    private func topEntries(of tree: any SourceTree) -> [String] {
        let names = tree.entries.filter { $0.path.parent == tree.service && $0.path != tree.service }.map { entry in
            entry.kind == .folder ? "\(entry.path.name)/" : entry.path.name
        }
        return names.count > 12 ? names.prefix(12) + ["and \(names.count - 12) more"] : names
    }

    /// What users ask for whatever the language.
    private func apply(_ options: PlanOptions, to plan: inout BuildPlan) throws {
        applyUser(options, to: &plan)
        applyEnvironment(options, to: &plan)
        applyArtifacts(options, to: &plan)
        try applySecrets(options, to: &plan)
        plan.runtime.config.labels.merge(options.labels.mapValues(\.value)) { _, wanted in wanted }
        // A detector may have put programs of a process at their paths already.
        for (name, command) in options.processes
        where plan.runtime.config.processes[name]?.reason != command.reason {
            plan.runtime.config.processes[name] = Decided(command.value, command.reason)
        }
    }

    private func applyUser(_ options: PlanOptions, to plan: inout BuildPlan) {
        let base = plan.runtime.base.entry
        let user = options.user.map { Decided($0.value, $0.reason) } ?? plan.runtime.config.user
        plan.runtime.config.user = user
        if user.value.uid == 0 { plan.warnings.append("the service runs as root: \(user.reason)") }
        // Our own bases and those of distroless name 65532. What else an image has in passwd stays there.
        if base.user != user.value.description {
            let reason = Reason.usual(why: "names the user \(user.value)")
            let isImage = base.debian == nil
            for (path, contents) in [
                (ImagePath("/etc/group"), Accounts.group(user.value, alone: isImage)),
                (ImagePath("/etc/passwd"), Accounts.passwd(user.value, alone: isImage)),
            ] where !contents.isEmpty {
                plan.runtime.files.append(
                    PlanFile(
                        path: path, contents: contents, mode: 0o644, owner: .root, group: .systemLibraries,
                        reason: reason, addsToBase: isImage ? true : nil))
            }
        }
        for folder in options.writable where !plan.runtime.config.writable.contains(where: { $0.value == folder.value })
        {
            plan.runtime.config.writable.append(Decided(folder.value, folder.reason))
        }
        plan.runtime.config.writable.sort { $0.value < $1.value }
        for folder in plan.runtime.config.writable {
            plan.runtime.files.append(
                PlanFile(
                    path: folder.value, contents: nil, mode: 0o755, owner: user.value, group: .application,
                    reason: folder.reason))
        }
    }

    private func applyEnvironment(_ options: PlanOptions, to plan: inout BuildPlan) {
        var variables = plan.runtime.config.environment
        for (name, wanted) in options.environment {
            variables.removeAll { $0.name == name }
            variables.append(EnvironmentVariable(name, Decided(wanted.value, wanted.reason)))
        }
        plan.runtime.config.environment = variables.sorted { $0.name < $1.name }
        guard !options.buildEnvironment.isEmpty else { return }
        for index in plan.builder.steps.indices {
            guard case .run(var command) = plan.builder.steps[index].action else { continue }
            for (name, wanted) in options.buildEnvironment { command.environment[name] = wanted.value }
            plan.builder.steps[index].action = .run(command: command)
        }
    }

    private func applyArtifacts(_ options: PlanOptions, to plan: inout BuildPlan) {
        for extra in options.artifacts {
            let (path, destination) = (extra.value.path, extra.value.destination)
            if let image = extra.value.image {
                if !plan.images.contains(where: { $0.reference == image }) {
                    plan.images.append(
                        SourceImage(reference: image, platform: plan.platform, reason: extra.reason))
                }
            } else if !plan.builder.artifacts.contains(path) {
                plan.builder.artifacts.append(path)
            }
            plan.runtime.copies.append(
                ArtifactCopy(
                    from: extra.value.image ?? plan.builder.name, path: path, destination: destination,
                    group: .application,
                    reason: extra.reason))
        }
    }

    private func applySecrets(_ options: PlanOptions, to plan: inout BuildPlan) throws {
        for wanted in options.secretMounts {
            let mount = wanted.value
            guard let index = plan.builder.steps.firstIndex(where: { $0.name == mount.step }),
                case .run(var command) = plan.builder.steps[index].action
            else {
                throw PlanError.unknownStep(
                    name: mount.step, option: wanted.option, steps: plan.builder.steps.filter(\.isRun).map(\.name))
            }
            let secret = Mount.secret(id: mount.id, target: mount.target, variable: mount.variable, required: true)
            command.mounts.append(secret)
            plan.builder.steps[index].action = .run(command: command)
            if let open = plan.open, open.secretsOf.contains(mount.step),
                let resolving = plan.builder.steps.firstIndex(where: { $0.name == open.step }),
                case .run(var command) = plan.builder.steps[resolving].action
            {
                command.mounts.append(secret)
                plan.builder.steps[resolving].action = .run(command: command)
            }
        }
        for index in plan.builder.steps.indices {
            guard case .run(var command) = plan.builder.steps[index].action else { continue }
            if options.ssh, command.network == .host {
                command.mounts.append(.ssh)
                plan.builder.steps[index].action = .run(command: command)
            }
        }
    }
}

extension Step {
    fileprivate var isRun: Bool { if case .run = action { true } else { false } }
}

/// The account files of an image whose base does not name the plan's user.
enum Accounts {
    /// Lines of `/etc/passwd`; `alone` is the user's line without those of root and nobody.
    static func passwd(_ user: Owner, alone: Bool = false) -> String {
        lines(
            user, root: "root:x:0:0:root:/root:/sbin/nologin",
            nobody: "nobody:x:65534:65534:nobody:/nonexistent:/sbin/nologin", alone: alone
        ) {
            "\($0):x:\(user.uid):\(user.gid):\($0):/home/\($0):/sbin/nologin"
        }
    }

    /// Lines of `/etc/group`; `alone` is the user's group without those of root and nobody.
    static func group(_ user: Owner, alone: Bool = false) -> String {
        lines(user, root: "root:x:0:", nobody: "nogroup:x:65534:", alone: alone) { "\($0):x:\(user.gid):" }
    }

    private static func lines(
        _ user: Owner, root: String, nobody: String, alone: Bool, own: (String) -> String
    ) -> String {
        var lines = alone ? [] : [root, nobody]
        if user == .nonroot {
            lines.append(own("nonroot"))
        } else if user.uid != 0, user.uid != 65534 {
            lines.append(own("app"))
        }
        return lines.map { $0 + "\n" }.joined()
    }
}
