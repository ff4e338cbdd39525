import Formats
import Planning

/// Source files that declare a `main`, found by their text.
struct MainClasses: Sendable {
    let path: SourcePath
    /// The class with its package: `com.example.App`; `AppKt` for a Kotlin file's own functions.
    let name: String
    let evidence: Evidence

    /// The folders that hold a module's own sources, by custom.
    static let folders = ["src/main/java", "src/main/kotlin", "src/main/groovy", "src/main/scala"]

    /// The classes with a `main` of a module in Maven's layout, in the order of their paths.
    static func find(in module: SourcePath, of tree: any SourceTree) throws -> [MainClasses] {
        var found: [MainClasses] = []
        for folder in folders {
            let place = try module.appending(folder)
            for entry in tree.entries where entry.isFile && entry.path.isInside(place) {
                if let main = try read(entry.path, of: tree) { found.append(main) }
            }
        }
        return found
    }

    /// The class that a file declares with a `main`; nil where it has none.
    static func read(_ path: SourcePath, of tree: any SourceTree) throws -> MainClasses? {
        let isKotlin = path.name.hasSuffix(".kt")
        guard isKotlin || [".java", ".groovy", ".scala"].contains(where: path.name.hasSuffix),
            case .file(_, let size)? = tree.entry(at: path)?.kind, size < 1 << 20
        else { return nil }
        guard let text = try? tree.text(at: path) else { return nil }
        let code = JavaText.withoutComments(text)
        let pattern =
            isKotlin
            ? #/(?m)^\s*(?:suspend\s+)?fun\s+main\s*\(/#
            : #/(?:public\s+static\s+|static\s+public\s+)(?:final\s+)?void\s+main\s*\(|def\s+main\s*\(|object\s+\w+\s+extends\s+App\b/#
        guard let match = code.firstMatch(of: pattern) else { return nil }
        let line = code[..<match.range.lowerBound].count { $0 == "\n" } + 1
        let package = code.firstMatch(of: #/(?m)^\s*package\s+([\w.]+)/#).map { "\($0.output.1)." } ?? ""
        let stem = String(path.name.split(separator: ".").first ?? "")
        let name = isKotlin && !code.contains("object \(stem)") ? "\(stem)Kt" : stem
        return MainClasses(
            path: path, name: package + name,
            evidence: Evidence(path: path, line: line, excerpt: isKotlin ? "fun main" : "main"))
    }
}

/// Source text of Java and its like.
enum JavaText {
    /// The text with comments blanked and everything else at its place; strings are left as they are.
    static func withoutComments(_ text: String) -> String {
        let bytes = Array(text.utf8)
        var result = bytes
        var index = 0
        func blank(_ range: Range<Int>) {
            for place in range where bytes[place] != 0x0A { result[place] = 0x20 }
        }
        while index < bytes.count {
            let byte = bytes[index]
            let next = index + 1 < bytes.count ? bytes[index + 1] : 0
            if byte == 0x2F, next == 0x2F {
                let end = bytes[index...].firstIndex(of: 0x0A) ?? bytes.count
                blank(index..<end)
                index = end
            } else if byte == 0x2F, next == 0x2A {
                var end = index + 2
                while end < bytes.count, !(bytes[end] == 0x2F && bytes[end - 1] == 0x2A && end > index + 2) { end += 1 }
                blank(index..<min(end + 1, bytes.count))
                index = end + 1
            } else if byte == 0x22 || byte == 0x27 {
                index = endOfString(bytes, index)
            } else {
                index += 1
            }
        }
        return String(decoding: result, as: UTF8.self)
    }

    /// The place after a text in quotes; one that is not closed ends with its line.
    private static func endOfString(_ bytes: [UInt8], _ start: Int) -> Int {
        let quote = bytes[start]
        if bytes[start...].starts(with: [quote, quote, quote]) {
            var index = start + 3
            while index + 2 < bytes.count, !bytes[index...].starts(with: [quote, quote, quote]) { index += 1 }
            return min(index + 3, bytes.count)
        }
        var index = start + 1
        while index < bytes.count, bytes[index] != quote, bytes[index] != 0x0A {
            index += bytes[index] == 0x5C ? 2 : 1
        }
        return min(index + 1, bytes.count)
    }
}
