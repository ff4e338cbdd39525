import OCI

/// Which files take part in a build for a platform (go/build, "Build Constraints").
struct GoConstraint: Sendable {
    let platform: Platform
    /// The tags that somebody asked for.
    var tags: Set<String> = []
    /// Whether C takes part.
    var cgo = false

    /// Whether a file takes part, by its name: `x_windows.go` and `x_arm64.go` do for those alone, `x_test.go` never.
    func allows(fileName: String) -> Bool {
        guard fileName.hasSuffix(".go"), !fileName.hasPrefix("_"), !fileName.hasPrefix(".") else { return false }
        var parts = fileName.dropLast(3).split(separator: "_", omittingEmptySubsequences: false).map(String.init)
        if parts.last == "test" { return false }
        // The first part is the name, whatever it says.
        parts.removeFirst()
        guard let last = parts.last else { return true }
        if Self.architectures.contains(last) {
            let system = parts.dropLast().last.flatMap { Self.systems.contains($0) ? $0 : nil }
            return last == platform.architecture && (system == nil || system == platform.os)
        }
        return !Self.systems.contains(last) || last == platform.os
    }

    /// Whether the expression of a `//go:build` line holds; one that cannot be read holds.
    func holds(_ expression: String) -> Bool {
        var parser = Parser(tokens: Self.tokens(expression)) { isSet($0) }
        return parser.alternatives() ?? true
    }

    private func isSet(_ tag: String) -> Bool {
        // No base that is maintained has an older Go than this.
        if let version = tag.wholeMatch(of: /go1\.(\d+)/).flatMap({ Int($0.output.1) }) { return version <= 24 }
        if tag == "cgo" { return cgo }
        return tags.contains(tag) || [platform.os, platform.architecture, "unix", "gc"].contains(tag)
    }

    /// `// +build` lines as one expression: a space is "or", a comma "and", and all lines must hold.
    static func expression(ofPlusBuild lines: [String]) -> String? {
        guard !lines.isEmpty else { return nil }
        return lines.map { line in
            let options = line.split(whereSeparator: { $0 == " " || $0 == "\t" }).map {
                "(" + $0.split(separator: ",").joined(separator: " && ") + ")"
            }
            return "(" + options.joined(separator: " || ") + ")"
        }.joined(separator: " && ")
    }

    private static func tokens(_ text: String) -> [String] {
        text.matches(of: /&&|\|\||!|\(|\)|[\w.]+/).map { String($0.output) }
    }

    /// `||` of `&&` of `!` and brackets.
    private struct Parser {
        let tokens: [String]
        var position = 0
        let isSet: (String) -> Bool
        /// How many brackets and negations are open.
        private var depth = 0
        /// Deeper nesting is refused: the stack is not endless.
        private static let depthLimit = 100

        init(tokens: [String], isSet: @escaping (String) -> Bool) {
            self.tokens = tokens
            self.isSet = isSet
        }

        mutating func alternatives() -> Bool? {
            guard var result = conjunction() else { return nil }
            while take("||") {
                guard let next = conjunction() else { return nil }
                result = result || next
            }
            return result
        }

        private mutating func conjunction() -> Bool? {
            guard var result = term() else { return nil }
            while take("&&") {
                guard let next = term() else { return nil }
                result = result && next
            }
            return result
        }

        private mutating func term() -> Bool? {
            depth += 1
            defer { depth -= 1 }
            guard depth <= Self.depthLimit else { return nil }
            if take("!") { return term().map { !$0 } }
            if take("(") {
                guard let inner = alternatives(), take(")") else { return nil }
                return inner
            }
            guard position < tokens.count else { return nil }
            position += 1
            return isSet(tokens[position - 1])
        }

        private mutating func take(_ token: String) -> Bool {
            guard position < tokens.count, tokens[position] == token else { return false }
            position += 1
            return true
        }
    }

    private static let systems: Set<String> = [
        "aix", "android", "darwin", "dragonfly", "freebsd", "hurd", "illumos", "ios", "js", "linux", "nacl", "netbsd",
        "openbsd", "plan9", "solaris", "wasip1", "windows", "zos",
    ]
    private static let architectures: Set<String> = [
        "386", "amd64", "arm", "arm64", "loong64", "mips", "mips64", "mips64le", "mipsle", "ppc64", "ppc64le",
        "riscv64", "s390x", "wasm",
    ]
}
