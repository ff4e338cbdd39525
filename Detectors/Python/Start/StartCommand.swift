import Planning

/// How the service starts, before it is known where programs lie.
struct StartCommand: Sendable {
    /// The command in the launcher's words: `${NAME}` reads a variable, `$$` is a dollar sign.
    var words: [String]
    /// The user's own text where only a shell understands it, and the construct that needs it.
    var shell: ShellText?
    /// Variables that the text sets or gives a default to.
    var environment: [String: Decided<String>] = [:]
    /// The folder of the service where it starts.
    var folder: SourcePath
    var reason: Reason
    var alternatives: [Alternative] = []
    /// The port that files name for it, before any option.
    var port: Decided<Int>?
    var framework: Decided<String>?
    /// Whether it listens for requests.
    var isWeb: Bool
    var warnings: [String] = []

    struct ShellText: Sendable, Hashable {
        let text: String
        let syntax: String
        let place: String
    }
}
