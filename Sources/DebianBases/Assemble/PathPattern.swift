import Planning

/// A glob over image paths: `*` stands for any part of a name, `**` for any number of names.
///
/// A pattern matches a path and all below it. One that starts with `!` takes back what earlier ones matched.
struct PathPattern: Hashable, Sendable {
    let isException: Bool
    private let parts: [Part]

    private enum Part: Hashable, Sendable {
        case name(String)
        case glob([UInt8])
        case anyNames
    }

    init(_ text: String) {
        isException = text.hasPrefix("!")
        parts = (isException ? text.dropFirst() : text[...]).split(separator: "/").map { part in
            if part == "**" { return .anyNames }
            return part.utf8.contains(UInt8(ascii: "*")) ? .glob(Array(part.utf8)) : .name(String(part))
        }
    }

    func matches(_ path: ImagePath) -> Bool { matches(0, path.components, 0) }

    /// Whether the parts from `part` on match the names from `index` on.
    private func matches(_ part: Int, _ names: [String], _ index: Int) -> Bool {
        guard part < parts.count else { return true }
        guard index < names.count else { return false }
        switch parts[part] {
        case .name(let name): return names[index] == name && matches(part + 1, names, index + 1)
        case .glob(let glob):
            return Self.matches(glob, Array(names[index].utf8)) && matches(part + 1, names, index + 1)
        case .anyNames:
            guard part + 1 < parts.count else { return true }
            return (index..<names.count).contains { matches(part + 1, names, $0) }
        }
    }

    /// Whether a glob matches a name.
    ///
    /// Only the last `*` is ever tried again, so the time is bounded by the product of the lengths.
    private static func matches(_ glob: [UInt8], _ name: [UInt8]) -> Bool {
        var (index, place) = (0, 0)
        var retry: (index: Int, place: Int)?
        while place < name.count {
            if index < glob.count, glob[index] == UInt8(ascii: "*") {
                retry = (index + 1, place)
                index += 1
            } else if index < glob.count, glob[index] == name[place] {
                index += 1
                place += 1
            } else if let last = retry {
                retry = (last.index, last.place + 1)
                (index, place) = (last.index, last.place + 1)
            } else {
                return false
            }
        }
        return glob[index...].allSatisfy { $0 == UInt8(ascii: "*") }
    }
}

/// Where the files of packages and the bytecode made from them go, and which are left out.
struct UnpackRules: Sendable {
    private let patterns: [PathPattern]

    /// `drop` comes after what no base needs, so it can take that back.
    init(drop: [String]) { patterns = (Self.usual + drop).map { PathPattern($0) } }

    /// Documentation but for licences, translations, and folders that Debian's own scripts turn into links.
    static let usual = [
        "/usr/share/doc/*/**", "!/usr/share/doc/*/copyright", "/usr/share/doc-base", "/usr/share/man",
        "/usr/share/info", "/usr/share/locale", "/usr/share/lintian", "/usr/share/bug", "/usr/share/gdb",
        "/usr/share/bash-completion", "/usr/share/zsh", "/usr/share/base-files", "/usr/share/dict",
        "/usr/share/pixmaps", "/usr/share/applications", "/usr/share/menu", "/usr/share/binfmts", "/usr/games",
        "/usr/lib/systemd", "/etc/update-motd.d", "/etc/cron.*", "/etc/init.d", "/etc/skel", "/etc/dpkg",
        "/etc/issue", "/etc/issue.net", "/etc/default/nss", "/var/run", "/var/lock", "/var/backups",
        "/var/cache/ldconfig", "/var/lib/dpkg",
    ]

    /// Where an entry goes; nil where it is left out.
    func place(_ path: ImagePath) -> ImagePath? {
        guard let merged = Self.merged(path) else { return nil }
        return patterns.last { $0.matches(merged) }.map(\.isException) ?? true ? merged : nil
    }

    /// Where a path is once the folders at the root are links into `/usr`, as they are in our bases of every release.
    ///
    /// Entries for those folders themselves are left out. `/usr/sbin` stays apart from `/usr/bin`.
    static func merged(_ path: ImagePath) -> ImagePath? {
        guard let first = path.components.first, mergedFolders.contains(first) else { return path }
        guard path.components.count > 1 else { return nil }
        return path.components.dropFirst().reduce(ImagePath("/usr").resolving(first)) { $0.resolving($1) }
    }

    /// The folders at the root that are links.
    static let mergedFolders = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"]
}
