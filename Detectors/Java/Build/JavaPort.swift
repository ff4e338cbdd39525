import Formats
import Planning

/// The port that a service's files name, and the variables by which its framework hears of another.
struct JavaPort: Sendable {
    let port: Decided<Int>?
    let environment: [String: Decided<String>]

    static func read(
        _ module: SourcePath, framework: Decided<String>?, of tree: any SourceTree
    ) throws -> JavaPort { JavaPort(port: nil, environment: [:]) }
}
