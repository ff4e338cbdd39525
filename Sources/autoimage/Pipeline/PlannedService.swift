import BaseImages
import Detectors
import Files
import Formats
import OCI
import Planning
import SystemPackage

/// A service's folder, read and planned: the offline half of every command.
struct PlannedService: Sendable {
    let folder: FilePath
    let tree: DirectoryTree
    let settings: Settings
    let secrets: SecretStore
    let lock: LockFile
    /// The commit of the sources, where they are under version control.
    let revision: String?
    /// The plan with what the lock knows.
    let plan: BuildPlan

    /// Reads, plans and checks every rule that needs no network; fails with a `Failure` that says what to change.
    init(_ arguments: PlanArguments, environment: [String: String] = ProcessEnvironment.current) throws {
        self = try translated { try Self(reading: arguments, environment: environment) }
    }

    private init(reading arguments: PlanArguments, environment: [String: String]) throws {
        folder = try Self.serviceFolder(arguments.path)
        secrets = try SecretStore(arguments.secrets, environment: environment)
        var settings = try SettingsReader(folder: folder, environment: environment, arguments: arguments).settings()
        settings.plan.offeredSecrets = secrets.offered
        settings.plan.ssh = arguments.ssh
        self.settings = settings
        let workspace = try WorkspaceRoot(of: folder)
        revision = try workspace.versionControl.flatMap { try GitRevision(of: $0)?.commit }
        tree = try DirectoryTree(
            root: workspace.root, service: workspace.service,
            extraIgnore: settings.ignore.map {
                try IgnoreRule(parsing: $0.value, origin: $0.option, folder: workspace.service)
            } + Self.ownState(in: workspace.root, environment))
        lock = try LockFile(folder: folder, locked: try arguments.lock.isLocked(environment))
        let catalog = try Self.catalog(settings.plan.bases)
        let planned = try Planner(detectors: Detectors.all, catalog: catalog).plan(tree, options: settings.plan)
        plan = planned.applying(lock.pins)
        try plan.checkOffline()
        try lock.check(plan)
        try secrets.check(against: plan)
    }

    /// The plan in one of its forms.
    func rendered(_ format: PlanFormat, full: Bool = false) throws -> String {
        switch format {
        case .text: renderText(plan, full: full)
        case .json: try renderJSON(plan)
        case .dockerfile: renderDockerfile(plan)
        }
    }

    /// Rules that keep our own state out of the tree, where it lies in it.
    private static func ownState(in root: FilePath, _ environment: [String: String]) throws -> [IgnoreRule] {
        var places: [FilePath] = []
        if let home = environment["AUTOIMAGE_HOME"], !home.isEmpty { places.append(FilePath(home)) }
        if let cache = environment["XDG_CACHE_HOME"] { places.append(FilePath(cache).appending("autoimage")) }
        if let user = environment["HOME"] { places.append(FilePath(user).appending(".cache/autoimage")) }
        return try places.compactMap { HostFiles.realPath($0) }.compactMap { place in
            guard place.starts(with: root), place != root else { return nil }
            let inside = place.components.dropFirst(root.components.count).map(\.string).joined(separator: "/")
            return try IgnoreRule(
                parsing: "/" + inside.map { "*?[\\".contains($0) ? "\\\($0)" : "\($0)" }.joined(),
                origin: "AUTOIMAGE_HOME")
        }
    }

    private static func serviceFolder(_ text: String) throws -> FilePath {
        guard let real = HostFiles.realPath(FilePath(text)) else {
            throw Failure(
                .inputMissing, "\(text): no such folder; give the service's folder, as in 'autoimage build ./service'")
        }
        guard HostFiles.isFolder(real) else {
            throw Failure(.inputMissing, "\(text): is not a folder; give the folder that holds the service")
        }
        return real
    }

    private static func catalog(_ wanted: Requested<String>?) throws -> BaseCatalog {
        guard let wanted, !["auto", "debian", "official"].contains(wanted.value) else {
            return try BaseImages.catalog()
        }
        guard let bytes = try HostFiles.read(FilePath(wanted.value)) else {
            throw Failure(
                .badConfiguration,
                "bases '\(wanted.value)' (\(wanted.option)): no such file; give auto, debian, or a catalog file")
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
