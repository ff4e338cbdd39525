import OCI

extension Pins {
    /// What differs in `new`, a line each, the lines of one base's packages indented below it: for people.
    package func changes(to new: Pins) -> [String] {
        var lines: [String] = []
        for key in Self.keys(bases, new.bases) {
            lines += Self.change(of: key, bases[key], new.bases[key], references[key], new.references[key])
        }
        lines += Self.changes("image", images.mapValues(\.description), new.images.mapValues(\.description))
        lines += Self.changes("installer", installers, new.installers)
        for key in Self.keys(resolutions, new.resolutions) {
            lines += Self.change(ofResolved: key, resolutions[key], new.resolutions[key])
        }
        for key in Self.keys(libraries, new.libraries) {
            lines += Self.change(ofLibraries: key, libraries[key], new.libraries[key])
        }
        return lines
    }

    private static func keys<Value>(_ old: [String: Value], _ new: [String: Value]) -> [String] {
        Set(old.keys).union(new.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private static func changes(_ kind: String, _ old: [String: String], _ new: [String: String]) -> [String] {
        keys(old, new).compactMap { key in
            switch (old[key], new[key]) {
            case (let before?, let after?): before == after ? nil : "\(kind) \(key): \(before) → \(after)"
            case (nil, let after?): "\(kind) \(key): new, \(after)"
            case (let before?, nil): "\(kind) \(key): removed, was \(before)"
            case (nil, nil): nil
            }
        }
    }

    private static func change(
        of key: String, _ old: Pin?, _ new: Pin?, _ oldReference: String?, _ newReference: String?
    ) -> [String] {
        switch (old, new) {
        case (nil, let new?): ["base \(key): new, \(summary(of: new))"]
        case (let old?, nil): ["base \(key): removed, was \(summary(of: old))"]
        case (.debian(let before)?, .debian(let after)?):
            before == after ? [] : ["base \(key):"] + changes(before, after).map { "  " + $0 }
        case (let old?, let new?):
            if old != new {
                ["base \(key): \(summary(of: old)) → \(summary(of: new))"]
            } else if oldReference != newReference {
                ["base \(key): \(oldReference ?? "no reference") → \(newReference ?? "no reference")"]
            } else {
                []
            }
        case (nil, nil): []
        }
    }

    private static func change(ofResolved key: String, _ old: Resolution?, _ new: Resolution?) -> [String] {
        func count(_ resolution: Resolution) -> String {
            "\(resolution.packages.count) \(resolution.packages.count == 1 ? "package" : "packages")"
        }
        guard let old else { return new.map { ["resolved for \(key): new, \(count($0))"] } ?? [] }
        guard let new else { return ["resolved for \(key): removed, had \(count(old)); the next build resolves anew"] }
        guard old != new else { return [] }
        let before = Dictionary(old.packages.map { ($0.name, $0) }) { first, _ in first }
        let after = Dictionary(new.packages.map { ($0.name, $0) }) { first, _ in first }
        var lines: [String] = []
        for name in keys(before, after) {
            switch (before[name], after[name]) {
            case (let one?, let two?) where one.version != two.version:
                lines.append("  \(name) \(one.version) → \(two.version)")
            case (let one?, let two?) where one != two: lines.append("  \(name) \(one.version): another file")
            case (nil, let two?): lines.append("  \(name): new, \(two.version)")
            case (let one?, nil): lines.append("  \(name): removed, was \(one.version)")
            default: break
            }
        }
        if lines.isEmpty { return ["resolved for \(key): the same packages for other requirements"] }
        return ["resolved for \(key):"] + lines
    }

    private static func summary(of pin: Pin) -> String {
        switch pin {
        case .digest(let digest): digest.description
        case .debian(let pin): "\(pin.packages.count) packages of \(pin.suite)"
        }
    }

    private static func changes(_ old: DebianPin, _ new: DebianPin) -> [String] {
        var lines: [String] = []
        if old.suite != new.suite { lines.append("suite \(old.suite) → \(new.suite)") }
        let before = Dictionary(old.packages.map { ($0.name, $0) }) { first, _ in first }
        let after = Dictionary(new.packages.map { ($0.name, $0) }) { first, _ in first }
        for name in keys(before, after) {
            switch (before[name], after[name]) {
            case (let one?, let two?) where one.version != two.version:
                lines.append("\(name) \(one.version) → \(two.version)")
            case (let one?, let two?) where one.sha256 != two.sha256:
                lines.append("\(name) \(one.version): other bytes, \(one.sha256) → \(two.sha256)")
            case (nil, let two?): lines.append("\(name): new, \(two.version)")
            case (let one?, nil): lines.append("\(name): removed, was \(one.version)")
            default: break
            }
        }
        return lines
    }

    private static func change(
        ofLibraries key: String, _ old: [LibraryAddition]?, _ new: [LibraryAddition]?
    ) -> [String] {
        guard old != new else { return [] }
        let name = "shared libraries of \(key)"
        guard let new else { return ["\(name): removed"] }
        func origin(_ addition: LibraryAddition) -> String {
            let known = [addition.package, addition.version].compactMap(\.self).joined(separator: " ")
            return known.isEmpty ? "files of no package" : known
        }
        let (before, after) = (Set((old ?? []).map(origin)), Set(new.map(origin)))
        let parts =
            after.subtracting(before).sorted().map { "+ \($0)" }
            + before.subtracting(after).sorted().map { "- \($0)" }
        if parts.isEmpty {
            return ["\(name): \(old == nil ? "new, none is needed" : "other files of the same packages")"]
        }
        return ["\(name): \(parts.joined(separator: ", "))"]
    }
}
