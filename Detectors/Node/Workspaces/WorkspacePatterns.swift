import Planning

/// The globs of a workspace in their order: the last one that fits a folder decides, and `!` takes out.
///
/// `packages/*`, `libs/**`, `apps/{web,api}`, `!packages/old`, as npm, pnpm, Yarn and Bun read them.
struct WorkspacePatterns: Sendable, Hashable {
    private let patterns: [Pattern]

    private struct Pattern: Sendable, Hashable {
        let folders: [FolderPattern]
        let isNegated: Bool
    }

    init(_ texts: [String]) {
        patterns = texts.map { text in
            let isNegated = text.hasPrefix("!")
            let glob = isNegated ? String(text.dropFirst()) : text
            return Pattern(folders: Self.expanded(glob).map(FolderPattern.init), isNegated: isNegated)
        }
    }

    /// Whether a folder, by its path below the workspace's, is a member's; one of an installed package never is.
    func claim(_ folder: SourcePath) -> Bool {
        guard !folder.components.contains("node_modules") else { return false }
        return patterns.last { pattern in pattern.folders.contains { $0.matches(folder) } }.map { !$0.isNegated }
            ?? false
    }

    /// More words than anybody writes in braces.
    private static let limit = 256

    /// A glob with its braces written out: `{a,b}/c` is `a/c` and `b/c`; a text with too many is left as it is.
    private static func expanded(_ text: String) -> [String] {
        var done: [String] = []
        var open = [text]
        while let next = open.popLast() {
            guard done.count + open.count < limit else { return [text] }
            guard let (head, words, tail) = firstBraces(of: next) else {
                done.append(next)
                continue
            }
            open += words.map { head + $0 + tail }
        }
        return done.reversed()
    }

    /// The text before the first innermost braces with a comma, the words in them, and the text after them.
    private static func firstBraces(of text: String) -> (String, [String], String)? {
        var start: String.Index?
        for index in text.indices {
            if text[index] == "{" { start = index }
            guard text[index] == "}", let open = start else { continue }
            let inner = text[text.index(after: open)..<index]
            guard inner.contains(",") else {
                start = nil
                continue
            }
            let words = inner.split(separator: ",", omittingEmptySubsequences: false).map(String.init)
            return (String(text[..<open]), words, String(text[text.index(after: index)...]))
        }
        return nil
    }
}
