package import Planning

/// A tree by paths in it; each is walked name by name, and no link on the way is followed.
extension HostFolder {
    /// The folder at a path; nil where there is none, or a link or a file stands on the way.
    package func folder(at path: ImagePath) throws -> HostFolder? {
        var result = self
        for name in path.components {
            guard let next = try result.folder(name) else { return nil }
            result = next
        }
        return result
    }

    /// The folder at a path, with what is missing made; fails with `UnpackError.linkInPath` where a link or a file
    /// stands on the way.
    @discardableResult package func makeFolder(at path: ImagePath) throws -> HostFolder {
        var result = self
        for name in path.components {
            if result.kind(of: name) == nil { try result.makeFolder(name) }
            guard let next = try result.folder(name) else { throw UnpackError.linkInPath(path) }
            result = next
        }
        return result
    }

    /// What is at a path; nil where nothing is.
    package func kind(at path: ImagePath) throws -> Kind? {
        guard let parent = path.parent else { return .folder }
        return try folder(at: parent)?.kind(of: path.name)
    }

    /// Writes a small file with mode 0644, whatever the umask, in place of the file or link that is there.
    ///
    /// Nothing is flushed: it is for a tree in the making.
    package func write(_ text: String, to path: ImagePath) throws { try write(Array(text.utf8), to: path) }

    /// The same for bytes.
    package func write(_ bytes: [UInt8], to path: ImagePath) throws {
        let folder = try makeFolder(at: path.parent ?? .root)
        try folder.removeFile(path.name)
        let file = try folder.createFile(path.name)
        try bytes.withUnsafeBytes { try file.write($0) }
        try file.setMode(0o644)
    }

    /// Makes a symbolic link; a file, a link or an empty folder that is there gives way.
    package func link(_ path: ImagePath, to target: String) throws {
        let folder = try makeFolder(at: path.parent ?? .root)
        try folder.removeFile(path.name)
        try folder.removeEmptyFolder(path.name)
        try folder.makeLink(path.name, to: target)
    }

    /// Removes what is at a path, a folder with all it holds; what is not there is fine.
    package func remove(at path: ImagePath) throws {
        guard let parent = path.parent else { return }
        try folder(at: parent)?.remove(path.name)
    }
}
