import Detectors
import OCI
import Planning
import TestSupport

/// What a plan decided, small enough to read in a fixture's `expected.json`.
struct PlanSummary: Codable, Hashable {
    let decisions: [String: String]
    let builder: String
    let packages: [String]
    let runtime: String
    let steps: [String]
    let artifacts: [String]
    let entrypoint: [String]
    let environment: [String: String]
    let workingDirectory: String
    let ports: [Int]
    let processes: [String: [String]]
    let warnings: [String]

    init(_ plan: BuildPlan) {
        decisions = Dictionary(
            plan.decisions.map { ($0.name, "\($0.decided.value): \($0.decided.reason)") },
            uniquingKeysWith: { one, _ in one })
        builder = plan.builder.base.entry.id
        packages = plan.builder.base.packages.map { "\($0.value): \($0.reason)" }
        runtime = plan.runtime.base.entry.id
        steps = plan.builder.steps.map(Self.line)
        artifacts = plan.runtime.copies.map { "\($0.path) -> \($0.destination) (\($0.group.rawValue))" }
        entrypoint = plan.runtime.config.entrypoint.value
        environment = Dictionary(
            plan.runtime.config.environment.map { ($0.name, $0.value.value) }, uniquingKeysWith: { one, _ in one })
        workingDirectory = "\(plan.runtime.config.workingDirectory)"
        ports = plan.runtime.config.ports.map(\.value)
        processes = plan.runtime.config.processes.mapValues(\.value)
        warnings = plan.warnings
    }

    /// A step in one line: the small programs of steps by their first line.
    private static func line(_ step: Step) -> String {
        switch step.action {
        case .copy(let copy):
            return
                "\(step.name): copy \(copy.paths.map(\.description).joined(separator: " ")) of \(copy.base) to \(copy.destination)"
        case .run(let command):
            let words = command.arguments.map { $0.split(separator: "\n").first.map(String.init) ?? $0 }
            let network = command.network == .host ? " (network)" : ""
            return "\(step.name): in \(command.workingDirectory) run \(words.joined(separator: " "))\(network)"
        }
    }
}

/// The plan of a tree with the test catalog.
func plan(_ tree: any SourceTree, _ change: (inout PlanOptions) throws -> Void = { _ in }) throws -> BuildPlan {
    var options = PlanOptions(name: "service")
    options.platform = Platform(architecture: "amd64")
    options.buildPlatform = Platform(architecture: "amd64")
    try change(&options)
    return try Planner(detectors: Detectors.all, catalog: TestCatalog.catalog).plan(tree, options: options)
}

/// The plan of files in memory.
func plan(_ files: [String: String], _ change: (inout PlanOptions) throws -> Void = { _ in }) throws -> BuildPlan {
    try plan(MemorySourceTree(files), change)
}

/// What planning says where it fails; an empty text where it does not.
func planError(_ files: [String: String], _ change: (inout PlanOptions) throws -> Void = { _ in }) throws -> String {
    do { _ = try plan(files, change) } catch let error as PlanError { return error.description }
    return ""
}
