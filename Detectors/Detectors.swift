package import Planning

/// The languages that are known.
///
/// To add one: a folder here with a type that conforms to `Detector`, and its name below.
package enum Detectors {
    /// In the order in which candidates are listed.
    package static let all: [any Detector] = [GoDetector(), JavaDetector(), NodeDetector(), PythonDetector()]

    /// How their workspaces claim a service that lies below.
    package static var workspaces: [WorkspaceRule] { all.flatMap(\.workspaces) }
}
