import Formats
import Planning

/// A Gradle script, read by careful patterns: a program that is not run can only be read for what it writes out.
struct GradleScript: Sendable {
    let path: SourcePath
    /// Without comments, every character at its place.
    let text: String

    static func read(_ path: SourcePath, of tree: any SourceTree) throws -> GradleScript? {
        guard let text = try tree.text(at: path) else { return nil }
        return GradleScript(path: path, text: JavaText.withoutComments(text))
    }

    /// `build.gradle` or `build.gradle.kts` of a folder.
    static func build(in folder: SourcePath, of tree: any SourceTree) throws -> GradleScript? {
        try read(folder.appending(name: "build.gradle"), of: tree)
            ?? read(folder.appending(name: "build.gradle.kts"), of: tree)
    }

    /// `settings.gradle` or `settings.gradle.kts` of a folder.
    static func settings(in folder: SourcePath, of tree: any SourceTree) throws -> GradleScript? {
        try read(folder.appending(name: "settings.gradle"), of: tree)
            ?? read(folder.appending(name: "settings.gradle.kts"), of: tree)
    }

    var isKotlin: Bool { path.name.hasSuffix(".kts") }

    /// The line of a place, counted from 1.
    func line(_ index: String.Index) -> Int { text.utf8[..<index].count { $0 == 0x0A } + 1 }

    /// A place as evidence, with the words of its line.
    func evidence(_ index: String.Index) -> Evidence {
        let start = text.utf8[..<index].lastIndex(of: 0x0A).map { text.utf8.index(after: $0) } ?? text.startIndex
        let end = text.utf8[index...].firstIndex(of: 0x0A) ?? text.endIndex
        return Evidence(
            path: path, line: line(index), excerpt: String(text[start..<end].trimmingSpaces().prefix(120)))
    }

    /// The first match of a pattern with one group.
    func first(_ pattern: Regex<(Substring, Substring)>) -> (value: String, evidence: Evidence)? {
        text.firstMatch(of: pattern).map { (String($0.output.1), evidence($0.output.1.startIndex)) }
    }

    /// All matches of a pattern with one group.
    func all(_ pattern: Regex<(Substring, Substring)>) -> [(value: String, evidence: Evidence)] {
        text.matches(of: pattern).map { (String($0.output.1), evidence($0.output.1.startIndex)) }
    }

    /// The insides of every block of a name: `plugins { … }`.
    func blocks(_ name: String) -> [Range<String.Index>] {
        guard let pattern = try? Regex("(?:^|[\\s;{}])\(name)\\s*\\{") else { return [] }
        return text.matches(of: pattern).map { match in
            let open = match.range.upperBound
            return open..<(closing(from: open))
        }
    }

    /// The brace that closes what is open at a place, texts in quotes left out.
    private func closing(from start: String.Index) -> String.Index {
        var depth = 1
        var quote: UInt8?
        let bytes = text.utf8
        var index = start
        while index < bytes.endIndex {
            let byte = bytes[index]
            if let open = quote {
                if byte == 0x5C {
                    index = bytes.index(after: index)
                } else if byte == open || byte == 0x0A {
                    quote = nil
                }
            } else if byte == 0x22 || byte == 0x27 {
                quote = byte
            } else if byte == 0x7B {
                depth += 1
            } else if byte == 0x7D {
                depth -= 1
                if depth == 0 { return index }
            }
            if index < bytes.endIndex { index = bytes.index(after: index) }
        }
        return bytes.endIndex
    }
}
