import Planning

/// A JavaScript or TypeScript file without its comments, with lines kept.
///
/// Nothing is run or parsed: rules look for plain calls and plain keys, and what is written in another way is not seen.
struct JavaScriptSource: Sendable {
    let path: SourcePath
    /// The text with comments blanked; strings stay.
    let text: String

    /// Reads a file; nil where there is none or where it is no text of a size that people write.
    static func read(_ path: SourcePath, of tree: any SourceTree) -> JavaScriptSource? {
        guard case .file(_, let size)? = tree.entry(at: path)?.kind, size < 1 << 20 else { return nil }
        guard let text = try? tree.text(at: path) else { return nil }
        return JavaScriptSource(path: path, text: Self.withoutComments(text))
    }

    /// Evidence for a place in the text, with that line as the excerpt.
    func evidence(at index: String.Index) -> Evidence {
        let start = text[..<index].lastIndex(of: "\n").map { text.index(after: $0) } ?? text.startIndex
        let end = text[index...].firstIndex(of: "\n") ?? text.endIndex
        let line = text[..<index].utf8.reduce(1) { $1 == UInt8(ascii: "\n") ? $0 + 1 : $0 }
        return Evidence(
            path: path, line: line, excerpt: String(text[start..<end].trimmingSpacesAndCommas().prefix(120)))
    }

    /// The string that a key of an object literal has: `output: 'export'`; `true` and `false` are given as words.
    func value(_ key: String) -> (value: String, evidence: Evidence)? {
        var rest = text[...]
        while let range = rest.firstRange(of: key) {
            defer { rest = text[range.upperBound...] }
            let before = text[..<range.lowerBound].last
            if let before, before.isLetter || before.isNumber || before == "_" || before == "." || before == "$" {
                continue
            }
            let after = text[range.upperBound...]
            guard let match = after.prefixMatch(of: /["']?\s*:\s*(?:["'`]([^"'`\n$]*)["'`]|(true|false)\b)/)?.output
            else { continue }
            return (String(match.1 ?? match.2 ?? ""), evidence(at: range.lowerBound))
        }
        return nil
    }

    /// Whether a word occurs, and where.
    func evidence(of word: String) -> Evidence? { text.firstRange(of: word).map { evidence(at: $0.lowerBound) } }

    /// The text with what is inside comments replaced by spaces; line feeds stay.
    ///
    /// A regular expression that holds a quote or two slashes is taken for what it looks like; the rules bear that.
    static func withoutComments(_ text: String) -> String {
        var result: [UInt8] = []
        let bytes = Array(text.utf8)
        result.reserveCapacity(bytes.count)
        var index = 0
        var quote: UInt8?
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if let open = quote {
                result.append(byte)
                if byte == UInt8(ascii: "\\"), index + 1 < bytes.count {
                    result.append(next)
                    index += 1
                } else if byte == open || (byte == UInt8(ascii: "\n") && open != UInt8(ascii: "`")) {
                    quote = nil
                }
            } else if byte == UInt8(ascii: "/"), next == UInt8(ascii: "/") {
                while index < bytes.count, bytes[index] != UInt8(ascii: "\n") { index += 1 }
                continue
            } else if byte == UInt8(ascii: "/"), next == UInt8(ascii: "*") {
                index += 2
                while index < bytes.count,
                    !(bytes[index - 1] == UInt8(ascii: "*") && bytes[index] == UInt8(ascii: "/") && index > 2)
                {
                    if bytes[index] == UInt8(ascii: "\n") { result.append(UInt8(ascii: "\n")) }
                    index += 1
                }
                result.append(UInt8(ascii: " "))
            } else {
                if "\"'`".utf8.contains(byte) { quote = byte }
                result.append(byte)
            }
            index += 1
        }
        return String(decoding: result, as: UTF8.self)
    }
}

extension Substring {
    fileprivate func trimmingSpacesAndCommas() -> Substring {
        var view = self
        while let first = view.first, first.isWhitespace { view.removeFirst() }
        while let last = view.last, last.isWhitespace || last == "," { view.removeLast() }
        return view
    }
}
