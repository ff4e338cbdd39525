import Glibc
package import Planning
package import SystemPackage

/// Where the source tree of a service is rooted.
package struct WorkspaceRoot: Hashable, Sendable {
    /// The folder that becomes the root, absolute and without links.
    package let root: FilePath
    /// The service's folder in it.
    package let service: SourcePath
    /// The nearest folder at or above the service that version control knows as its top; nil where there is none.
    package let versionControl: FilePath?

    /// Finds the root for a service: the nearest folder above it whose manifest claims it, else the service's folder.
    ///
    /// Nothing above the version-control root is looked at, and nothing above the service without version control.
    /// `claims` says whether the manifest in a folder names the member at a path below it. Fails with a `SystemError` where the service is no folder.
    package init(
        of service: FilePath, claims: (_ folder: FilePath, _ member: SourcePath) throws -> Bool = { _, _ in false }
    ) throws {
        guard let resolved = realpath(service.string, nil) else { throw SystemError.last("read", service) }
        defer { free(resolved) }
        let start = FilePath(String(cString: resolved))
        var status = stat()
        guard stat(start.string, &status) == 0 else { throw SystemError.last("read", service) }
        guard status.st_mode & S_IFMT == S_IFDIR else { throw SystemError("list", service, .notDirectory) }
        versionControl = Self.versionControlRoot(of: start)
        var folder = start
        var member = SourcePath.root
        while let top = versionControl, folder != top, let name = folder.lastComponent {
            folder = folder.removingLastComponent()
            member = try SourcePath(parsing: member == .root ? name.string : "\(name.string)/\(member)")
            if try claims(folder, member) {
                root = folder
                self.service = member
                return
            }
        }
        root = start
        self.service = .root
    }

    /// The root by the rules of languages: the nearest folder above whose manifest claims the service; and where it may
    /// itself be a member, the nearest that claims it.
    package init(of service: FilePath, rules: [WorkspaceRule]) throws {
        let nearest = try WorkspaceRoot(nearestTo: service, rules: rules)
        let nested = rules.filter(\.isNested)
        guard nearest.service != .root, !nested.isEmpty else {
            self = nearest
            return
        }
        let outer = try WorkspaceRoot(of: nearest.root, rules: nested)
        root = outer.root
        self.service = try outer.service.appending("\(nearest.service)")
        versionControl = nearest.versionControl
    }

    private init(nearestTo service: FilePath, rules: [WorkspaceRule]) throws {
        var own: [String: String] = [:]
        for rule in rules { own[rule.member] = try Self.text(service.appending(rule.member)) }
        try self.init(of: service) { folder, member in
            try rules.contains { rule in
                guard let memberText = own[rule.member],
                    let text = try Self.text(folder.appending(rule.manifest))
                else { return false }
                return try rule.claims(
                    WorkspaceRule.Claim(
                        manifest: text, file: folder.appending(rule.manifest).string, member: member,
                        memberManifest: memberText, memberFile: service.appending(rule.member).string))
            }
        }
    }

    private static func text(_ file: FilePath) throws -> String? {
        try HostFiles.read(file).map { String(decoding: $0, as: UTF8.self) }
    }

    private static func versionControlRoot(of start: FilePath) -> FilePath? {
        var folder = start
        while true {
            if [".git", ".hg", ".svn"].contains(where: { HostFiles.exists(folder.appending($0)) }) { return folder }
            guard folder.lastComponent != nil else { return nil }
            folder = folder.removingLastComponent()
        }
    }
}
