/// The calls of a Go file that read files, with the paths that are written out in them.
///
/// A name that is given one text in the file (`const dir = "templates"`) stands for it.
struct GoCalls {
    private(set) var calls: [Call] = []

    struct Call: Hashable {
        /// As `os.Open` or `.ParseGlob`.
        let name: String
        let line: Int
        /// The paths; empty where they are computed.
        let paths: [String]
        /// Whether the call fails without the file.
        let needsFile: Bool
        /// Whether it is for folders full of pages, templates and the like.
        let servesFolder: Bool
    }

    /// Which arguments of a function are paths.
    private struct Rule {
        let arguments: Arguments
        var needsFile = true
        var servesFolder = false

        enum Arguments { case all, at(Int), from(Int) }
    }

    /// Functions by package and name, and methods by `.` and name.
    private static let rules: [String: Rule] = {
        var rules: [String: Rule] = [:]
        for name in ["os.Open", "os.ReadFile", "os.ReadDir", "ioutil.ReadFile", "ioutil.ReadDir"] {
            rules[name] = Rule(arguments: .at(0))
        }
        for name in [
            "os.OpenFile", "os.Stat", "filepath.Walk", "filepath.WalkDir", "filepath.Glob", ".SetConfigFile",
            ".AddConfigPath", "godotenv.Load", "toml.DecodeFile",
        ] {
            rules[name] = Rule(arguments: .at(0), needsFile: false)
        }
        for name in ["os.DirFS", "http.Dir", ".LoadHTMLGlob", ".ParseGlob"] {
            rules[name] = Rule(arguments: .at(0), servesFolder: true)
        }
        for name in [".ParseFiles", ".LoadHTMLFiles"] { rules[name] = Rule(arguments: .all, servesFolder: true) }
        for name in [".Static", ".StaticFile", ".File"] { rules[name] = Rule(arguments: .from(1), servesFolder: true) }
        rules[".SendFile"] = Rule(arguments: .at(0))
        rules["http.ServeFile"] = Rule(arguments: .at(2))
        for name in ["goose.Up", "goose.UpTo", "goose.UpContext"] { rules[name] = Rule(arguments: .from(1)) }
        return rules
    }()

    init(_ tokens: [GoToken]) {
        let names = Self.constants(tokens)
        for (index, token) in tokens.enumerated() {
            if token.kind == .string, token.text.hasPrefix("file://"), !token.text.hasPrefix("file:///") {
                calls.append(
                    Call(name: token.text, line: token.line, paths: [token.text], needsFile: true, servesFolder: false))
            }
            guard token.kind == .word, index + 1 < tokens.count, tokens[index + 1].text == "(",
                tokens[index + 1].kind == .open, index > 1, tokens[index - 1].text == "."
            else { continue }
            let package = tokens[index - 2].kind == .word ? "\(tokens[index - 2].text).\(token.text)" : ""
            let method = ".\(token.text)"
            guard let rule = Self.rules[package] ?? Self.rules[method] else { continue }
            let arguments = Self.arguments(tokens, from: index + 1, names)
            let name = Self.rules[package] == nil ? method : package
            let wanted: [String?] =
                switch rule.arguments {
                case .all: arguments
                case .at(let place): arguments.indices.contains(place) ? [arguments[place]] : []
                case .from(let place): Array(arguments.dropFirst(place).prefix(1))
                }
            guard !wanted.isEmpty else { continue }
            calls.append(
                Call(
                    name: name, line: token.line, paths: wanted.compactMap(\.self), needsFile: rule.needsFile,
                    servesFolder: rule.servesFolder))
        }
    }

    /// Names that are given a text, and no other anywhere in the file.
    private static func constants(_ tokens: [GoToken]) -> [String: String] {
        var found: [String: Set<String>] = [:]
        for (index, token) in tokens.enumerated() where token.kind == .string && index > 1 {
            var name = index - 2
            guard tokens[index - 1].text == "=" else { continue }
            if tokens[name].text == ":", name > 0 { name -= 1 }
            // `const dir string = "…"`
            if tokens[name].isWord("string"), name > 0 { name -= 1 }
            if tokens[name].kind == .word { found[tokens[name].text, default: []].insert(token.text) }
        }
        return found.compactMapValues { $0.count == 1 ? $0.first : nil }
    }

    /// The arguments of a call, nil for those that are no text; `filepath.Join` of texts is one.
    private static func arguments(
        _ tokens: [GoToken], from open: Int, _ names: [String: String], level: Int = 0
    ) -> [String?] {
        var result: [String?] = []
        var argument: [GoToken] = []
        var depth = 0
        for token in tokens[open...] {
            if token.kind == .open { depth += 1 }
            if token.kind == .close { depth -= 1 }
            if depth == 0 || depth == 1 && token.kind == .other && token.text == "," {
                if !argument.isEmpty { result.append(text(argument, names, level)) }
                argument = []
                if depth == 0 { break }
            } else if depth > 1 || token.kind != .open {
                argument.append(token)
            }
        }
        return result
    }

    /// Joins within joins are followed so far: the stack is not endless.
    private static let levelLimit = 20

    private static func text(_ tokens: [GoToken], _ names: [String: String], _ level: Int) -> String? {
        if tokens.count == 1 { return tokens[0].kind == .string ? tokens[0].text : names[tokens[0].text] }
        guard tokens.count > 4, ["filepath", "path"].contains(tokens[0].text), tokens[2].isWord("Join"),
            tokens[3].kind == .open, level < levelLimit
        else { return nil }
        let parts = arguments(tokens, from: 3, names, level: level + 1)
        guard !parts.contains(nil) else { return nil }
        return parts.compactMap(\.self).joined(separator: "/")
    }
}
