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
