/// One rule that every plan keeps: to add one, add a value to `all` with its wording, and a row to its test.
package struct PlanRule: Sendable {
    /// Short and stable, as users see it: `one libc family`.
    package let name: String
    /// What is wrong, empty where nothing is.
    package let problems: @Sendable (BuildPlan) -> [String]

    /// All rules, in the order in which they are reported.
    package static let all: [PlanRule] = []
}
