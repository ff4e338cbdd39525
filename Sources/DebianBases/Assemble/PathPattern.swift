import Planning

/// A glob over image paths: `*` stands for any part of a name, `**` for any number of names.
///
/// A pattern matches a path and all below it. One that starts with `!` takes back what earlier ones matched.
struct PathPattern: Hashable, Sendable {
    let isException: Bool
    private let components: [String]

    init(_ text: String) {
        isException = text.hasPrefix("!")
        components = (isException ? text.dropFirst() : text[...]).split(separator: "/").map(String.init)
    }

    func matches(_ path: ImagePath) -> Bool { Self.matches(components[...], path.components[...]) }

    private static func matches(_ pattern: ArraySlice<String>, _ path: ArraySlice<String>) -> Bool {
        guard let head = pattern.first else { return true }
        if head == "**" {
            guard pattern.count > 1 else { return !path.isEmpty }
            return path.indices.contains { matches(pattern.dropFirst(), path[$0...]) }
        }
        guard let name = path.first, matches(Array(head.utf8)[...], Array(name.utf8)[...]) else { return false }
        return matches(pattern.dropFirst(), path.dropFirst())
    }

    private static func matches(_ pattern: ArraySlice<UInt8>, _ name: ArraySlice<UInt8>) -> Bool {
        guard let head = pattern.first else { return name.isEmpty }
        if head == UInt8(ascii: "*") {
            let rest = pattern.dropFirst()
            return rest.isEmpty || (name.startIndex...name.endIndex).contains { matches(rest, name[$0...]) }
        }
        guard name.first == head else { return false }
        return matches(pattern.dropFirst(), name.dropFirst())
    }
}

/// Where the files of packages go, and which are left out.
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

    /// `/bin`, `/lib` and so on are links into `/usr`, on every release: files below go there, and the entries for the
    /// folders themselves are left out. `/usr/sbin` stays apart from `/usr/bin`.
    static func merged(_ path: ImagePath) -> ImagePath? {
        guard let first = path.components.first, mergedFolders.contains(first) else { return path }
        guard path.components.count > 1 else { return nil }
        return path.components.dropFirst().reduce(ImagePath("/usr").resolving(first)) { $0.resolving($1) }
    }

    /// The folders at the root that are links.
    static let mergedFolders = ["bin", "lib", "lib32", "lib64", "libx32", "sbin"]
}
