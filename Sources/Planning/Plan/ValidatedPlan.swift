/// A plan whose bases are fixed to exact bytes and whose shared libraries are those of the lock.
package struct PinnedPlan: Sendable, Hashable {
    package let plan: BuildPlan

    fileprivate init(plan: BuildPlan) { self.plan = plan }
}

/// A plan that an engine may run.
///
/// There is one way to have one: `PinnedPlan.validated()`.
package struct ValidatedPlan: Sendable, Hashable {
    package let plan: BuildPlan
}

extension BuildPlan {
    /// The plan with what `autoimage.lock` knows filled in: pins, and the shared libraries as ordinary artifacts.
    package func applying(_ pins: Pins) -> BuildPlan {
        var result = self
        result.builder.base.pin = pins.pin(of: builder.base)
        result.runtime.base.pin = pins.pin(of: runtime.base)
        for index in result.images.indices {
            result.images[index].digest = pins.images[result.images[index].key]
        }
        guard let libraries = pins.libraries[librariesKey] else { return result }
        result.runtime.librariesKnown = true
        for addition in libraries {
            let origin = [addition.package, addition.version].compactMap(\.self).joined(separator: " ")
            let users = addition.neededBy.map(\.description).joined(separator: ", ")
            // An image that the plan no longer copies from has no libraries to give.
            guard addition.image.map({ image in images.contains { $0.reference == image } }) ?? true else { continue }
            for file in addition.files where !result.runtime.copies.contains(where: { $0.destination == file }) {
                if addition.image == nil { result.builder.artifacts.append(file) }
                result.runtime.copies.append(
                    ArtifactCopy(
                        from: addition.image ?? builder.name, path: file, destination: file, group: .systemLibraries,
                        reason: .usual(why: "needed by \(users)" + (origin.isEmpty ? "" : ", from \(origin)"))))
            }
        }
        return result
    }

    /// The plan with every base pinned; fails naming the bases that `pins` does not know.
    package func pinned(by pins: Pins) throws(PinError) -> PinnedPlan {
        let plan = applying(pins)
        let missing =
            [plan.builder.base, plan.runtime.base].filter { $0.pin == nil }.map(\.key)
            + plan.images.filter { $0.digest == nil }.map(\.key)
        guard missing.isEmpty else { throw .unpinned(keys: missing) }
        return PinnedPlan(plan: plan)
    }
}

/// Why a plan cannot be pinned.
package enum PinError: Error, Equatable, CustomStringConvertible {
    case unpinned(keys: [String])

    package var description: String {
        switch self {
        case .unpinned(let keys):
            "no pin for \(keys.joined(separator: ", ")); 'autoimage lock' resolves and records them"
        }
    }
}

extension PinnedPlan {
    /// Checks every rule and reports every problem, not the first one.
    package func validated() throws(PlanRuleError) -> ValidatedPlan {
        let problems = PlanRule.all.flatMap { rule in rule.problems(plan).map { PlanProblem(rule: rule.name, text: $0) }
        }
        guard problems.isEmpty else { throw PlanRuleError(problems: problems) }
        return ValidatedPlan(plan: plan)
    }
}

/// A rule that a plan breaks, and how.
package struct PlanProblem: Hashable, Sendable, CustomStringConvertible {
    package let rule: String
    package let text: String

    package init(rule: String, text: String) {
        self.rule = rule
        self.text = text
    }

    package var description: String { "\(text) [\(rule)]" }
}

/// Everything that is wrong with a plan.
package struct PlanRuleError: Error, Equatable, CustomStringConvertible {
    package let problems: [PlanProblem]

    package init(problems: [PlanProblem]) { self.problems = problems }

    package var description: String {
        (["the plan breaks \(problems.count == 1 ? "a rule" : "\(problems.count) rules"):"]
            + problems.map { "  \($0)" }).joined(separator: "\n")
    }
}
