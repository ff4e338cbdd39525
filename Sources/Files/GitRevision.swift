import Glibc
package import SystemPackage

/// The commit that a folder of git's is at, read from git's own files.
///
/// https://git-scm.com/docs/gitrepository-layout
package struct GitRevision: Hashable, Sendable {
    /// The commit's id in hex.
    package let commit: String
    /// The branch; nil on a detached HEAD.
    package let branch: String?
    /// The first tag by name that points at the commit.
    ///
    /// An annotated tag is seen once git has packed it, as clones do.
    package let tag: String?

    /// Reads the revision of the work tree at `folder`; nil where it is none, has no commit yet or keeps its references
    /// in another way (reftable).
    package init?(of folder: FilePath) throws {
        guard let repository = try Self.repository(of: folder) else { return nil }
        let head = repository.appending("HEAD")
        guard let text = try Self.line(of: head) else { return nil }
        let common =
            try Self.line(of: repository.appending("commondir")).map { repository.pushing(FilePath($0)) } ?? repository
        let packed = try Self.packed(in: common)
        if text.hasPrefix("ref: ") {
            let reference = String(text.dropFirst("ref: ".count))
            guard !FilePath(reference).components.contains(where: { $0.kind != .regular }) else { return nil }
            let loose = try Self.line(of: common.appending(reference))
            guard let commit = loose ?? packed.first(where: { $0.name == reference })?.commit else { return nil }
            self.commit = commit
            branch = reference.hasPrefix("refs/heads/") ? String(reference.dropFirst("refs/heads/".count)) : nil
        } else {
            commit = text
            branch = nil
        }
        guard Self.isObjectName(commit) else { return nil }
        tag = try Self.tags(in: common, packed: packed).filter { [commit] in $0.commit == commit }.map(\.name)
            .min { $0.utf8.lexicographicallyPrecedes($1.utf8) }
    }

    private typealias Named = (name: String, commit: String)

    /// `.git`, or the folder that a `.git` file of a work tree or submodule names.
    private static func repository(of folder: FilePath) throws -> FilePath? {
        let place = folder.appending(".git")
        var status = stat()
        guard stat(place.string, &status) == 0 else { return nil }
        if status.st_mode & S_IFMT == S_IFDIR { return place }
        guard let text = try line(of: place), text.hasPrefix("gitdir: ") else { return nil }
        return folder.pushing(FilePath(String(text.dropFirst("gitdir: ".count))))
    }

    /// The only line of a small file; nil where there is no such file.
    private static func line(of path: FilePath) throws -> String? {
        var status = stat()
        guard stat(path.string, &status) == 0, status.st_mode & S_IFMT == S_IFREG, status.st_size < 1 << 16 else {
            return nil
        }
        guard let bytes = try HostFiles.read(path) else { return nil }
        return String(decoding: bytes.prefix { $0 != 10 && $0 != 13 }, as: UTF8.self)
    }

    /// `packed-refs`; an annotated tag stands with the commit it leads to.
    private static func packed(in common: FilePath) throws -> [Named] {
        var result: [Named] = []
        let bytes = try HostFiles.read(common.appending("packed-refs")) ?? []
        for line in bytes.split(separator: 10) {
            let text = String(decoding: line, as: UTF8.self)
            if text.hasPrefix("^") {
                if let last = result.popLast() { result.append((last.name, String(text.dropFirst()))) }
            } else if !text.hasPrefix("#"), let space = text.firstIndex(of: " ") {
                result.append((String(text[text.index(after: space)...]), String(text[..<space])))
            }
        }
        return result
    }

    private static func tags(in common: FilePath, packed: [Named]) throws -> [Named] {
        let prefix = "refs/tags/"
        var result = packed.filter { $0.name.hasPrefix(prefix) }.map {
            (String($0.name.dropFirst(prefix.count)), $0.commit)
        }
        let folder = common.appending(prefix)
        guard HostFiles.exists(folder) else { return result }
        for name in try HostFiles.names(in: folder) {
            if let commit = try line(of: folder.appending(name)) { result.append((name, commit)) }
        }
        return result
    }

    private static func isObjectName(_ text: String) -> Bool {
        let digits = Set("0123456789abcdef".utf8)
        return [40, 64].contains(text.utf8.count) && text.utf8.allSatisfy(digits.contains)
    }
}
