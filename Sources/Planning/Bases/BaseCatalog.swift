/// All bases that are known, and the day the facts were gathered.
package struct BaseCatalog: Codable, Hashable, Sendable {
    /// `2026-11-20`: end of life is judged against it, never against the clock.
    package let date: String
    package let entries: [BaseEntry]

    package init(date: String, entries: [BaseEntry]) {
        self.date = date
        self.entries = entries
    }

    /// The entry with an id.
    package func entry(_ id: String) -> BaseEntry? { entries.first { $0.id == id } }

    /// The entries for a language and role, in catalog order.
    package func entries(language: String, role: BaseEntry.Role) -> [BaseEntry] {
        entries.filter { $0.language == language && $0.role == role }
    }

    /// Whether upstream's support of an entry ended before the facts were gathered.
    package func isPastEnd(_ entry: BaseEntry) -> Bool {
        entry.endOfLife.map { date.prefix($0.count) > $0 } ?? false
    }
}

extension BaseCatalog {
    private enum Keys: String, CodingKey { case date, templates, entries }

    /// Reads a catalog file: every entry with what its templates add, in the order of the file.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: Keys.self)
        date = try container.decode(String.self, forKey: .date)
        let templates = try container.decodeIfPresent([String: EntryTemplate].self, forKey: .templates) ?? [:]
        var list = try container.nestedUnkeyedContainer(forKey: .entries)
        var entries: [BaseEntry] = []
        while !list.isAtEnd {
            let path = container.codingPath + [Keys.entries, PlaceKey(list.currentIndex)]
            let written = try list.decode(EntryTemplate.self)
            for name in written.templates.map({ $0.map(String?.some) }) ?? [nil] {
                entries.append(try written.entry(from: name, of: templates, path: path))
            }
        }
        self.entries = entries
    }
}

/// An entry as a file writes it: what it leaves out is in its templates.
private struct EntryTemplate: Decodable {
    /// Names of templates: an entry stands for one base a template.
    let templates: [String]?
    /// The template that a template builds on.
    let template: String?
    let id, family, language, version, reference, release, shell, user, endOfLife, note, source, abi,
        interpreter, exact: String?
    let role: BaseEntry.Role?
    let libc: LibC?
    let tools, packages: [String]?
    let environment: [String: String]?
    let debian: DebianRecipe?

    /// The base that this entry and a template make.
    func entry(
        from name: String?, of templates: [String: EntryTemplate], path: [any CodingKey]
    ) throws -> BaseEntry {
        let parts = [self] + (try Self.chain(from: name, of: templates, path: path))
        func wanted<Value>(_ key: String, _ part: (EntryTemplate) -> Value?) throws -> Value {
            if let value = parts.lazy.compactMap(part).first { return value }
            throw DecodingError.keyNotFound(
                PlaceKey(key), .init(codingPath: path, debugDescription: "is missing"))
        }
        let id = try wanted("id", \.id)
        let version = try wanted("version", \.version)
        func text(_ part: (EntryTemplate) -> String?) -> String? {
            parts.lazy.compactMap(part).first.map { Self.fill($0, version) }
        }
        func wantedText(_ key: String, _ part: (EntryTemplate) -> String?) throws -> String {
            Self.fill(try wanted(key, part), version)
        }
        func imagePath(_ key: String, _ part: (EntryTemplate) -> String?) throws -> ImagePath? {
            guard let text = text(part) else { return nil }
            do { return try ImagePath(parsing: text) } catch {
                throw DecodingError.dataCorrupted(
                    .init(codingPath: path + [PlaceKey(key)], debugDescription: "\(error)"))
            }
        }
        return BaseEntry(
            id: Self.fill(id, version), family: try wanted("family", \.family),
            language: try wanted("language", \.language), version: version, role: try wanted("role", \.role),
            reference: try wantedText("reference", \.reference), libc: try wanted("libc", \.libc),
            release: try wanted("release", \.release), interpreter: try imagePath("interpreter", \.interpreter),
            abi: text(\.abi), shell: try imagePath("shell", \.shell), user: try wanted("user", \.user),
            tools: try wanted("tools", \.tools),
            environment: try wanted("environment", \.environment).mapValues { Self.fill($0, version) },
            endOfLife: text(\.endOfLife), note: text(\.note), debian: parts.lazy.compactMap(\.debian).first,
            source: text(\.source), packages: parts.lazy.compactMap(\.packages).first,
            exact: text(\.exact))
    }

    /// The template and those that it builds on, in turn.
    private static func chain(
        from name: String?, of templates: [String: EntryTemplate], path: [any CodingKey]
    ) throws -> [EntryTemplate] {
        var result: [EntryTemplate] = []
        var next = name
        while let name = next {
            guard let template = templates[name], result.count < templates.count else {
                let problem = templates[name] == nil ? "names no template" : "builds on itself"
                throw DecodingError.dataCorrupted(
                    .init(
                        codingPath: path + [PlaceKey("templates")],
                        debugDescription: "'\(name)' \(problem)"))
            }
            result.append(template)
            next = template.template
        }
        return result
    }

    /// `{version}` is the entry's version, `{digits}` the same without dots.
    private static func fill(_ text: String, _ version: String) -> String {
        guard text.contains("{") else { return text }
        return text.replacing("{version}", with: version).replacing(
            "{digits}", with: version.replacing(".", with: ""))
    }
}

/// A place in a document, for errors.
private struct PlaceKey: CodingKey {
    let stringValue: String
    let intValue: Int?

    init(_ index: Int) {
        stringValue = "Index \(index)"
        intValue = index
    }

    init(_ name: String) {
        stringValue = name
        intValue = nil
    }

    init?(intValue: Int) { self.init(intValue) }

    init?(stringValue: String) { self.init(stringValue) }
}
