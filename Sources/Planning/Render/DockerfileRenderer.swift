/// The plan as a Dockerfile of two named stages.
///
/// It uses only what the frontend built into Docker 20.10 knows, so Docker, BuildKit, Podman and Buildah build it
/// unchanged and offline. The context is the root of the source tree. `baseReferences` maps `Base.key` to the reference
/// under which a base can be had; where it has none, the entry's own reference counts. A registry pin is appended.
package func renderDockerfile(_ plan: BuildPlan, baseReferences: [String: String] = [:]) -> String {
    let renderer = DockerfileRenderer(plan: plan, references: baseReferences)
    return (renderer.head() + [""] + renderer.builder() + [""] + renderer.runtime()).joined(separator: "\n") + "\n"
}

struct DockerfileRenderer {
    let plan: BuildPlan
    let references: [String: String]

    func head() -> [String] {
        var lines = [
            // Never "name=value": the first comment of a Dockerfile may be a directive.
            "Written by 'autoimage plan --format dockerfile' for \(plan.name): \(plan.language.value) on \(plan.platform).",
            "Build it in the root of the source tree, with a .dockerignore that keeps out what autoimage keeps out.",
            "", "What a Dockerfile cannot say, and 'autoimage build' does:",
        ]
        let offline = plan.runs.filter { $0.command.network == .none }.map(\.step)
        if !offline.isEmpty { lines.append("- no network in: \(offline.joined(separator: ", "))") }
        lines += [
            plan.runtime.librariesKnown
                ? "- shared libraries that the runtime lacks are looked up and recorded: those below are from autoimage.lock"
                : "- shared libraries that the runtime lacks are looked up and recorded: the first 'autoimage build' does;"
                    + " print this file again after it",
            "- times, owners and modes are normalised, so that the digest is the same on every machine",
        ]
        let assembled = [plan.builder.base, plan.runtime.base].filter { $0.entry.family == "debian" }
        if !assembled.isEmpty {
            lines += [
                "- which packages the bases hold, to the version: autoimage.lock has them", "",
                "The bases are assembled from Debian packages. To have them here:",
                "  autoimage bases save PATH --output DIR",
                "then 'docker load --input FILE' or 'podman load --input FILE' for each archive in DIR.",
            ]
        }
        return lines.map { $0.isEmpty ? "#" : DockerfileText.comment($0) }
    }

    func builder() -> [String] {
        let base = plan.builder.base
        // What is for another platform than the image says so; all else is for the one that is built for.
        let platform = plan.isForeign ? "--platform=\(base.platform) " : ""
        var lines = ["FROM \(platform)\(reference(base)) AS \(plan.builder.name)"]
        if !["", "0", "0:0", "root"].contains(base.entry.user) { lines.append("USER 0:0") }
        for step in plan.builder.steps {
            lines += ["", DockerfileText.comment("\(step.name): \(step.reason)")]
            switch step.action {
            case .copy(let copy): lines += self.copy(copy)
            case .run(let command): lines += ["WORKDIR \(word(command.workingDirectory))", run(command)]
            }
        }
        return lines + stagedFiles() + gatheredLibraries()
    }

    func runtime() -> [String] {
        var lines = ["FROM \(reference(plan.runtime.base)) AS runtime"]
        if !libraries.isEmpty { lines.append("COPY --from=\(plan.builder.name) \(Self.gathered)/ /") }
        let others = plan.runtime.copies.filter { !libraries.contains($0) }
        for copy in others.sorted(by: { $0.group < $1.group }) {
            lines.append(
                "COPY --from=\(source(copy.from)) --chown=\(copy.owner) "
                    + DockerfileText.copy([copy.path.description], to: copy.destination.description))
        }
        lines += copiesOfStagedFiles()
        let config = plan.runtime.config
        for variable in config.environment {
            lines.append(
                DockerfileText.assignment(variable.name, variable.value.value).map { "ENV \($0)" }
                    ?? "# \(variable.name) holds a line break, which ENV cannot say: set it when the container starts")
        }
        for (name, value) in config.labels.sorted(by: { $0.key < $1.key }) {
            lines.append(
                DockerfileText.assignment(name, value).map { "LABEL \($0)" }
                    ?? DockerfileText.comment("the label \(name) holds a line break, which LABEL cannot say"))
        }
        lines += config.ports.map { "EXPOSE \($0.value)" }
        lines.append("WORKDIR \(word(config.workingDirectory))")
        lines.append("USER \(config.user.value)")
        if let signal = config.stopSignal { lines.append("STOPSIGNAL \(signal.value)") }
        lines.append("ENTRYPOINT \(DockerfileText.exec(config.entrypoint.value))")
        if !config.command.isEmpty { lines.append("CMD \(DockerfileText.exec(config.command))") }
        return lines
    }

    private func source(_ from: String) -> String {
        plan.images.first { $0.reference == from }?.pinnedReference ?? from
    }

    func reference(_ base: Base) -> String {
        let name = references[base.key] ?? base.entry.reference
        guard case .digest(let digest)? = base.pin, !name.contains("@") else { return name }
        return "\(name)@\(digest)"
    }

    private func word(_ path: ImagePath) -> String { DockerfileText.copy([], to: path.description) }

    /// One COPY a path: written with its whole destination it is right for a file and for a folder alike.
    private func copy(_ copy: SourceCopy) -> [String] {
        copy.paths.compactMap { path in
            guard let place = path.relative(to: copy.base) else { return nil }
            return "COPY " + DockerfileText.copy([path.description], to: copy.destination.appending(place).description)
        }
    }

    /// The exec form knows no variables of one step, and ENV would outlive it: `env` sets them, without a shell.
    private func run(_ command: RunCommand) -> String {
        var flags = ""
        var exports: [String] = []
        for mount in command.mounts {
            flags += " --mount=" + flag(mount)
            if case .secret(let id, nil, let variable?, let required) = mount {
                let file = "/run/secrets/\(id)"
                exports.append((required ? "" : "[ ! -f \(file) ] || ") + "export \(variable)=\"$(cat \(file))\"")
            }
        }
        let variables = command.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
        // A secret as a variable is younger than Docker 20.10: a shell reads the file.
        let shell = exports.isEmpty ? [] : ["sh", "-c", (exports + ["exec \"$@\""]).joined(separator: "; "), "sh"]
        return "RUN\(flags) " + DockerfileText.exec(["env"] + variables + shell + command.arguments)
    }

    private func flag(_ mount: Mount) -> String {
        switch mount {
        case .cache(let id, let target): "type=cache,id=\(id),target=\(target)"
        case .tmpfs(let target): "type=tmpfs,target=\(target)"
        case .ssh: "type=ssh"
        case .secret(let id, let target, _, let required):
            "type=secret,id=\(id)" + (target.map { ",target=\($0)" } ?? "") + (required ? ",required=true" : "")
        }
    }
}
