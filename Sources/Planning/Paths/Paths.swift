/// A path inside the source tree, relative to its root; the root itself is written `.`.
///
/// It has no empty, `.` or `..` component, so it cannot leave the tree.
package struct SourcePath: Hashable, Sendable {
    /// The names from the root downwards; empty for the root.
    package let components: [String]

    /// The root of the tree.
    package static let root = SourcePath(unchecked: [])

    /// Parses a relative path; `./` and doubled or trailing slashes are tolerated.
    package init(parsing text: String) throws(PathError) {
        guard text.utf8.first != UInt8(ascii: "/") else { throw .absolute(text) }
        components = try cleanComponents(of: text)
    }

    init(unchecked components: [String]) { self.components = components }

    /// The last component, or `.` for the root.
    package var name: String { components.last ?? "." }

    /// The folder that holds this path; nil for the root.
    package var parent: SourcePath? {
        components.isEmpty ? nil : SourcePath(unchecked: Array(components.dropLast()))
    }

    /// This path with more below it.
    package func appending(_ text: String) throws(PathError) -> SourcePath {
        SourcePath(unchecked: components + (try SourcePath(parsing: text)).components)
    }

    /// This folder with one name below it, as a folder lists it; `.`, `..` and what holds a slash give this path itself.
    package func appending(name: String) -> SourcePath {
        guard !name.isEmpty, name != ".", name != "..", !name.utf8.contains(UInt8(ascii: "/")) else { return self }
        return SourcePath(unchecked: components + CollectionOfOne(name))
    }

    /// Whether this path is `folder` or lies below it.
    package func isInside(_ folder: SourcePath) -> Bool { components.starts(with: folder.components, by: areSame) }

    /// This path as seen from `folder`; nil where it does not lie inside.
    package func relative(to folder: SourcePath) -> SourcePath? {
        isInside(folder) ? SourcePath(unchecked: Array(components.dropFirst(folder.components.count))) : nil
    }

    /// Resolves `text`, which may hold `..`, against this folder; nil where it leaves the tree.
    package func resolving(_ text: String) -> SourcePath? {
        guard text.utf8.first != UInt8(ascii: "/") else { return nil }
        var result = components
        for part in text.utf8.split(separator: UInt8(ascii: "/")).map({ String(decoding: $0, as: UTF8.self) })
        where part != "." {
            if part != ".." {
                result.append(part)
            } else if result.popLast() == nil {
                return nil
            }
        }
        return SourcePath(unchecked: result)
    }
}

/// A path inside an image or a builder, absolute; the root is `/`.
///
/// It has no `.` or `..` component.
package struct ImagePath: Hashable, Sendable {
    /// The names from the root downwards; empty for `/`.
    package let components: [String]

    package static let root = ImagePath(unchecked: [])

    /// Parses an absolute path; doubled or trailing slashes are tolerated.
    package init(parsing text: String) throws(PathError) {
        guard text.utf8.first == UInt8(ascii: "/") else { throw .relative(text) }
        components = try cleanComponents(of: text)
    }

    init(unchecked components: [String]) { self.components = components }

    /// A path written in our own code: `/` and names of letters; `.` and `..` are dropped, never followed.
    package init(_ literal: StaticString) {
        components = literal.description.split(separator: "/").map(String.init).filter { $0 != "." && $0 != ".." }
    }

    /// The last component, or `/`.
    package var name: String { components.last ?? "/" }

    package var parent: ImagePath? {
        components.isEmpty ? nil : ImagePath(unchecked: Array(components.dropLast()))
    }

    /// This path with more below it.
    package func appending(_ text: String) throws(PathError) -> ImagePath {
        ImagePath(unchecked: components + (try SourcePath(parsing: text)).components)
    }

    /// This folder with a source path below it.
    package func appending(_ path: SourcePath) -> ImagePath { ImagePath(unchecked: components + path.components) }

    /// Whether this path is `folder` or lies below it.
    package func isInside(_ folder: ImagePath) -> Bool { components.starts(with: folder.components, by: areSame) }

    /// This path as seen from `folder`; nil where it does not lie inside.
    package func relative(to folder: ImagePath) -> SourcePath? {
        isInside(folder) ? SourcePath(unchecked: Array(components.dropFirst(folder.components.count))) : nil
    }

    /// Resolves a link target against this folder as a kernel rooted at `/` would: `..` stops at the root.
    package func resolving(_ target: String) -> ImagePath {
        var result = target.utf8.first == UInt8(ascii: "/") ? [] : components
        for part in target.utf8.split(separator: UInt8(ascii: "/")).map({ String(decoding: $0, as: UTF8.self) })
        where part != "." {
            if part == ".." { _ = result.popLast() } else { result.append(part) }
        }
        return ImagePath(unchecked: result)
    }
}

