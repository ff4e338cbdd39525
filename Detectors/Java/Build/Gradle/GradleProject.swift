import Formats
import Planning

/// One project of a Gradle build: its own script, and what the root's script and convention plugins give it.
struct GradleProject: Sendable {
    /// `:`, or `:services:api`.
    let name: String
    let folder: SourcePath
    /// nil for a folder without a script, which the root's script may configure.
    let script: GradleScript?
    /// The scripts that configure it: its own, those of the convention plugins it applies.
    let scripts: [GradleScript]
    let plugins: [GradlePlugin]
    let catalog: GradleCatalog
    /// `gradle.properties` of the project and of the root.
    let properties: [(path: SourcePath, values: JavaProperties)]

    /// The last word of the name; for the root the build's own.
    let shortName: String

    /// The plugin of one of several ids, in their order.
    func plugin(_ ids: String...) -> GradlePlugin? {
        ids.lazy.compactMap { id in plugins.first { $0.id == id } }.first
    }

    /// The first match of a pattern in any of its scripts.
    func first(_ pattern: Regex<(Substring, Substring)>) -> (value: String, evidence: Evidence)? {
        scripts.lazy.compactMap { $0.first(pattern) }.first
    }

    /// What an expression stands for, where it is a number, a text, a variable, a property or an entry of the catalog.
    func resolve(_ expression: String, at evidence: Evidence) -> (value: String, evidence: Evidence)? {
        var text = expression.trimmingSpaces()
        if let inner = text.firstMatch(of: #/^["']([^"'$]+)["']/#)?.output.1 { return (String(inner), evidence) }
        if let number = text.firstMatch(of: #/^\d[\d.]*/#)?.output { return (String(number), evidence) }
        if let accessor = text.firstMatch(of: #/libs\.versions\.([\w.]+?)(?:\.get\(\)|\.asProvider\(\)|$)/#)?.output.1 {
            return catalog.version(String(accessor))
        }
        if let inner = text.firstMatch(of: #/["'$]\{?([A-Za-z_][\w.]*)\}?["']?/#)?.output.1 { text = String(inner) }
        guard let name = text.firstMatch(of: #/[A-Za-z_][\w]*(?:\.[A-Za-z_]\w*)*/#).map({ String($0.output) }) else {
            return nil
        }
        let last = String(name.split(separator: ".").last ?? "")
        if let pattern = try? Regex<(Substring, Substring)>(
            "(?:^|[\\s.;{])\(last)\\s*(?::\\s*\\w+\\s*)?=\\s*[\"']?([\\w.]+)", as: (Substring, Substring).self),
            let found = first(pattern)
        {
            return found
        }
        for (path, values) in properties {
            guard let value = values[name] ?? values[last] else { continue }
            return (value.value, Evidence(path: path, line: value.line, excerpt: "\(last)=\(value.value)"))
        }
        return nil
    }

    /// Names of projects that it depends on: `project(":lib")`, `projects.lib.core`.
    var projectDependencies: [String] {
        scripts.flatMap { script in
            script.all(#/project\s*\(?\s*(?:path\s*[:=]\s*)?["'](:[^"']+)["']/#).map(\.value)
                + script.all(#/[\s(]projects\.([A-Za-z][\w.]*)/#).map { ":" + $0.value.replacing(".", with: ":") }
        }
    }

    /// The first dependency whose text has a part: `io.ktor:ktor-server`, of scripts and of the catalog.
    func dependency(_ part: String) -> Evidence? {
        for script in scripts {
            for found in script.all(#/["']([\w.-]+:[\w.-]+)[:"'@]/#) where found.value.contains(part) {
                return found.evidence
            }
            for found in script.all(#/[\s(]libs\.([\w.]+)/#) {
                if let module = catalog.library(found.value), module.contains(part) { return found.evidence }
            }
        }
        return nil
    }
}

/// A plugin that a script applies.
struct GradlePlugin: Sendable, Hashable {
    let id: String
    let version: String?
    let evidence: Evidence
}

extension GradleScript {
    /// The plugins that a script applies to its own project.
    func plugins(_ catalog: GradleCatalog) -> [GradlePlugin] {
        var result: [GradlePlugin] = []
        for block in blocks("plugins") {
            // A later line may say `apply false`: each statement is read to its line's end.
            var index = block.lowerBound
            while index < block.upperBound {
                let end =
                    text.utf8[index..<block.upperBound].firstIndex { $0 == 0x0A || $0 == 0x3B } ?? block.upperBound
                if let plugin = plugin(text[index..<end], catalog) { result.append(plugin) }
                index = end < block.upperBound ? text.utf8.index(after: end) : block.upperBound
            }
        }
        let outer = ["subprojects", "allprojects", "configure(?:\\([^)]*\\))?"].flatMap(blocks)
        result += applied(in: text.startIndex..<text.endIndex, except: outer)
        return result
    }

    /// The plugins that a root's script applies to projects below it.
    func pluginsOfOthers(_ catalog: GradleCatalog) -> [GradlePlugin] {
        (blocks("subprojects") + blocks("allprojects")).flatMap { applied(in: $0, except: []) }
    }

    private func applied(in range: Range<String.Index>, except: [Range<String.Index>]) -> [GradlePlugin] {
        text[range].matches(of: #/apply\s*\(?\s*plugin\s*[:=]\s*["']([\w.-]+)["']/#).compactMap { match in
            let place = match.output.1.startIndex
            guard !except.contains(where: { $0.contains(place) }) else { return nil }
            return GradlePlugin(id: Self.long(String(match.output.1)), version: nil, evidence: evidence(place))
        }
    }

    private func plugin(_ statement: Substring, _ catalog: GradleCatalog) -> GradlePlugin? {
        let words = statement.trimmingSpaces()
        guard !words.isEmpty, words.firstMatch(of: #/\bapply\s*\(?\s*false/#) == nil else { return nil }
        let place = statement.firstIndex { !$0.isWhitespace } ?? statement.startIndex
        let version = words.firstMatch(of: #/\bversion\s*\(?\s*["']([^"']+)["']/#).map { String($0.output.1) }
        if let match = words.firstMatch(of: #/^id\s*\(?\s*["']([\w.-]+)["']/#) {
            return GradlePlugin(id: Self.long(String(match.output.1)), version: version, evidence: evidence(place))
        }
        if let match = words.firstMatch(of: #/^kotlin\s*\(\s*["']([\w.-]+)["']/#) {
            return GradlePlugin(
                id: "org.jetbrains.kotlin.\(match.output.1)", version: version, evidence: evidence(place))
        }
        if let match = words.firstMatch(of: #/^alias\s*\(?\s*libs\.plugins\.([\w.]+)/#),
            let found = catalog.plugin(String(match.output.1))
        {
            return GradlePlugin(id: found.id, version: found.version, evidence: evidence(place))
        }
        if let match = words.wholeMatch(of: #/`?([a-z][\w-]*(?:\.[\w-]+)*)`?/#) {
            return GradlePlugin(id: Self.long(String(match.output.1)), version: nil, evidence: evidence(place))
        }
        return nil
    }

    /// Gradle's own plugins are known by their short names.
    private static func long(_ id: String) -> String { id.hasPrefix("org.gradle.") ? String(id.dropFirst(11)) : id }
}
