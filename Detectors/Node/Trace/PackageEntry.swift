import Formats
import Planning

/// Which file of a package a specifier means: `exports`, `imports`, `main`, index.js.
///
/// https://nodejs.org/api/packages.html#package-entry-points
struct PackageEntry {
    let manifest: PackageJSON

    /// Files as they are written in the manifest, best first; `subpath` is `.` or begins with `./`.
    func targets(_ subpath: String) -> [String] {
        if let exports = manifest.root["exports"] {
            if case .object(let object) = exports, object.members.contains(where: { $0.key.hasPrefix(".") }) {
                return Self.lookUp(subpath, in: object)
            }
            return subpath == "." ? Self.conditions(exports, star: nil) : []
        }
        if subpath != "." { return [subpath] }
        let main = manifest.string("main")?.value
        return [main, "index"].compactMap(\.self)
    }

    /// What `#name` stands for: a file of the package, or another package.
    func internals(_ name: String) -> [String] {
        guard case .object(let object)? = manifest.root["imports"] else { return [] }
        return Self.lookUp(name, in: object)
    }

    /// The value of a key, or of the longest pattern with one `*` that fits.
    private static func lookUp(_ name: String, in object: JSONObject) -> [String] {
        if let exact = object[name] { return conditions(exact, star: nil) }
        var best: (key: String, value: JSONNode, star: String)?
        for member in object.members {
            guard let sign = member.key.firstIndex(of: "*") else { continue }
            let (head, tail) = (member.key[..<sign], member.key[member.key.index(after: sign)...])
            guard name.hasPrefix(head), name.hasSuffix(tail), name.utf8.count >= head.utf8.count + tail.utf8.count
            else { continue }
            guard head.utf8.count > best?.key.prefix(while: { $0 != "*" }).utf8.count ?? -1 else { continue }
            best = (member.key, member.value, String(name.dropFirst(head.count).dropLast(tail.count)))
        }
        return best.map { conditions($0.value, star: $0.star) } ?? []
    }

    /// The files of the conditions that hold for Node, in their order.
    private static func conditions(_ node: JSONNode, star: String?, depth: Int = 0) -> [String] {
        guard depth < 10 else { return [] }
        switch node {
        case .string(let text): return [star.map { text.replacing("*", with: $0) } ?? text]
        case .array(let nodes): return nodes.flatMap { conditions($0, star: star, depth: depth + 1) }
        case .object(let object):
            let known = ["node", "import", "require", "module-sync", "production", "default"]
            return object.members.filter { known.contains($0.key) }.flatMap {
                conditions($0.value, star: star, depth: depth + 1)
            }
        default: return []
        }
    }
}
