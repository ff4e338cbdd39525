import Formats
import Planning

/// A `go.mod`, as far as a build reads it (Go Modules Reference, "go.mod files").
struct GoModule: Sendable {
    /// Where the file is.
    let path: SourcePath
    /// The module's path: `example.com/shop`.
    let name: String
    /// The `go` and `toolchain` lines.
    let goLine: Line?
    let toolchainLine: Line?
    /// The modules that are required, in the order of the file.
    let requires: [Line]
    /// Folders that a `replace` puts in place of a module, as written: `./lib`, `../lib`.
    let localReplacements: [Line]

    /// A value and where it stands.
    struct Line: Hashable, Sendable {
        let value: String
        let evidence: Evidence
    }

    /// Parses the text; fails at a line that no `go.mod` has.
    init(parsing text: String, path: SourcePath) throws(PlanError) {
        var lines: [String: [Line]] = [:]
        var block: String?
        for (index, raw) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            let words = Self.words(raw)
            guard let first = words.first else { continue }
            if block != nil, words == [")"] {
                block = nil
                continue
            }
            if block == nil, words.count == 2, words[1] == "(" {
                block = first
                continue
            }
            let verb = block ?? first
            let value = (block == nil ? words.dropFirst() : words[...]).joined(separator: " ")
            guard !value.isEmpty else {
                throw .unusable(
                    place: "\(path):\(index + 1)", what: "'\(first)' has no value", fix: "check it with 'go mod edit'")
            }
            let evidence = Evidence(path: path, line: index + 1, excerpt: raw.trimmingSpaces())
            lines[verb, default: []].append(Line(value: value, evidence: evidence))
        }
        guard let module = lines["module"]?.first else {
            throw .unusable(place: "\(path)", what: "has no module line", fix: "write one with 'go mod init NAME'")
        }
        self.path = path
        name = module.value
        goLine = lines["go"]?.first
        toolchainLine = lines["toolchain"]?.first
        requires = lines["require"] ?? []
        localReplacements = (lines["replace"] ?? []).compactMap { line in
            guard let target = line.value.firstRange(of: "=> ").map({ line.value[$0.upperBound...] }),
                target.hasPrefix("./") || target.hasPrefix("../") || target.hasPrefix("/")
            else { return nil }
            return Line(value: String(target), evidence: line.evidence)
        }
    }

    /// The words of a line without its comment; quotes are taken off.
    private static func words(_ line: Substring) -> [String] {
        let text = line.firstRange(of: "//").map { line[..<$0.lowerBound] } ?? line
        let words = text.split { $0 == " " || $0 == "\t" || $0 == "\r" }.map(String.init)
        return words.map { word in
            guard word.count > 1, let quote = word.first, "\"`".contains(quote), word.last == quote else { return word }
            return String(word.dropFirst().dropLast())
        }
    }

    /// The name that `go build` gives the program of the module's own folder: the last part of the module's path that is
    /// no major version.
    var programName: String {
        let parts = name.split(separator: "/").map(String.init)
        let isVersion = parts.count > 1 && parts.last?.wholeMatch(of: /v[0-9]+/) != nil
        return parts.dropLast(isVersion ? 1 : 0).last ?? name
    }
}
