extension PlanRule {
    static let noSecrets = PlanRule(
        "no secret in the plan", claim: "secrets reach steps as mounts only, never as text"
    ) { plan in
        let secrets = secretNames(of: plan)
        let config = plan.runtime.config
        var problems: [String] = []
        for (place, name) in variables(of: plan) where secrets.contains(name.lowercased()) {
            problems.append("\(place) sets \(name), which is the name of a secret; leave it to the secret's mount")
        }
        for label in config.labels.keys.sorted() where secrets.contains(label.lowercased()) {
            problems.append("the label \(label) has the name of a secret; labels are public, drop it")
        }
        for (place, text) in texts(of: plan) where holdsPassword(text) {
            problems.append("\(place) holds a password in a URL; pass it as a secret or when the container starts")
        }
        return problems
    }

    /// Ids and variables of all secret mounts, in lower case.
    private static func secretNames(of plan: BuildPlan) -> Set<String> {
        var names: Set<String> = []
        for (_, command) in plan.runs {
            for case .secret(let id, _, let variable, _) in command.mounts {
                names.insert(id.lowercased())
                if let variable { names.insert(variable.lowercased()) }
            }
        }
        return names
    }

    private static func variables(of plan: BuildPlan) -> [(place: String, name: String)] {
        plan.runtime.config.environment.map { ("the image's environment", $0.name) }
            + plan.runs.flatMap { run in run.command.environment.keys.sorted().map { ("step '\(run.step)'", $0) } }
    }

    /// Every text of the plan that ends up in an image or in what engines keep, and where it stands.
    private static func texts(of plan: BuildPlan) -> [(place: String, text: String)] {
        let config = plan.runtime.config
        var texts: [(place: String, text: String)] = []
        for (step, command) in plan.runs {
            texts += command.arguments.map { ("an argument of step '\(step)'", $0) }
            texts += command.environment.sorted { $0.key < $1.key }.map {
                ("the variable \($0.key) of step '\(step)'", $0.value)
            }
        }
        texts += (config.entrypoint.value + config.command).map { ("the start command", $0) }
        for (name, process) in config.processes.sorted(by: { $0.key < $1.key }) {
            texts += process.value.map { ("the process '\(name)'", $0) }
        }
        texts += config.environment.map { ("the variable \($0.name) of the image", $0.value.value) }
        texts += config.labels.sorted { $0.key < $1.key }.map { ("the label \($0.key)", $0.value) }
        texts += plan.runtime.files.map { ("the file \($0.path)", $0.contents ?? "") }
        return texts
    }
}

/// Where the passwords of URLs with user information (RFC 3986, 3.2.1) stand; a variable's name is no password.
func passwordRanges(in text: String) -> [Range<String.Index>] {
    var ranges: [Range<String.Index>] = []
    var rest = text[...]
    while let mark = rest.firstRange(of: "://") {
        let authority = rest[mark.upperBound...].prefix { !$0.isWhitespace && !"/?#\"'<>".contains($0) }
        rest = rest[authority.endIndex...]
        guard let at = authority.lastIndex(of: "@"), let colon = authority[..<at].firstIndex(of: ":") else { continue }
        let password = authority[authority.index(after: colon)..<at]
        guard !password.isEmpty, !password.hasPrefix("$"), !password.hasPrefix("%(") else { continue }
        ranges.append(password.startIndex..<password.endIndex)
    }
    return ranges
}

private func holdsPassword(_ text: String) -> Bool { !passwordRanges(in: text).isEmpty }
