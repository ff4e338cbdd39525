import Formats
import Planning

/// What the steps of pip are given as arguments: each requirement, option and address is one.
struct PipArguments {
    let wanted: RequirementSet

    /// pip's options: those of requirements files, and the indexes of a manifest.
    var options: [String] {
        // Of several indexes in the place of the default one pip would take the last alone.
        let first = wanted.indexes.firstIndex(where: \.isDefault)
        return wanted.options.map(\.argument)
            + wanted.indexes.enumerated().map { ($0 == first ? "--index-url " : "--extra-index-url ") + $1.url }
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

    /// Fails at what would be read as something else than it is: a second line or an option of pip in a name, a version or
    /// an address, and a password that the plan would show.
    ///
    /// Lines of requirements files are left as they are: pip would read them just so, and their passwords are named by place.
    func check() throws(PlanError) {
        for one in wanted.requirements where one.text == nil {
            let parts = [one.name ?? "a", one.specifier.isEmpty ? "1" : one.specifier] + one.extras
            guard parts.allSatisfy({ $0.wholeMatch(of: /[A-Za-z0-9=<>!~][A-Za-z0-9.!+_*=<>~,\- ]*/) != nil }),
                one.hashes.allSatisfy({ $0.wholeMatch(of: /[a-z0-9]+[:=][A-Za-z0-9]+/) != nil })
            else {
                throw .unusable(
                    place: "\(one.evidence)",
                    what: "'\(Self.shown((one.name ?? "") + one.specifier))' is no package with a version and hashes",
                    fix: "write the file anew with the tool that made it")
            }
            if case .url(let address) = one.source { try check(address: address, one.evidence) }
            if case .local(let path) = one.source { try check(line: "\(path)", one.evidence) }
        }
        for index in wanted.indexes { try check(address: index.url, index.evidence) }
        for project in wanted.projects {
            for text in project.buildRequires {
                try check(line: text, project.evidence)
                guard text.trimmingSpaces().first.map({ $0.isLetter || $0.isNumber }) ?? false else {
                    throw .unusable(
                        place: "\(project.evidence)", what: "its build asks for '\(text)', which is no requirement",
                        fix: "write each of build-system.requires as in: \"setuptools>=61\"")
                }
            }
        }
    }

    private func check(address: String, _ evidence: Evidence) throws(PlanError) {
        try check(line: address, evidence)
        guard !address.hasPrefix("-"), !address.contains(/\s--/) else {
            throw .unusable(
                place: "\(evidence)", what: "'\(Self.shown(address))' is no address", fix: "write one without spaces")
        }
        guard !WrittenLine.hasPassword(address) else {
            throw .unusable(
                place: "\(evidence)", what: "the address holds a password, which everybody could read in the plan",
                fix: "take it out, and pass it with --secret id=netrc,src=FILE")
        }
    }

    /// Fails at a text that pip would read as several lines.
    private func check(line: String, _ evidence: Evidence) throws(PlanError) {
        let isBroken = line.unicodeScalars.contains {
            $0 != "\t" && $0.properties.generalCategory == .control || $0 == "\u{2028}" || $0 == "\u{2029}"
        }
        guard isBroken else { return }
        throw .unusable(
            place: "\(evidence)", what: "'\(Self.shown(line))' has a line break or a control character",
            fix: "write it in one line")
    }

    private static func shown(_ text: String) -> String {
        String(
            String.UnicodeScalarView(
                text.unicodeScalars.map { $0.properties.generalCategory == .control ? "?" : $0 }.prefix(100)))
    }

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
