import Planning

/// What a start command comes to, once it is followed to its program.
struct StartOutcome: Sendable {
    var kind: Kind
    /// What its earlier commands build, which the image's build does instead.
    var builds: [NodeApplication.Build] = []
    var warnings: [String] = []

    enum Kind: Sendable {
        case server(NodeStart)
        /// A file server: its folder and whether it answers unknown paths with index.html, where its words say so.
        case site(folder: String?, isSinglePage: Bool?, Reason)
        /// Serves sources while somebody edits them: what it is called.
        case development(String)
        /// Can be no image's command: why, and what to do.
        case refused(String, fix: String)
        /// A framework's own production server that depends on how the framework is set up: `next start`.
        case framework(String, ScriptCommand)
    }
}
