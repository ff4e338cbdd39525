package import OCI

/// A value somebody asked for, and where: `--set python.version`, `AUTOIMAGE_PORT`, `autoimage.toml:3 port`.
package struct Requested<Value: Sendable & Hashable>: Sendable, Hashable {
    package let value: Value
    package let option: String

    package init(_ value: Value, by option: String) {
        self.value = value
        self.option = option
    }

    /// Why a plan holds this value.
    package var reason: Reason { .requested(option: option) }
}

/// The commit that sources are at, and a tag that points at it.
package struct SourceRevision: Sendable, Hashable {
    package let commit: String
    package let tag: String?

    package init(commit: String, tag: String?) {
        self.commit = commit
        self.tag = tag
    }
}

/// What the user asked for, with command line, environment and autoimage.toml already merged in that order.
package struct PlanOptions: Sendable {
    /// The service's name, from its folder.
    package var name: String
    /// What the image is for.
    package var platform: Platform = .host
    /// What the builder runs on, where its artifacts may travel.
    package var buildPlatform: Platform = .host
    package var language: Requested<String>?
    /// Which of several programs: a path or a name.
    package var app: Requested<String>?
    /// Which process of a Procfile starts by default.
    package var process: Requested<String>?
    /// `auto`, `debian`, `official`, or the file's own family name.
    package var bases: Requested<String>?
    /// The C library of the bases; glibc where nobody asks.
    package var libc: Requested<LibC.Family>?
    /// Wanted version by language.
    package var versions: [String: Requested<String>] = [:]
    /// Whose files say what is installed, where a service has those of several: `python.manager`.
    package var manager: Requested<String>?
    /// What only one language's rules read, by its key: `node.manager`, `java.runtime`.
    package var settings: [String: Requested<String>] = [:]
    /// Optional dependencies and dependency groups of the service's manifest to install: `python.extras`, `python.groups`.
    package var extras: [Requested<String>] = []
    package var groups: [Requested<String>] = []
    /// Whether a lock that does not fit its manifest is an error: `--locked`.
    package var isLocked = false
    /// What earlier builds resolved, by the plan's `resolutionKey`.
    package var resolutions: [String: Resolution] = [:]
    /// Debian packages to add to the builder and to the runtime.
    package var buildPackages: [Requested<String>] = []
    package var runtimePackages: [Requested<String>] = []
    /// Commands that replace the detected ones; a user's own text is split into arguments by `CommandLine.split`.
    package var installCommand: Requested<[String]>?
    package var buildCommand: Requested<[String]>?
    package var startCommand: Requested<[String]>?
    /// Whether the build command may reach the network.
    package var buildNetwork: Requested<Bool>?
    package var port: Requested<Int>?
    package var user: Requested<Owner>?
    /// Variables of the image.
    package var environment: [String: Requested<String>] = [:]
    /// Variables of the build's steps (`--build-env`).
    package var buildEnvironment: [String: Requested<String>] = [:]
    package var artifacts: [Requested<ExtraArtifact>] = []
    package var writable: [Requested<ImagePath>] = []
    package var processes: [String: Requested<[String]>] = [:]
    /// Secrets by id that the command line offers, and mounts that autoimage.toml asks for.
    package var offeredSecrets: [OfferedSecret] = []
    package var secretMounts: [Requested<SecretMount>] = []
    /// Whether `--ssh` forwards an agent to the steps that use the network.
    package var ssh = false
    package var labels: [String: Requested<String>] = [:]
    /// Build tags of Go: `go.tags`.
    package var tags: [Requested<String>] = []
    /// Variables of a Go program that get a word of the revision: `main.version=tag`.
    package var stamps: [Requested<String>] = []
    /// The revision of the sources, where they are under version control; read at the edge.
    package var revision: SourceRevision?

    package init(name: String) { self.name = name }

    /// A path of the builder, or of another image, to ship, and where to.
    package struct ExtraArtifact: Sendable, Hashable {
        /// The image's reference; nil for the builder.
        package let image: String?
        package let path: ImagePath
        package let destination: ImagePath

        package init(image: String? = nil, path: ImagePath, destination: ImagePath) {
            self.image = image
            self.path = path
            self.destination = destination
        }
    }

    /// A secret the user gave: as a file's contents or as a variable's value.
    ///
    /// The value itself never enters a plan.
    package struct OfferedSecret: Sendable, Hashable {
        package let id: String
        /// Whether it came from `env=`.
        package let isVariable: Bool

        package init(id: String, isVariable: Bool) {
            self.id = id
            self.isVariable = isVariable
        }
    }

    /// Which step sees which secret, and how.
    package struct SecretMount: Sendable, Hashable {
        package let id: String
        package let step: String
        package let target: ImagePath?
        package let variable: String?

        package init(id: String, step: String, target: ImagePath?, variable: String?) {
            self.id = id
            self.step = step
            self.target = target
            self.variable = variable
        }
    }
}
