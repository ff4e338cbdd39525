import Formats
import Planning

/// Which Java a service asks for.
struct JavaVersion: Sendable {
    let request: VersionRequest?
    /// Files that ask for something else and lost.
    let warnings: [String]

    static func read(_ project: JavaProject) throws -> JavaVersion {
        let wishes = try JavaWishes.read(project)
        return try JavaVersionRule(wishes).version()
    }
}
