import Planning
import Synchronization

/// Watches what steps print for causes that have a known remedy, for a compiler's own words are seldom among the last.
final class FailureHints: Sendable {
    private let found = Mutex<[String]>([])

    /// Looks at one event of a build.
    func note(_ event: BuildEvent) {
        guard case .stepOutput(_, let text) = event else { return }
        for line in text.split(separator: "\n") {
            guard let hint = Self.hint(in: line) else { continue }
            found.withLock { if $0.count < 5, !$0.contains(hint) { $0.append(hint) } }
        }
    }

    /// The failure with the remedies that are known.
    func explain(_ failure: StepFailure) -> String {
        (["\(failure)"] + found.withLock { $0 }).joined(separator: "\n")
    }

    private static func hint(in line: Substring) -> String? {
        if let match = line.firstMatch(of: #/fatal error: ([\w.+/-]+\.h\w*): No such file or directory/#)?.output {
            return "the header '\(match.1)' is missing: name the Debian package that has it with "
                + "--set build-packages=NAME-dev, or build-packages in autoimage.toml"
        }
        if let match = line.firstMatch(of: #/cannot find -l([\w.+-]+)/#)?.output {
            return "the library '\(match.1)' is missing: name the Debian package that has it with "
                + "--set build-packages=NAME-dev, or build-packages in autoimage.toml"
        }
        if let match = line.firstMatch(
            of: #/(?:error: command '|: )([\w.+-]+)(?:' failed: |: )No such file or directory$/#)?.output,
            ["pkg-config", "cmake", "cargo", "rustc", "gfortran", "swig", "git", "ninja"].contains(String(match.1))
        {
            return "the program '\(match.1)' is missing: add its Debian package with --set build-packages=NAME"
        }
        return nil
    }
}
