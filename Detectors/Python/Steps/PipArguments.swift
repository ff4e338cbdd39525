import Planning

/// What the steps of pip are given as arguments: each requirement, option and address is one.
struct PipArguments {
    let wanted: RequirementSet

    /// pip's options: those of requirements files, and the indexes of a manifest.
    var options: [String] {
        wanted.options.map(\.argument)
            + wanted.indexes.map { ($0.isDefault ? "--index-url " : "--extra-index-url ") + $0.url }
            + wanted.linkFolders.map { "--find-links \(PythonSteps.manifests.appending($0))" }
    }

    /// Packages that the projects' builds need, each list behind a mark of its own.
    var backends: [String] { wanted.buildRequires.flatMap { ["--backends"] + $0 } }

    /// For the step that fetches a closed set.
    var closed: [String] {
        // Where a requirements file has the hashes, pip looks for itself whether they are all there.
        (wanted.isRequirementsFile ? ["--with-dependencies"] : []) + options + wanted.lines + backends
    }

    /// For the step that fetches what an earlier step resolved.
    var resolved: [String] { ["--resolved"] + options + backends }

    /// For the step that resolves: what is asked for, and what was taken before.
    func open(previous: [ResolvedPackage]) -> [String] {
        let projects = wanted.projects.filter(\.asksBuild).map { project in
            let extras = project.extras.isEmpty ? "" : "[\(project.extras.joined(separator: ","))]"
            return "\(PythonSteps.manifests.appending(project.path))\(extras)"
        }
        let known = previous.filter { $0.url == nil }.map { "\($0.name)==\($0.version)" }
        return options + wanted.lines + projects + Self.part("--constraints", wanted.constraints.map(\.argument))
            + Self.part("--previous", known)
    }

    private static func part(_ mark: String, _ lines: [String]) -> [String] { lines.isEmpty ? [] : [mark] + lines }

    /// The arguments; fails where Linux would refuse them (execve(2): 128 KiB each, and we stay below the usual 2 MiB).
    static func checked(_ arguments: [String], of set: RequirementSet) throws(PlanError) -> [String] {
        var total = 0
        for argument in arguments {
            total += argument.utf8.count + 9
            guard argument.utf8.count < 128 << 10, total < 3 << 19 else {
                throw .unusable(
                    place: "\(set.root)",
                    what: "has more requirements and hashes than a program can be given (1.5 MiB)",
                    fix: "leave out the hashes of files for other platforms, as a lock of uv does")
            }
        }
        return arguments
    }
}
