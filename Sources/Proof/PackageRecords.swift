import Planning

/// Which Debian package a file of the builder belongs to.
///
/// Read from `/var/lib/dpkg/status.d`, where our own bases and distroless keep a record a package, else from the
/// database of dpkg.
final class PackageRecords {
    /// One package.
    struct Record: Hashable {
        let package: String
        let version: String?
        /// The file that tells scanners of the package; nil where there is none that could be copied.
        let path: ImagePath?
    }

    private let tree: any FileTree
    private var loaded: [String: Record]?

    init(_ tree: any FileTree) { self.tree = tree }

    /// The package of a regular file; nil where none claims it.
    func owner(of path: ImagePath) throws -> Record? {
        let owners = try loaded ?? load()
        loaded = owners
        return owners[Self.key(path.components.joined(separator: "/"))]
    }

    /// A file has the same key in `/lib` and in `/usr/lib`, which are one on merged systems.
    private static func key(_ path: String) -> String { path.hasPrefix("usr/") ? String(path.dropFirst(4)) : path }

    private func load() throws -> [String: Record] {
        var owners: [String: Record] = [:]
        for folder in [ImagePath("/var/lib/dpkg/info"), ImagePath("/var/lib/dpkg/status.d")] {
            guard let real = try tree.resolve(folder), case .folder? = try tree.entry(at: real)?.kind else { continue }
            let versions = folder.name == "info" ? try installedVersions() : [:]
            for name in try tree.children(of: real) where name.hasSuffix(".md5sums") {
                let stem = String(name.dropLast(".md5sums".utf8.count))
                let record = folder.name == "info" ? Self.installed(stem, versions) : try self.record(stem, in: real)
                guard let record else { continue }
                for path in Self.libraries(try tree.contents(of: real.resolving(name))) {
                    owners[Self.key(path)] = record
                }
            }
        }
        return owners
    }

    private static func installed(_ stem: String, _ versions: [String: String]) -> Record? {
        let package = String(stem.prefix { $0 != ":" })
        return versions[package].map { Record(package: package, version: $0, path: nil) }
    }

    private func record(_ stem: String, in folder: ImagePath) throws -> Record? {
        let path = folder.resolving(stem)
        guard case .file? = try tree.entry(at: path)?.kind else { return nil }
        let text = String(decoding: try tree.contents(of: path), as: UTF8.self)
        return Record(package: Self.field("Package", text) ?? stem, version: Self.field("Version", text), path: path)
    }

    /// The versions in `/var/lib/dpkg/status`, by package.
    private func installedVersions() throws -> [String: String] {
        guard let real = try tree.resolve(ImagePath("/var/lib/dpkg/status")) else { return [:] }
        guard case .file? = try tree.entry(at: real)?.kind else { return [:] }
        var result: [String: String] = [:]
        var package: String?
        for line in String(decoding: try tree.contents(of: real), as: UTF8.self).split(separator: "\n") {
            if line.hasPrefix("Package: ") { package = String(line.dropFirst("Package: ".count)) }
            if let package, line.hasPrefix("Version: ") { result[package] = String(line.dropFirst("Version: ".count)) }
        }
        return result
    }

    private static func field(_ name: String, _ text: String) -> String? {
        for line in text.split(separator: "\n") where line.hasPrefix(name + ": ") {
            return String(line.dropFirst(name.count + 2))
        }
        return nil
    }

    /// The shared libraries in a list of `MD5  PATH` lines.
    private static func libraries(_ list: [UInt8]) -> [String] {
        list.split(separator: UInt8(ascii: "\n")).compactMap { line in
            guard line.count > 34 else { return nil }
            let path = String(decoding: line.dropFirst(34), as: UTF8.self)
            return path.contains(".so") ? path : nil
        }
    }
}
