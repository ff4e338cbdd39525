import Planning

/// How the installation reaches registries that not everybody may read: variables and secrets of its steps.
///
/// No secret's value is in the plan: managers read the mounted files and variables themselves.
struct RegistryAccess: Sendable, Hashable {
    /// Variables of the installation's steps.
    var environment: [String: String] = [:]
    /// Secrets of the installation's steps.
    var mounts: [Mount] = []
    /// Debian packages that the builder needs for it.
    var packages: [Decided<String>] = []
    var warnings: [String] = []
}
