/// What of a folder is part of the source: the user's rules with Docker's meaning, and what is never shipped unasked.
///
/// The user's rules decide as in Docker: a rule matches a path that it matches or that lies in a folder it matches, and
/// the last rule that matches wins. Beyond that, the names of `DefaultIgnores` stay out even where an allow list like
/// `*`, `!src` lets their folder in; an exception that names them (`!.env`, `!**/node_modules/keep`) lets them in.
package struct IgnoreRules: Sendable {
    private let rules: [IgnoreRule]
    private let defaults: [DefaultIgnore]
    private let exceptions: [Int]
    /// The defaults that may match a name, by its first byte.
    private let candidates: [[Int]]

    package init(_ rules: [IgnoreRule], defaults: [DefaultIgnore] = DefaultIgnore.all) {
        self.rules = rules
        self.defaults = defaults
        exceptions = rules.indices.filter { rules[$0].isException }
        candidates = (0...UInt8.max).map { byte in
            defaults.indices.filter { [nil, byte].contains(defaults[$0].firstByte) }
        }
    }

    /// What was decided about a folder, needed to decide about what it holds.
    package struct Folder: Sendable {
        /// Whether the folder itself is ignored.
        package let isIgnored: Bool
        /// Whether something in it might be let in all the same.
        package let mayHoldExceptions: Bool
        fileprivate var matched: [Bool]
        /// Defaults that an exception took back for all that lies in this folder.
        fileprivate var released: [Int]
        /// The exceptions that reach into a folder ignored by default; nil outside such a folder.
        fileprivate var openers: [Int]?
    }

    /// The state at the root of the tree.
    package var root: Folder {
        Folder(
            isIgnored: false, mayHoldExceptions: true, matched: rules.map { _ in false }, released: [], openers: nil)
    }

    /// Whether a file or link in a folder is ignored.
    ///
    /// `path` holds the bytes of its path, `name` is where its last
    /// component begins; `holds` answers a default's condition about the entry.
    package func ignoresFile(
        _ path: [UInt8], name: Int, in parent: Folder, holds: (DefaultIgnore.Condition) throws -> Bool
    ) rethrows -> Bool {
        if isIgnoredByUser(path, name: name, in: parent) { return true }
        if let openers = parent.openers { return !openers.contains { matches($0, path, name: name) } }
        guard try matchingDefault(path, name: name, in: parent, isFolder: false, holds: holds) != nil else {
            return false
        }
        let components = Self.components(path)
        return !exceptions.contains { names($0, components, whole: true) }
    }

    /// Decides about a folder in `parent`; the arguments are those of `ignoresFile`.
    package func folder(
        _ path: [UInt8], name: Int, in parent: Folder, holds: (DefaultIgnore.Condition) throws -> Bool
    ) rethrows -> Folder {
        var matched = parent.matched
        for index in rules.indices where !matched[index] { matched[index] = matches(index, path, name: name) }
        var isIgnored = false
        for index in rules.indices where matched[index] { isIgnored = !rules[index].isException }
        var released = parent.released
        var openers = parent.openers
        if let reaching = openers {
            if reaching.contains(where: { matches($0, path, name: name) }) { openers = nil }
        } else if let index = try matchingDefault(path, name: name, in: parent, isFolder: true, holds: holds) {
            let components = Self.components(path)
            if exceptions.contains(where: { names($0, components, whole: true) }) {
                released.append(index)
            } else {
                openers = exceptions.filter { names($0, components, whole: false) }
            }
        }
        let reaching = openers ?? (isIgnored ? exceptions : [])
        let components = reaching.isEmpty ? [] : Self.components(path)
        return Folder(
            isIgnored: isIgnored || openers != nil,
            mayHoldExceptions: reaching.contains { mayMatch($0, below: components) },
            matched: matched, released: released, openers: openers)
    }

    /// Whether a path is ignored, judged from the root down; for single questions and tests, a walk asks step by step.
    package func ignores(
        _ path: SourcePath, isFolder: Bool = false, holds: (DefaultIgnore.Condition) -> Bool = { _ in true }
    ) -> Bool {
        var folder = root
        var bytes: [UInt8] = []
        for (index, component) in path.components.enumerated() {
            if !bytes.isEmpty { bytes.append(UInt8(ascii: "/")) }
            let name = bytes.count
            bytes.append(contentsOf: component.utf8)
            guard index + 1 < path.components.count || isFolder else {
                return ignoresFile(bytes, name: name, in: folder, holds: holds)
            }
            folder = self.folder(bytes, name: name, in: folder, holds: holds)
            if folder.isIgnored, !folder.mayHoldExceptions { return true }
        }
        return folder.isIgnored
    }

    private func isIgnoredByUser(_ path: [UInt8], name: Int, in parent: Folder) -> Bool {
        var isIgnored = false
        for index in rules.indices where rules[index].isException == isIgnored {
            if parent.matched[index] || matches(index, path, name: name) { isIgnored = !rules[index].isException }
        }
        return isIgnored
    }

    private func matchingDefault(
        _ path: [UInt8], name: Int, in parent: Folder, isFolder: Bool, holds: (DefaultIgnore.Condition) throws -> Bool
    ) rethrows -> Int? {
        try path.withUnsafeBufferPointer { bytes in
            guard name < bytes.count else { return nil }
            for index in candidates[Int(bytes[name])] {
                let ignore = defaults[index]
                guard ignore.pattern.matches(bytes, name: name) else { continue }
                if ignore.isException { return nil }
                guard !parent.released.contains(index) else { continue }
                switch ignore.condition {
                case .always: return index
                case .holdsFile: if isFolder, try holds(ignore.condition) { return index }
                case .holdsToken: if !isFolder, try holds(ignore.condition) { return index }
                }
            }
            return nil
        }
    }

    /// Whether a rule's pattern matches a path of the tree; one outside the rule's folder never does.
    private func matches(_ index: Int, _ path: [UInt8], name: Int) -> Bool {
        let rule = rules[index]
        let folder = rule.folder.components
        guard !folder.isEmpty else { return path.withUnsafeBufferPointer { rule.compiled.matches($0, name: name) } }
        let prefix = Array((rule.folder.description + "/").utf8)
        guard path.count > prefix.count, path.starts(with: prefix) else { return false }
        return path[prefix.count...].withUnsafeBufferPointer { rule.compiled.matches($0, name: name - prefix.count) }
    }

    private func names(_ index: Int, _ path: [String], whole: Bool) -> Bool {
        guard path.starts(with: rules[index].folder.components) else { return false }
        return rules[index].compiled.names(Array(path.dropFirst(rules[index].folder.components.count)), whole: whole)
    }

    private func mayMatch(_ index: Int, below path: [String]) -> Bool {
        let folder = rules[index].folder.components
        if folder.starts(with: path) { return true }
        guard path.starts(with: folder) else { return false }
        return rules[index].compiled.mayMatch(below: Array(path.dropFirst(folder.count)))
    }

    private static func components(_ path: [UInt8]) -> [String] {
        path.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }
    }
}
