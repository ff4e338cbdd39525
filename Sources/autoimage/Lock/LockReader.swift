import Formats
import OCI
import Planning
import SystemPackage

/// Reads the text of `autoimage.lock`: schema 2, and schema 1 of the first release.
struct LockReader {
    let path: FilePath
    let bytes: [UInt8]

    /// What a lock file holds, and in which schema.
    struct Contents {
        let schema: Int
        let pins: Pins
    }

    /// Reads the file's bytes; every error names the line.
    func read() throws(LockFileError) -> Contents {
        if let line = Self.conflict(in: bytes) { throw .conflict(path, line: line) }
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw .malformed(path, line: 1, what: "is not UTF-8 text")
        }
        let root = try wrapped { () throws(FormatError) in try JSONDocument(parsing: text, file: path.string).root }
        guard case .object(let object) = root else {
            throw .malformed(path, line: 1, what: "is \(root.kind), not an object")
        }
        let members = object.members
        guard let member = members.first(where: { $0.key == "schemaVersion" }), case .number(let text) = member.value,
            let schema = Int(text)
        else { throw .malformed(path, line: 1, what: "has no schemaVersion") }
        switch schema {
        case 1: return Contents(schema: 1, pins: try readFirst(members))
        case 2: return Contents(schema: 2, pins: try readSecond(members))
        default: throw .schema(path, schema)
        }
    }

    /// The line of the first conflict marker that a version control left.
    private static func conflict(in bytes: [UInt8]) -> Int? {
        for (index, line) in bytes.split(separator: UInt8(ascii: "\n"), omittingEmptySubsequences: false).enumerated() {
            for mark in ["<<<<<<<", "=======", ">>>>>>>", "|||||||"] where line.starts(with: mark.utf8) {
                return index + 1
            }
        }
        return nil
    }

    // MARK: Schema 2

    private func readSecond(_ members: [JSONMember]) throws(LockFileError) -> Pins {
        try check(members, known: ["schemaVersion", "platforms"])
        var pins = Pins()
        for platform in try object(members, "platforms") {
            guard (try? Platform(parsing: platform.key))?.description == platform.key else {
                throw refused(platform.line, "'\(platform.key)' is not a platform, as linux/amd64 is")
            }
            let parts = try object(platform)
            try check(parts, known: ["bases", "images", "installers", "libraries", "resolutions"])
            for base in try object(parts, "bases") { try read(base, platform.key, into: &pins) }
            for image in try object(parts, "images") {
                pins.images["\(image.key)@\(platform.key)"] = try digest(image)
            }
            for installer in try object(parts, "installers") {
                pins.installers["\(installer.key)@\(platform.key)"] = try string(installer)
            }
            for libraries in try object(parts, "libraries") {
                pins.libraries["\(libraries.key)@\(platform.key)"] = try list(libraries).mapEach {
                    (item) throws(LockFileError) in try addition(item)
                }
            }
            for resolution in try object(parts, "resolutions") {
                pins.resolutions["\(resolution.key)@\(platform.key)"] = try read(resolution)
            }
        }
        return pins
    }

    private func read(_ base: JSONMember, _ platform: String, into pins: inout Pins) throws(LockFileError) {
        let key = "\(base.key)@\(platform)"
        let members = try object(base)
        if members.contains(where: { $0.key == "digest" }) {
            try check(members, known: ["reference", "digest"])
            pins.bases[key] = .digest(digest: try digest(try member(members, "digest", of: base)))
            if let reference = members.first(where: { $0.key == "reference" }) {
                pins.references[key] = try string(reference)
            }
            return
        }
        try check(members, known: ["suite", "architecture", "packages"])
        let suite = try member(members, "suite", of: base)
        let architecture = try member(members, "architecture", of: base)
        let packages = try list(try member(members, "packages", of: base)).mapEach {
            (item) throws(LockFileError) in try package(item)
        }
        do {
            pins.bases[key] = .debian(
                packages: try DebianPin(
                    checking: try string(suite), architecture: try string(architecture), packages: packages))
        } catch let error as LockFileError {
            throw error
        } catch {
            throw refused(base.line, "\(error)")
        }
    }

    /// `NAME VERSION sha256:HEX`.
    private func package(_ item: Located<JSONNode>) throws(LockFileError) -> PinnedPackage {
        guard case .string(let text) = item.value else {
            throw refused(item.line, "\(item.value.kind) stands where a package should")
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        guard words.count == 3, let digest = try? Digest(parsing: words[2]) else {
            throw refused(
                line(of: text, from: item.line), "\(text.debugDescription) is not 'NAME VERSION sha256:HEX'")
        }
        do {
            return try PinnedPackage(checking: words[0], version: words[1], sha256: digest)
        } catch {
            throw refused(line(of: text, from: item.line), "\(error)")
        }
    }

    private func read(_ resolution: JSONMember) throws(LockFileError) -> Resolution {
        let members = try object(resolution)
        try check(members, known: ["inputs", "packages"])
        let packages = try list(try member(members, "packages", of: resolution)).mapEach {
            (item) throws(LockFileError) in try resolved(item)
        }
        return Resolution(inputs: try digest(try member(members, "inputs", of: resolution)), packages: packages)
    }

    /// `NAME VERSION sha256:HEX FILE [URL]`.
    private func resolved(_ item: Located<JSONNode>) throws(LockFileError) -> ResolvedPackage {
        guard case .string(let text) = item.value else {
            throw refused(item.line, "\(item.value.kind) stands where a package should")
        }
        let words = text.split(separator: " ", omittingEmptySubsequences: false).map(String.init)
        let digest = words.count > 2 ? try? Digest(parsing: words[2]) : nil
        if (4...5).contains(words.count), words[2] == "-" || digest != nil {
            let package = ResolvedPackage(
                name: words[0], version: words[1], file: words[3] == "-" ? nil : words[3], sha256: digest,
                url: words.count == 5 ? words[4] : nil)
            if package.isWellFormed { return package }
        }
        throw refused(
            line(of: text, from: item.line), "\(text.debugDescription) is not 'NAME VERSION sha256:HEX FILE [URL]'")
    }

    private func addition(_ item: Located<JSONNode>) throws(LockFileError) -> LibraryAddition {
        guard case .object(let object) = item.value else {
            throw refused(item.line, "\(item.value.kind) stands where a package with its libraries should")
        }
        let members = object.members
        try checkOnce(members)
        try check(members, known: ["package", "version", "image", "files", "neededBy"])
        func text(_ key: String) throws(LockFileError) -> String? {
            guard let member = members.first(where: { $0.key == key }) else { return nil }
            return try string(member)
        }
        func paths(_ key: String) throws(LockFileError) -> [ImagePath] {
            guard let member = members.first(where: { $0.key == key }) else {
                throw refused(item.line, "a library has no '\(key)'")
            }
            return try list(member).mapEach { (node) throws(LockFileError) in
                guard case .string(let text) = node.value, let path = try? ImagePath(parsing: text) else {
                    throw refused(node.line, "'\(key)' holds what is not an absolute path")
                }
                return path
            }
        }
        return LibraryAddition(
            package: try text("package"), version: try text("version"), image: try text("image"),
            files: try paths("files"),
            neededBy: try paths("neededBy"))
    }

    // MARK: Schema 1

    /// The schema of the first release: the coded form of its pins, all platforms in one.
    private struct First: Decodable {
        let bases: [String: Pin]
        let libraries: [LibraryAddition]?
    }

    private func readFirst(_ members: [JSONMember]) throws(LockFileError) -> Pins {
        try check(members, known: ["schemaVersion", "bases", "libraries"])
        let first: First
        do {
            first = try CanonicalJSON.decode(First.self, from: bytes)
        } catch let error as MalformedPin {
            throw refused(members.first { $0.key == "bases" }?.line ?? 1, "\(error)")
        } catch {
            throw .malformed(path, line: 1, what: "does not hold what a lock of schema 1 does")
        }
        let platforms = Set(first.bases.keys.map { LockKey($0).platform })
        guard !platforms.contains("") else { throw refused(1, "a base has no platform in its key") }
        var pins = Pins(bases: first.bases)
        // It knew one platform, the builder's own.
        for platform in platforms where first.libraries != nil { pins.libraries[".@\(platform)"] = first.libraries }
        return pins
    }

    // MARK: Parts

    private func check(_ members: [JSONMember], known: [String]) throws(LockFileError) {
        guard let extra = members.first(where: { !known.contains($0.key) }) else { return }
        throw refused(extra.line, "unknown key '\(extra.key)'; known here are \(known.joined(separator: ", "))")
    }

    private func member(
        _ members: [JSONMember], _ key: String, of owner: JSONMember
    ) throws(LockFileError) -> JSONMember {
        guard let member = members.first(where: { $0.key == key }) else {
            throw refused(owner.line, "'\(owner.key)' has no '\(key)'")
        }
        return member
    }

    private func object(_ members: [JSONMember], _ key: String) throws(LockFileError) -> [JSONMember] {
        guard let member = members.first(where: { $0.key == key }) else { return [] }
        return try object(member)
    }

    private func object(_ member: JSONMember) throws(LockFileError) -> [JSONMember] {
        guard case .object(let object) = member.value else { throw wrongKind(member, "an object") }
        // A merge may leave a part twice, of which one would be lost.
        try checkOnce(object.members)
        return object.members
    }

    private func checkOnce(_ members: [JSONMember]) throws(LockFileError) {
        var lines: [String: Int] = [:]
        for member in members {
            if let first = lines[member.key] {
                throw refused(member.line, "the key '\(member.key)' is there twice, first on line \(first)")
            }
            lines[member.key] = member.line
        }
    }

    /// The elements with a line for errors: that of the list's key.
    private func list(_ member: JSONMember) throws(LockFileError) -> [Located<JSONNode>] {
        guard case .array(let items) = member.value else { throw wrongKind(member, "a list") }
        return items.map { Located($0, line: member.line) }
    }

    /// The line, from a list's on, that holds an element's text.
    private func line(of text: String, from first: Int) -> Int {
        let lines = String(decoding: bytes, as: UTF8.self).split(separator: "\n", omittingEmptySubsequences: false)
        return lines.indices.dropFirst(first - 1).first { lines[$0].contains("\"\(text)\"") }.map { $0 + 1 } ?? first
    }

    private func string(_ member: JSONMember) throws(LockFileError) -> String {
        guard case .string(let text) = member.value else { throw wrongKind(member, "a string") }
        return text
    }

    private func digest(_ member: JSONMember) throws(LockFileError) -> Digest {
        guard let digest = try? Digest(parsing: try string(member)) else {
            throw refused(member.line, "'\(member.key)' is not a digest, as in sha256:HEX")
        }
        return digest
    }

    private func wrongKind(_ member: JSONMember, _ expected: String) -> LockFileError {
        refused(member.line, "'\(member.key)' is \(member.value.kind), not \(expected)")
    }

    private func refused(_ line: Int, _ what: String) -> LockFileError { .malformed(path, line: line, what: what) }

    private func wrapped<Value>(_ work: () throws(FormatError) -> Value) throws(LockFileError) -> Value {
        do { return try work() } catch {
            guard case .malformed(_, let line, let what) = error else {
                throw .malformed(path, line: 1, what: "\(error)")
            }
            throw .malformed(path, line: line, what: "\(what)")
        }
    }
}

extension Array {
    /// `map` whose closure may throw one kind of error.
    fileprivate func mapEach<Value>(
        _ body: (Element) throws(LockFileError) -> Value
    ) throws(LockFileError) -> [Value] {
        var result: [Value] = []
        for element in self { result.append(try body(element)) }
        return result
    }
}