extension SourcePath: Comparable, CustomStringConvertible, Codable {
    package static func == (left: SourcePath, right: SourcePath) -> Bool {
        left.components.elementsEqual(right.components, by: areSame)
    }

    package func hash(into hasher: inout Hasher) { hashNames(components, into: &hasher) }

    package var description: String { components.isEmpty ? "." : components.joined(separator: "/") }

    /// Folders come before what they hold.
    package static func < (left: SourcePath, right: SourcePath) -> Bool {
        left.components.lexicographicallyPrecedes(right.components, by: precedes)
    }

    package init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

extension ImagePath: Comparable, CustomStringConvertible, Codable {
    package static func == (left: ImagePath, right: ImagePath) -> Bool {
        left.components.elementsEqual(right.components, by: areSame)
    }

    package func hash(into hasher: inout Hasher) { hashNames(components, into: &hasher) }

    package var description: String { "/" + components.joined(separator: "/") }

    package static func < (left: ImagePath, right: ImagePath) -> Bool {
        left.components.lexicographicallyPrecedes(right.components, by: precedes)
    }

    package init(from decoder: any Decoder) throws {
        try self.init(parsing: decoder.singleValueContainer().decode(String.self))
    }

    package func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
}

/// Names are ordered by their UTF-8 bytes, the same on every machine and in every locale.
private func precedes(_ left: String, _ right: String) -> Bool { left.utf8.lexicographicallyPrecedes(right.utf8) }

/// Names are the same where their bytes are, as for the kernel: `==` of texts also takes é for e and an accent.
private func areSame(_ left: String, _ right: String) -> Bool { left.utf8.elementsEqual(right.utf8) }

private func hashNames(_ names: [String], into hasher: inout Hasher) {
    for name in names {
        var name = name
        name.withUTF8 { hasher.combine(bytes: UnsafeRawBufferPointer($0)) }
        hasher.combine(UInt8(ascii: "/"))
    }
}

private func cleanComponents(of text: String) throws(PathError) -> [String] {
    guard !text.utf8.contains(0) else { throw .containsNull }
    // By bytes, as the kernel does: a combining character after a slash would hide it from a split by `Character`.
    let parts = text.utf8.split(separator: UInt8(ascii: "/")).map { String(decoding: $0, as: UTF8.self) }.filter {
        $0 != "."
    }
    guard !parts.contains("..") else { throw .leavesRoot(text) }
    return parts
}

/// Why a text is not a path of the wanted kind.
package enum PathError: Error, Equatable, CustomStringConvertible {
    case absolute(String)
    case relative(String)
    case leavesRoot(String)
    case containsNull

    package var description: String {
        switch self {
        case .absolute(let text): "'\(text)' is absolute; write it relative to the service's folder"
        case .relative(let text): "'\(text)' is relative; a path in an image starts with /"
        case .leavesRoot(let text): "'\(text)' holds '..'; write the path without it"
        case .containsNull: "a path holds a null byte"
        }
    }
}
