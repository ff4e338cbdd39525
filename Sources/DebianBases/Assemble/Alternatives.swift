import Images
import Planning

/// A link that update-alternatives(1) would make: one of several packages provides what stands at `link`.
struct AlternativeLink: Hashable, Sendable {
    let link: ImagePath
    let target: ImagePath
    /// The highest is linked.
    let priority: Int
}

/// The alternatives of packages, read from their maintainer scripts: no script is ever run.
///
/// Read are calls of `update-alternatives --install` with words that are known without running anything: literals,
/// variables that the script sets to literals, and those of a `for` over literals. Everything else is passed over. Where
/// nothing stands at a link and its target is there, the link is made straight to the target.
enum Alternatives {
    /// The calls of a script, whatever condition they stand under.
    static func parse(_ script: String) -> [AlternativeLink] {
        var result: [AlternativeLink] = []
        for words in commands(script) {
            guard let start = words.firstIndex(of: "update-alternatives"),
                let install = words[start...].firstIndex(of: "--install"), words.count > install + 4,
                let priority = Int(words[install + 4])
            else { continue }
            func add(_ link: String, _ target: String) {
                guard let link = try? ImagePath(parsing: link), let target = try? ImagePath(parsing: target) else {
                    return
                }
                result.append(
                    AlternativeLink(
                        link: UnpackRules.merged(link) ?? link, target: UnpackRules.merged(target) ?? target,
                        priority: priority))
            }
            add(words[install + 1], words[install + 3])
            var index = install + 5
            while index < words.count {
                guard words[index] == "--slave", words.count > index + 3 else {
                    index += 1
                    continue
                }
                add(words[index + 1], words[index + 3])
                index += 4
            }
        }
        return result
    }

    /// The links to make in a tree: for each place where nothing stands the target of the highest priority that is there,
    /// among equals the first by name.
    static func chosen(_ alternatives: [AlternativeLink], in tree: HostFolder) throws -> [(
        link: ImagePath, target: ImagePath
    )] {
        let sorted = Set(alternatives).sorted {
            ($0.link, -$0.priority, $0.target) < ($1.link, -$1.priority, $1.target)
        }
        var result: [(link: ImagePath, target: ImagePath)] = []
        for alternative in sorted where result.last?.link != alternative.link && alternative.link != alternative.target
        {
            guard try isThere(alternative.target, tree), try !isThere(alternative.link, tree) else { continue }
            result.append((alternative.link, alternative.target))
        }
        return result
    }

    /// A link on the way leads somewhere that a package did not state: nothing is there for us.
    private static func isThere(_ path: ImagePath, _ tree: HostFolder) throws -> Bool {
        do { return try tree.kind(at: path) != nil } catch UnpackError.linkInPath { return false }
    }

    /// The simple commands of a script as words, those of a loop once for each of its words.
    private static func commands(_ script: String) -> [[String]] {
        var result: [[String]] = []
        var variables: [String: String] = [:]
        var loop: (name: String, values: [String], body: [[String]])?
        func expanded(_ words: [String], _ more: [String: String]) -> [String] {
            words.map { expand($0, variables.merging(more) { _, new in new }) }
        }
        for line in script.replacing("\\\n", with: " ").replacing(";", with: "\n").split(separator: "\n") {
            var words = line.prefix(line.firstIndex(of: "#").map { $0 > line.startIndex ? Int.max : 0 } ?? Int.max)
                .split(whereSeparator: \.isWhitespace).map { $0.filter { $0 != "\"" && $0 != "'" } }
            if words.first == "do" || words.first == "then" { words.removeFirst() }
            guard let first = words.first else { continue }
            if first == "for", words.count > 3, words[2] == "in" {
                loop = (
                    words[1],
                    words.dropFirst(3).flatMap { expand($0, variables).split(separator: " ").map(String.init) }, []
                )
            } else if first == "done" {
                for value in loop?.values ?? [] {
                    result += (loop?.body ?? []).map { expanded($0, [loop?.name ?? "": value]) }
                }
                loop = nil
            } else if let match = first.wholeMatch(of: /(\w+)=(.*)/)?.output, words.count == 1 {
                variables[String(match.1)] = expand(String(match.2), variables)
            } else if loop != nil {
                loop?.body.append(words)
            } else {
                result.append(expanded(words, [:]))
            }
        }
        return result
    }

    /// A word with the variables that are known; what is not stays as written, and no path has a `$`.
    private static func expand(_ word: String, _ variables: [String: String]) -> String {
        guard word.contains("$") else { return word }
        return word.replacing(/\$(?:\{(\w+)\}|(\w+))/) { match in
            variables[String(match.output.1 ?? match.output.2 ?? "")] ?? String(match.output.0)
        }
    }
}
