extension PlanRule {
    static let sourceInsideBase = PlanRule(
        "source paths inside their base", claim: "every source path has its place in the builder"
    ) { plan in
        plan.builder.steps.flatMap { step -> [String] in
            guard case .copy(let copy) = step.action else { return [] }
            let none = copy.paths.isEmpty ? ["step '\(step.name)' copies nothing; name a path or drop the step"] : []
            return none
                + copy.paths.filter { !$0.isInside(copy.base) }.map {
                    "step '\(step.name)' copies \($0), which is outside \(copy.base); copy it in a step of its own"
                }
        }
    }

    static let stepOrder = PlanRule(
        "steps named and in order", claim: "every step has one name and comes after those it needs"
    ) { plan in
        var problems: [String] = []
        if !isName(plan.builder.name) || plan.builder.name == "runtime" {
            problems.append(
                "the builder stage's name '\(plan.builder.name)' cannot be used; write a letter, "
                    + "then letters, digits, - or _, and not 'runtime'")
        }
        var seen: Set<String> = []
        for step in plan.builder.steps {
            if !isName(step.name) {
                problems.append(
                    "the step name '\(step.name)' cannot be used; write a letter, then letters, digits, - or _")
            }
            for need in step.needs where !seen.contains(need) {
                problems.append("step '\(step.name)' needs '\(need)', which is no earlier step; put it before")
            }
            if !seen.insert(step.name).inserted {
                problems.append("two steps are named '\(step.name)'; rename one")
            }
        }
        return problems
    }

    static let programs = PlanRule(
        "every run step names a program", claim: "commands are argument arrays that start with a program"
    ) { plan in
        plan.runs.flatMap { step, command -> [String] in
            guard let program = command.arguments.first, !program.isEmpty else {
                return ["step '\(step)' runs no program; give its command"]
            }
            return command.arguments.contains { $0.utf8.contains(0) }
                ? ["an argument of step '\(step)' holds a null byte; take it out"] : []
        }
    }

    static let builderShell = PlanRule(
        "a shell where steps use one", claim: "every step that runs a shell finds it in the builder"
    ) { plan in
        guard plan.builder.base.entry.shell == nil else { return [] }
        return plan.runs.compactMap { step, command in
            guard let program = command.arguments.first, isShell(program) else { return nil }
            return "step '\(step)' runs \(program) and the builder base \(plan.builder.base.entry.id) has no shell; "
                + "write the command without one"
        }
    }

    static let mountsApart = PlanRule(
        "mounts hold no artifact", claim: "what a mount hides or throws away is not shipped"
    ) { plan in
        plan.runs.flatMap { step, command -> [String] in
            var seen: Set<ImagePath> = []
            let ids = command.mounts.compactMap(\.id).filter { !isMountID($0) }.map {
                "step '\(step)' has a mount with the id '\($0)'; write letters, digits and . _ - / : @ +"
            }
            return ids
                + command.mounts.compactMap(\.place).flatMap { target -> [String] in
                    let twice =
                        seen.insert(target).inserted ? [] : ["step '\(step)' has two mounts at \(target); move one"]
                    return twice
                        + plan.builder.artifacts.filter { $0.isInside(target) }.map {
                            "step '\(step)' mounts over \(target), so the artifact \($0) would be lost; mount elsewhere"
                        }
                }
        }
    }

    /// Whether a program is a shell by its name, wherever it lies.
    static func isShell(_ program: String) -> Bool {
        let name = program.split(separator: "/").last.map(String.init) ?? program
        return ["ash", "bash", "dash", "ksh", "sh", "zsh"].contains(name)
    }

    private static func isMountID(_ text: String) -> Bool {
        !text.isEmpty
            && text.unicodeScalars.allSatisfy {
                $0.isASCII
                    && ($0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "._-/:@+".unicodeScalars.contains($0))
            }
    }

    private static func isName(_ text: String) -> Bool {
        guard let first = text.utf8.first, (0x61...0x7A).contains(first) else { return false }
        return text.utf8.allSatisfy {
            (0x61...0x7A).contains($0) || (0x30...0x39).contains($0) || $0 == UInt8(ascii: "-")
                || $0 == UInt8(ascii: "_")
        }
    }
}

extension Mount {
    /// The name under which a cache persists or a secret is offered.
    var id: String? {
        switch self {
        case .cache(let id, _), .secret(let id, _, _, _): id
        case .ssh, .tmpfs: nil
        }
    }

    /// Where the mount appears in the builder; nil for an agent and for a secret that is only a variable.
    var place: ImagePath? {
        switch self {
        case .cache(_, let target), .tmpfs(let target): target
        case .secret(_, let target?, _, _): target
        case .secret(let id, nil, nil, _): try? ImagePath("/run/secrets").appending(id)
        case .secret(_, nil, _?, _), .ssh: nil
        }
    }
}
