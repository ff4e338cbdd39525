import BaseImages
import Detectors
import Files
import Formats
import OCI
import Planning
import SystemPackage

/// One image to build, planned for each platform: the offline half of every command.
struct PlannedService: Sendable {
    let folder: FilePath
    let tree: DirectoryTree
    let settings: Settings
    let secrets: SecretStore
    let lock: LockFile
    /// The commit of the sources, where they are under version control.
    let revision: String?
    /// A plan for each platform, in the order that was asked for, with what the lock knows; at least one.
    private(set) var plans: [BuildPlan]

    /// The plan for the first platform.
    var plan: BuildPlan { plans[0] }

    /// The program's name as part of an image's: what `{app}` stands for.
    var appName: String { settings.plan.app.map { Self.name(ofApp: $0.value) } ?? plan.name }

    private static func name(ofApp app: String) -> String {
        SettingsReader.imageName(app.split(separator: "/").last.map(String.init) ?? "")
    }

    /// The bases of all plans, each once.
    var bases: [Base] {
        var seen: Set<String> = []
        return plans.flatMap { [$0.builder.base, $0.runtime.base] }.filter { seen.insert($0.key).inserted }
    }

    /// Reads, plans and checks every rule that needs no network; fails with a `Failure` that says what to change, also
    /// where `--app` names several programs.
    init(_ arguments: PlanArguments, environment: [String: String] = ProcessEnvironment.current) throws {
        let all = try Self.all(arguments, environment: environment)
        guard all.count == 1 else {
            throw Failure(
                .usage,
                "--app \(all.compactMap { $0.settings.plan.app?.value }.joined(separator: ",")): "
                    + "several programs are built, planned and locked at once; name one for this command")
        }
        self = all[0]
    }

    /// The same for each program that `--app` names, in that order.
    static func all(
        _ arguments: PlanArguments, environment: [String: String] = ProcessEnvironment.current
    ) throws -> [PlannedService] {
        try translated {
            let source = try ServiceSource(arguments, environment: environment)
            let apps = source.settings.apps
            guard apps.count > 1 else { return [try PlannedService(source, app: apps.first, name: nil)] }
            let names = apps.map { name(ofApp: $0.value) }
            for (index, name) in names.enumerated() where names[..<index].contains(name) {
                throw Failure(
                    .usage, "--app: two programs would be images of one name, '\(name)'; build them one by one")
            }
            return try zip(apps, names).map { try PlannedService(source, app: $0, name: $1) }
        }
    }

    private init(_ source: ServiceSource, app: Requested<String>?, name: String?) throws {
        folder = source.folder
        tree = source.tree
        secrets = source.secrets
        lock = source.lock
        revision = source.revision
        var settings = source.settings
        settings.plan.app = app
        if let name { settings.plan.name += "-" + name }
        self.settings = settings
        plans = []
        plans = try plans(with: source.lock.pins)
        try lock.check(plans)
        try secrets.check(against: plans)
    }

    /// A plan for each platform, with what pins know.
    private func plans(with pins: Pins) throws -> [BuildPlan] {
        let planner = Planner(detectors: Detectors.all, catalog: try Self.catalog(settings.plan.bases))
        let platforms = settings.platforms.isEmpty ? [Platform.host] : settings.platforms.map(\.value)
        return try platforms.map { platform in
            var options = settings.plan
            options.platform = platform
            options.resolutions = pins.resolutions
            let plan = try planner.plan(tree, options: options).applying(pins)
            try plan.checkOffline()
            return plan
        }
    }

    /// The service planned again, with what was resolved since it was read.
    func planned(with pins: Pins) throws -> PlannedService {
        var result = self
        result.plans = try translated { try plans(with: pins) }
        return result
    }

    /// The plans in one of their forms.
    func rendered(_ format: PlanFormat, full: Bool = false) throws -> String {
        switch format {
        case .text: return plans.map { renderText($0, full: full) }.joined(separator: "\n")
        case .json: return try plans.count == 1 ? renderJSON(plan) : renderJSON(plans)
        case .dockerfile:
            guard plans.count == 1 else {
                throw Failure(.usage, "a Dockerfile is for one platform: choose one with --platform")
            }
            return renderDockerfile(plan)
        }
    }

    private static func catalog(_ wanted: Requested<String>?) throws -> BaseCatalog {
        guard let wanted, !["auto", "debian", "official"].contains(wanted.value) else {
            return try BaseImages.catalog()
        }
        guard let bytes = try HostFiles.read(FilePath(wanted.value)) else {
            throw Failure(
                .badConfiguration,
                "bases '\(wanted.value)' (\(wanted.option)): no such file; give auto, debian, official, or a catalog file"
            )
        }
        return try BaseImages.decode(file: bytes, name: wanted.value)
    }
}

extension BuildPlan {
    /// Checks every rule that does not wait for pins, before anything is fetched.
    func checkOffline() throws(PlanRuleError) {
        let problems = PlanRule.all.flatMap { rule -> [PlanProblem] in
            guard case .broken(let problems) = rule.outcome(for: self) else { return [] }
            return problems.map { PlanProblem(rule: rule.name, text: $0) }
        }
        guard problems.isEmpty else { throw PlanRuleError(problems: problems) }
    }
}
