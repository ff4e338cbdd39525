/// A pattern of `.dockerignore` made ready for matching: Docker's `*`, `?`, `[…]`, `\` and `**` over the bytes of a path.
///
/// What matches is what moby's `patternmatcher` matches; its tables are in the tests.
struct PathPattern: Hashable, Sendable {
    /// The pattern cleaned as Go's `filepath.Clean` does, without a leading slash.
    let text: String
    /// The names of the pattern between its slashes, for asking what may lie below a folder.
    let components: [Component]
    private let form: Form

    /// Compiles a cleaned pattern; nil where its syntax is wrong.
    init?(_ cleaned: String) {
        guard Self.isWellFormed(Array(cleaned.utf8)) else { return nil }
        text = cleaned
        components = cleaned.split(separator: "/", omittingEmptySubsequences: false).map { Component(String($0)) }
        form = Form(cleaned)
    }

    /// Whether the pattern matches a whole path; `name` is where its last component begins.
    func matches(_ path: UnsafeBufferPointer<UInt8>, name: Int) -> Bool {
        switch form {
        case .exact(let bytes): path.count == bytes.count && path.elementsEqual(bytes)
        case .prefix(let bytes): path.starts(with: bytes)
        case .suffix(let bytes):
            Self.ends(path, with: bytes) || (bytes.first == UInt8(ascii: "/") && path.elementsEqual(bytes.dropFirst()))
        case .name(let glob): glob.matches(UnsafeBufferPointer(rebasing: path[name...]))
        case .path(let glob): glob.matches(path)
        }
    }

    private static func ends(_ path: UnsafeBufferPointer<UInt8>, with bytes: [UInt8]) -> Bool {
        path.count >= bytes.count && path[(path.count - bytes.count)...].elementsEqual(bytes)
    }

    /// Whether a path strictly below `folder` might match.
    func mayMatch(below folder: [String]) -> Bool { mayMatch(below: folder[...], from: 0) }

    private func mayMatch(below folder: ArraySlice<String>, from index: Int) -> Bool {
        guard index < components.count else { return false }
        let component = components[index]
        if component.crossesFolders { return true }
        guard let first = folder.first else { return true }
        return component.matches(first) && mayMatch(below: folder.dropFirst(), from: index + 1)
    }

    /// Whether the pattern names this path by letters of its last name, itself (`whole`) or on the way to what lies
    /// below it; `**`, `*` and `?` alone name nothing.
    func names(_ path: [String], whole: Bool) -> Bool { names(path[...], from: 0, whole: whole) }

    private func names(_ path: ArraySlice<String>, from index: Int, whole: Bool) -> Bool {
        guard let first = path.first, index < components.count else { return false }
        let component = components[index]
        if component.crossesFolders {
            if names(path, from: index + 1, whole: whole) { return true }
            if path.count > 1 { return names(path.dropFirst(), from: index, whole: whole) }
        }
        guard component.matches(first) else { return false }
        guard path.count == 1 else { return names(path.dropFirst(), from: index + 1, whole: whole) }
        return component.hasLetters && (whole == (index + 1 == components.count))
    }

    /// One name of a pattern.
    struct Component: Hashable, Sendable {
        /// Holds `**`, which also matches slashes.
        let crossesFolders: Bool
        /// Holds something besides `*` and `?`.
        let hasLetters: Bool
        private let glob: Glob

        init(_ text: String) {
            crossesFolders = text.contains("**")
            hasLetters = text.contains { $0 != "*" && $0 != "?" }
            glob = Glob(text)
        }

        func matches(_ name: String) -> Bool {
            var name = name
            return name.withUTF8 { glob.matches($0) }
        }
    }

    /// How to match fastest; the first three are quicker ways for what needs no wildcard.
    private enum Form: Hashable, Sendable {
        case exact([UInt8])
        case prefix([UInt8])
        case suffix([UInt8])
        /// `**/NAME`: the last name alone decides.
        case name(Glob)
        case path(Glob)

        init(_ cleaned: String) {
            let bytes = Array(cleaned.utf8)
            let special = Set("*?[]\\".utf8)
            if !bytes.contains(where: special.contains) {
                self = .exact(bytes)
            } else if bytes.starts(with: "**".utf8), !bytes.dropFirst(2).contains(where: special.contains) {
                self = .suffix(Array(bytes.dropFirst(2)))
            } else if cleaned.hasSuffix("**"), !bytes.dropLast(2).contains(where: special.contains) {
                self = .prefix(Array(bytes.dropLast(2)))
            } else if cleaned.hasPrefix("**/"), !cleaned.contains("["), !cleaned.dropFirst(3).contains("/"),
                !cleaned.dropFirst(3).contains("**")
            {
                self = .name(Glob(String(cleaned.dropFirst(3))))
            } else {
                self = .path(Glob(cleaned))
            }
        }
    }

    /// The syntax that Go's `filepath.Match` demands: classes closed and not empty, no `\` at the end.
    private static func isWellFormed(_ bytes: [UInt8]) -> Bool {
        var index = 0
        func skipOne() -> Bool {
            guard index < bytes.count, bytes[index] != UInt8(ascii: "-"), bytes[index] != UInt8(ascii: "]") else {
                return false
            }
            if bytes[index] == UInt8(ascii: "\\") { index += 1 }
            index += 1
            return index < bytes.count
        }
        while index < bytes.count {
            switch bytes[index] {
            case UInt8(ascii: "\\"):
                guard index + 1 < bytes.count else { return false }
                index += 2
            case UInt8(ascii: "["):
                index += 1
                if index < bytes.count, bytes[index] == UInt8(ascii: "^") { index += 1 }
                repeat {
                    guard skipOne() else { return false }
                    if bytes[index] == UInt8(ascii: "-") {
                        index += 1
                        guard skipOne() else { return false }
                    }
                } while bytes[index] != UInt8(ascii: "]")
                index += 1
            default: index += 1
            }
        }
        return true
    }
}
