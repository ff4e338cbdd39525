import Planning

/// What makes a step of Maven or Gradle use the certificates and the proxy of the machine, which both ignore.
enum JavaNetwork {
    /// Nothing of it stays in the builder.
    static let mounts: [Mount] = []
    static let environment: [String: String] = [:]
    /// Shell text before the tool runs.
    static let prelude = "set -e\n"
}
