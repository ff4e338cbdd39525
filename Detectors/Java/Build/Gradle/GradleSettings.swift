import Planning

/// What settings say of the projects of a build.
extension GradleScript {
    /// The projects of `include 'a', 'b:c'` and `include(":a")`, as `:b:c`.
    var includes: [(name: String, evidence: Evidence)] {
        var names: [(name: String, evidence: Evidence)] = []
        for match in text.matches(of: #/(?:^|[\s;{])include\b\s*\(?((?:\s*["'][^"'\n]+["']\s*,?)+)/#) {
            for name in match.output.1.matches(of: #/["']([^"']+)["']/#) {
                let text = String(name.output.1)
                names.append((text.hasPrefix(":") ? text : ":\(text)", evidence(name.output.1.startIndex)))
            }
        }
        return names
    }

    /// The folder of a project, from that of the settings; `projectDir` moves it.
    func folder(of project: String) -> String {
        let pattern = try? Regex<(Substring, Substring)>(
            "project\\s*\\(\\s*[\"']\(RegexText.escaped(project))[\"']\\s*\\)\\.projectDir\\s*=\\s*[^\\n]*?[\"']([^\"'\\n]+)[\"']",
            as: (Substring, Substring).self)
        let moved = pattern.flatMap { first($0) }
        return moved?.value.replacing(#/^\$\{?(?:rootDir|settingsDir)\}?\//#, with: "")
            ?? project.split(separator: ":").joined(separator: "/")
    }
}

/// Text as a part of a regular expression.
private enum RegexText {
    static func escaped(_ text: String) -> String {
        text.map { $0.isLetter || $0.isNumber || $0 == ":" ? "\($0)" : "\\\($0)" }.joined()
    }
}
