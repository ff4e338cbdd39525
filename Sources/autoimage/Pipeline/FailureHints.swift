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
        return goHint(in: line)
    }

    /// What the go command says, and the way out.
    private static func goHint(in line: Substring) -> String? {
        if let match = line.firstMatch(of: #/go\.(?:mod|work) requires go >= ([\d.]+) \(running go ([\d.]+)/#)?.output {
            return
                "Go \(match.1) is asked for and the base has \(match.2): ask for less in the go line, or take a base with a "
                + "newer Go, as with --set go.version='>=\(match.1)' or --bases official"
        }
        if let match = line.firstMatch(of: #/Package ([\w.+-]+) was not found in the pkg-config search path/#)?.output {
            return "pkg-config does not know '\(match.1)': name the Debian package that has it with "
                + "--set build-packages=NAME-dev"
        }
        return goHints.first { line.firstMatch(of: $0.sign) != nil }?.advice
    }

    private static var goHints: [(sign: Regex<Substring>, advice: String)] {
        [
            (
                #/missing go\.sum entry|updates to go\.(?:mod|sum) needed|is not in your go\.mod file|no required module provides package/#,
                "go.mod and go.sum are not up to date: run 'go mod tidy' and keep both under version control"
            ),
            (
                #/inconsistent vendoring|is explicitly required in go\.mod, but not marked as explicit/#,
                "the vendor folder is not up to date: run 'go mod vendor', or 'go work vendor' in a workspace"
            ),
            (
                #/could not read (?:Username|Password)|terminal prompts disabled|Authentication failed for/#,
                "a module's server asks who you are: give a token with --secret id=github-token,env=VARIABLE (git-token with "
                    + "GOPRIVATE for other servers), or --secret id=netrc,src=$HOME/.netrc"
            ),
            (
                #/Permission denied \(publickey|Host key verification failed/#,
                "git's server refuses the key: forward an agent with --ssh, name the server with --build-env GOPRIVATE=HOST/*, and "
                    + "its key with --secret id=known_hosts,src=$HOME/.ssh/known_hosts"
            ),
            (
                #/: reading .*: (?:401|403|404|410) |unrecognized import path/#,
                "a module cannot be had from the proxy: name private ones with --build-env GOPRIVATE=HOST/TEAM/*, another proxy "
                    + "with --build-env GOPROXY=URL, or as a secret with --secret id=GOPROXY,env=GOPROXY"
            ),
            (
                #/verifying .*: checksum mismatch/#,
                "a module is not what go.sum says: find out who changed it before you remove its lines from go.sum"
            ),
            (
                #/pattern .*: no matching files found/#,
                "//go:embed names files that are not there: make them before the build, or let them in with --set ignore='!PATTERN'"
            ),
            (
                #/C compiler "[^"]+" not found|exec: "gcc": executable file not found/#,
                "C takes part and there is no compiler: --build-env CGO_ENABLED=1 adds one to the builder, CGO_ENABLED=0 leaves C out"
            ),
            (
                #/build constraints exclude all Go files in/#,
                "a package has no file for this build: it may need cgo (--build-env CGO_ENABLED=1) or a tag (--set go.tags=NAME)"
            ),
        ]
    }
}
