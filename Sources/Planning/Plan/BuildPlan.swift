package import OCI

/// Everything a build will do, and why: the value between detectors and engines.
///
/// Its JSON form is documented in `Sources/Planning/README.md`; the same tree and options give the same bytes.
package struct BuildPlan: Codable, Hashable, Sendable {
    package static let currentSchema = 1

    package let schemaVersion: Int
    /// The service's name: the image name where none is given.
    package var name: String
    /// The program that `--app` named, where one was: the lock keeps the shared libraries of each apart.
    package var app: String?
    package var language: Decided<String>
    package var platform: Platform
    /// Further decisions worth printing, as name and value: versions, framework, package manager.
    package var decisions: [Decision]
    package var builder: BuilderStage
    package var runtime: RuntimeStage
    /// Images beside the builder that artifacts are copied from.
    package var images: [SourceImage]
    /// What no lock fixes and no earlier build resolved; nil where everything is fixed.
    package var open: OpenRequirements?
    /// The inputs of the resolution in `autoimage.lock` that is installed; nil where none is.
    package var resolved: Digest?
    /// What the user should know: end of life, no lock file.
    package var warnings: [String]

    package init(
        name: String, language: Decided<String>, platform: Platform, decisions: [Decision], builder: BuilderStage,
        runtime: RuntimeStage, images: [SourceImage] = [], open: OpenRequirements? = nil, resolved: Digest? = nil,
        warnings: [String]
    ) {
        schemaVersion = Self.currentSchema
        self.name = name
        self.language = language
        self.platform = platform
        self.decisions = decisions
        self.builder = builder
        self.runtime = runtime
        self.images = images
        self.open = open
        self.resolved = resolved
        self.warnings = warnings
    }
}

/// A named decision that explains the plan.
package struct Decision: Codable, Hashable, Sendable {
    package let name: String
    package let decided: Decided<String>

    package init(_ name: String, _ decided: Decided<String>) {
        self.name = name
        self.decided = decided
    }
}

/// The base of one stage.
package struct Base: Codable, Hashable, Sendable {
    /// The catalog entry, whole, so that a plan stands alone.
    package let entry: BaseEntry
    /// Why this entry.
    package let reason: Reason
    package let alternatives: [Alternative]
    /// Debian packages that the plan adds to the entry's own.
    package let packages: [Decided<String>]
    package let platform: Platform
    /// nil until `pinned(by:)`.
    package var pin: Pin?

    private enum CodingKeys: String, CodingKey { case entry, reason, alternatives, packages, platform, pin }

    package init(
        entry: BaseEntry, reason: Reason, alternatives: [Alternative] = [], packages: [Decided<String>],
        platform: Platform, pin: Pin? = nil
    ) {
        self.entry = entry
        self.reason = reason
        self.alternatives = alternatives
        self.packages = packages
        self.platform = platform
        self.pin = pin
    }

    /// Under which `autoimage.lock` keeps the pin: `id[+package…]@platform`.
    package var key: String {
        ([entry.id] + Set(packages.map(\.value)).sorted()).joined(separator: "+") + "@\(platform)"
    }
}

extension Base {
    /// Writes a missing pin as `null`, so that readers see that the plan has none yet.
    package func encode(to encoder: any Encoder) throws {
        var container = encoder.container(keyedBy: CodingKeys.self)
        try container.encode(entry, forKey: .entry)
        try container.encode(reason, forKey: .reason)
        try container.encode(alternatives, forKey: .alternatives)
        try container.encode(packages, forKey: .packages)
        try container.encode(platform, forKey: .platform)
        try container.encode(pin, forKey: .pin)
    }
}

/// The stage with the toolchain: it is thrown away, only its artifacts leave it.
package struct BuilderStage: Codable, Hashable, Sendable {
    package var name: String
    /// How far the artifacts travel; only a native builder has to run on the plan's own platform.
    package var portability: Decided<Portability>
    package var base: Base
    /// In an order in which every step comes after those it needs.
    package var steps: [Step]
    /// Paths that may leave the stage.
    package var artifacts: [ImagePath]

    package init(
        name: String, portability: Decided<Portability> = BuilderStage.untold, base: Base, steps: [Step],
        artifacts: [ImagePath]
    ) {
        self.name = name
        self.portability = portability
        self.base = base
        self.steps = steps
        self.artifacts = artifacts
    }

    /// Where nobody says that artifacts travel, they do not.
    package static let untold = Decided(Portability.native, .usual(why: "what it makes is for its own platform"))
}

/// One thing done in the builder, on the files of the base and of the steps it needs.
package struct Step: Codable, Hashable, Sendable {
    /// Unique in the stage: `install`.
    package var name: String
    /// Names of earlier steps whose files this one sees, with what those need in turn.
    package var needs: [String]
    package var action: Action
    package var reason: Reason

    package init(name: String, needs: [String], action: Action, reason: Reason) {
        self.name = name
        self.needs = needs
        self.action = action
        self.reason = reason
    }

    package enum Action: Codable, Hashable, Sendable {
        case copy(source: SourceCopy)
        case run(command: RunCommand)
    }
}

/// Brings source files into the builder: each path lands at `destination` followed by its path in the source tree,
/// taken from `base`.
package struct SourceCopy: Codable, Hashable, Sendable {
    /// Files and folders (with all they hold); `.` is the whole tree.
    package var paths: [SourcePath]
    /// The folder of the source tree that becomes `destination`; every path lies inside it.
    package var base: SourcePath
    package var destination: ImagePath

    package init(paths: [SourcePath], base: SourcePath, destination: ImagePath) {
        self.paths = paths.sorted()
        self.base = base
        self.destination = destination
    }
}

/// A program run in the builder.
package struct RunCommand: Codable, Hashable, Sendable {
    /// The program and its arguments; no shell takes part.
    package var arguments: [String]
    package var environment: [String: String]
    package var workingDirectory: ImagePath
    package var mounts: [Mount]
    package var network: NetworkAccess

    package init(
        arguments: [String], environment: [String: String], workingDirectory: ImagePath, mounts: [Mount],
        network: NetworkAccess
    ) {
        self.arguments = arguments
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.mounts = mounts
        self.network = network
    }
}

/// What a step sees beside its files; nothing of it stays in the builder.
package enum Mount: Codable, Hashable, Sendable {
    /// A folder that persists between builds under `id`.
    case cache(id: String, target: ImagePath)
    /// A secret as a file (mode 0400) at `target`, `/run/secrets/<id>` where none is given, or as a variable.
    case secret(id: String, target: ImagePath?, variable: String?, required: Bool)
    /// The agent of `--ssh`.
    case ssh
    /// An empty folder in memory.
    case tmpfs(target: ImagePath)
}

/// What of the network a step may reach.
package enum NetworkAccess: String, Codable, Hashable, Sendable {
    /// A network namespace with only `lo`.
    case none
    /// The host's network.
    case host
}
