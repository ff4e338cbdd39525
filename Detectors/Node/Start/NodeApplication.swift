import Planning

/// What is built of a service and how that starts: the result of `NodeApplication.read`.
struct NodeApplication: Sendable {
    /// `Express`, `Next.js (standalone)`; nil where none is recognised.
    let framework: Decided<String>?
    /// Scripts and programs that build it, in order; empty where nothing is built.
    let builds: [Build]
    let kind: Kind
    let processes: [(name: String, start: NodeStart)]
    let warnings: [String]

    enum Kind: Sendable {
        /// A process of Node.
        case server(NodeStart)
        /// Files that a static server sends.
        case site(StaticSite)
    }

    /// One command of the build.
    struct Build: Sendable {
        /// `build`, `nx`, `prisma`.
        let name: String
        /// A script of package.json, run by the package manager, or a program of `node_modules/.bin` with its arguments.
        let command: Command
        let folder: SourcePath
        let environment: [String: String]
        /// Folders below the service that a build keeps between runs: `.next/cache`, `node_modules/.cache`.
        let caches: [String]
        let reason: Reason

        enum Command: Sendable, Hashable {
            case script(String)
            case program([String])
        }
    }

    /// What is built and how it starts; fails where nothing says it, with what was looked for.
    static func read(_ project: NodeProject, _ installation: NodeInstallation?) throws -> NodeApplication {
        try ApplicationReader(project: project, installation: installation).read()
    }
}

/// How a server starts, before it is known where programs lie.
struct NodeStart: Sendable {
    /// Arguments in the launcher's words; the first is `node`, a program of `node_modules/.bin`, or a path.
    var words: [String]
    /// The user's own text where only a shell understands it: the runtime then needs one.
    var shell: (text: String, syntax: String, place: String)?
    var environment: [String: Decided<String>] = [:]
    /// The folder where it starts.
    var folder: SourcePath
    var reason: Reason
    var alternatives: [Alternative] = []
    var port: Decided<Int>?
    /// Files that must be there after the build, relative to the service: `dist/main.js`; checked by the step `check`.
    var files: [String] = []
    /// What alone is shipped, as paths below the service (`.next/standalone`, `build`); empty for the service with its
    /// production dependencies.
    var outputs: [Output] = []
    /// Whether production `node_modules` is shipped beside.
    var needsModules = true
    var isWeb = true

    /// A path that the build makes, and where it lies in the image below the service's folder.
    struct Output: Sendable, Hashable {
        let path: String
        let destination: String
    }
}
