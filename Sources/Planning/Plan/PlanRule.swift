/// One rule that every plan keeps: to add one, add a value to `all` with its wording, and a row to its test.
package struct PlanRule: Sendable {
    /// Short and stable, as users see it: `one libc family`.
    package let name: String
    /// What holds where no problem is found, for people who read `--explain`.
    package let claim: String
    /// Whether the rule waits for pins, so that a plan printed without them is not broken yet.
    package let needsPins: Bool
    /// What is wrong, empty where nothing is.
    package let problems: @Sendable (BuildPlan) -> [String]
    /// Who asked that the rule does not count for a plan; nil where nobody did.
    package let waiver: @Sendable (BuildPlan) -> Reason?

    init(
        _ name: String, claim: String, needsPins: Bool = false,
        waiver: @escaping @Sendable (BuildPlan) -> Reason? = { _ in nil },
        problems: @escaping @Sendable (BuildPlan) -> [String]
    ) {
        self.name = name
        self.claim = claim
        self.needsPins = needsPins
        self.problems = problems
        self.waiver = waiver
    }

    /// All rules, in the order in which they are reported.
    package static let all: [PlanRule] = [
        knownPlatform, pinnedBases, oneLibCFamily, libCNoNewer, noLibCOnlyForStatic, oneRelease, oneABI,
        noToolchain, sourceInsideBase, stepOrder, programs, builderShell, mountsApart,
        declaredArtifacts, narrowArtifacts, onePathOnce, numericUser, startsInside, runtimeShell,
        workingDirectory, ports, variables, noSecrets,
    ]

    /// What the rule says about a plan that may not be pinned yet.
    package func outcome(for plan: BuildPlan) -> Outcome {
        let problems = problems(plan)
        if problems.isEmpty { return waiver(plan).map { .waived(by: $0) } ?? .holds }
        return needsPins ? .waits : .broken(problems: problems)
    }

    /// How a rule stands towards a plan.
    package enum Outcome: Hashable, Sendable {
        case holds
        /// The rule would be broken, but somebody asked for it.
        case waived(by: Reason)
        /// The rule is checked once the bases are pinned, before anything runs.
        case waits
        case broken(problems: [String])
    }
}

extension BuildPlan {
    /// Whether every artifact is statically linked: the plan says so in a decision named `linking` with value `static`.
    package var isStatic: Bool {
        decisions.contains { $0.name == "linking" && $0.decided.value == "static" }
    }

    /// The programs run in the builder, with the name of their step.
    var runs: [(step: String, command: RunCommand)] {
        builder.steps.compactMap { step in
            if case .run(let command) = step.action { (step.name, command) } else { nil }
        }
    }
}

extension Reason {
    /// Whether somebody asked for the value.
    var isRequested: Bool {
        if case .requested = self { true } else { false }
    }
}
