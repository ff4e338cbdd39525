import Planning

/// The port on which a program of Node listens by itself, as far as plain calls tell.
struct NodeListening: Sendable {
    /// nil where only the variable `PORT` says it.
    var port: Int?
    var evidence: Evidence
    /// Whether it listens where only the same machine reaches it, and where that is written.
    var loopback: Evidence?

    /// The most files that are looked at.
    private static let limit = 60

    /// What the files say that a start reaches by relative imports; nil where none listens.
    static func of(_ entries: [SourcePath], in tree: any SourceTree) -> NodeListening? {
        var queue = entries
        var seen = Set(entries)
        var index = 0
        var variable: (Int?, Evidence)?
        var literal: (Int?, Evidence)?
        var loopback: Evidence?
        while index < queue.count, index < limit {
            defer { index += 1 }
            guard let source = JavaScriptSource.read(queue[index], of: tree) else { continue }
            if variable == nil || variable?.0 == nil, let found = self.variable(source),
                found.0 != nil || variable == nil
            {
                variable = found
            }
            if literal == nil { literal = listening(source) }
            if loopback == nil { loopback = self.loopback(source) }
            for name in source.relativeImports {
                guard let path = resolve(name, from: queue[index], tree), seen.insert(path).inserted else { continue }
                queue.append(path)
            }
        }
        guard let found = literal ?? variable else { return nil }
        // A variable with a default tells more than a call with a name.
        let best = found.0 == nil ? (variable ?? found) : (variable.flatMap { $0.0 == nil ? nil : $0 } ?? found)
        guard literal != nil || variable != nil else { return nil }
        return NodeListening(port: best.0, evidence: best.1, loopback: loopback)
    }

    /// The variable `PORT`, or one that ends so, with its default.
    private static func variable(_ source: JavaScriptSource) -> (Int?, Evidence)? {
        let text = source.text
        let access =
            /(?:process\.env|import\.meta\.env|\benv|\bEnv)(?:\.get)?[.\[(]?\s*["']?\w*PORT["']?\s*[\])]?\s*[)!]?\s*,?\s*(?:\|\||\?\?|,)?\s*(?:(?:Number|parseInt)\()?["']?(\d{2,5})?\b/
        if let match = text.firstMatch(of: access) {
            return (match.output.1.flatMap { Int($0) }, source.evidence(at: match.range.lowerBound))
        }
        if let match = text.firstMatch(of: /\{[^{}]*\bPORT\b\s*(?:=\s*["']?(\d{2,5}))?[^{}]*\}\s*=\s*process\.env/) {
            return (match.output.1.flatMap { Int($0) }, source.evidence(at: match.range.lowerBound))
        }
        return nil
    }

    /// A call that listens, with its port where that is a number or a name for one.
    private static func listening(_ source: JavaScriptSource) -> (Int?, Evidence)? {
        let text = source.text
        if let match = text.firstMatch(of: /\.listen\(\s*(?:\{[^}]*?\bport\s*:\s*)?([\w.]+)?/) {
            return (number(match.output.1, source), source.evidence(at: match.range.lowerBound))
        }
        if let match = text.firstMatch(
            of:
                /\b(?:serve|startStandaloneServer|createServer|new\s+Server|server|Server)\(\s*[\s\S]{0,300}?\bport\s*:\s*([\w.]+)/
        ) {
            return (number(match.output.1, source), source.evidence(at: match.range.lowerBound))
        }
        if let match = text.firstMatch(of: /\bserve\(\s*(?:app|\{)/) {
            return (nil, source.evidence(at: match.range.lowerBound))
        }
        return nil
    }

    private static func number(_ word: Substring?, _ source: JavaScriptSource) -> Int? {
        guard let word else { return nil }
        if let port = Int(word) { return port > 0 ? port : nil }
        guard word.wholeMatch(of: /[A-Za-z_]\w*/) != nil else { return nil }
        for match in source.text.matches(of: /\b(?:const|let|var)\s+(\w+)(?:\s*:\s*\w+)?\s*=\s*(\d{2,5})\b/)
        where match.output.1 == word { return Int(match.output.2) }
        return nil
    }

    private static func loopback(_ source: JavaScriptSource) -> Evidence? {
        source.text.firstMatch(of: /\.listen\([^)]*["'](?:127\.0\.0\.1|localhost|::1)["']/).map {
            source.evidence(at: $0.range.lowerBound)
        }
    }

    private static func resolve(_ name: String, from file: SourcePath, _ tree: any SourceTree) -> SourcePath? {
        guard let target = (file.parent ?? .root).resolving(name) else { return nil }
        if tree.hasFile(target) { return target.name.contains(/\.[cm]?[jt]sx?$/) ? target : nil }
        guard let parent = target.parent else { return nil }
        // TypeScript writes the compiled name.
        let stem = target.name.replacing(/\.[cm]?jsx?$/, with: "")
        for suffix in ["js", "ts", "mjs", "cjs", "mts", "cts", "tsx", "jsx"] {
            for base in [stem, target.name] {
                let path = parent.appending(name: "\(base).\(suffix)")
                if tree.hasFile(path) { return path }
            }
        }
        for suffix in ["js", "ts"] {
            let path = target.appending(name: "index.\(suffix)")
            if tree.hasFile(path) { return path }
        }
        return nil
    }
}

extension JavaScriptSource {
    /// Names of the service's own files that this file imports.
    var relativeImports: [String] {
        text.matches(of: /(?:\bfrom\s*|\bimport\s*\(?\s*|\brequire\s*\(\s*)["'](\.{1,2}\/[^"'\n]*|\.{1,2})["']/).map {
            String($0.output.1)
        }
    }
}
