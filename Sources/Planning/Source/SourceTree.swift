package import OCI

/// The files a build may see, rooted at the workspace: what ignore rules took out is not there.
///
/// Planning, detectors and engines read the user's folder only through this protocol. To add another medium, give the
/// entries in order and stream their bytes.
package protocol SourceTree: Sendable {
    /// Every entry that is let in, sorted by path, folders before what they hold.
    var entries: [SourceEntry] { get }
    /// The folder of the service; the root where the service is not a member of a workspace.
    var service: SourcePath { get }
    /// The entry at a path, found without reading the list.
    func entry(at path: SourcePath) -> SourceEntry?
    /// Streams the bytes of a regular file in chunks; fails with a `SourceError`.
    func read(_ path: SourcePath, chunk: (UnsafeRawBufferPointer) throws -> Void) throws
}

/// One file, folder or link of a source tree.
package struct SourceEntry: Hashable, Sendable {
    package let path: SourcePath
    package let kind: Kind

    package init(path: SourcePath, kind: Kind) {
        self.path = path
        self.kind = kind
    }

    package enum Kind: Hashable, Sendable {
        /// A regular file; only the executable bit of its mode counts. `size` is in bytes.
        case file(executable: Bool, size: Int64)
        case folder
        /// A symbolic link with its target as written.
        case link(target: String)
    }

    /// Whether this is a regular file.
    package var isFile: Bool {
        if case .file = kind { true } else { false }
    }
}

extension SourceTree {
    /// Whether a regular file is at the path.
    package func hasFile(_ path: SourcePath) -> Bool { entry(at: path)?.isFile ?? false }

    /// The text of a file, with a byte order mark and carriage returns taken out; nil where none is.
    ///
    /// It is of at most 4 MiB, or `limit` bytes for what machines write.
    package func text(at path: SourcePath, limit: Int64 = 4 << 20) throws -> String? {
        guard case .file(_, let size)? = entry(at: path)?.kind else { return nil }
        guard size <= limit else { throw SourceError.tooLarge(path, size: size, limit: limit) }
        var bytes: [UInt8] = []
        try read(path) { bytes.append(contentsOf: $0) }
        guard let text = String(validating: bytes, as: UTF8.self) else { throw SourceError.notUTF8(path) }
        let body = text.hasPrefix("\u{FEFF}") ? String(text.dropFirst()) : text
        return body.replacing("\r\n", with: "\n")
    }

    /// The digest of a file's bytes.
    package func digest(of path: SourcePath) throws -> Digest {
        var hasher = DigestHasher()
        try read(path) { hasher.update($0) }
        return hasher.finalize()
    }
}

/// Why a source file cannot be used.
package enum SourceError: Error, Equatable, CustomStringConvertible {
    case missing(SourcePath)
    case unreadable(SourcePath, reason: String)
    case tooLarge(SourcePath, size: Int64, limit: Int64)
    case notUTF8(SourcePath)
    /// `name` is shown with its broken bytes replaced.
    case unusableName(folder: SourcePath, name: String)

    package var description: String {
        switch self {
        case .missing(let path): "\(path): no such file in the source tree; it may be ignored (see .dockerignore)"
        case .unreadable(let path, let reason): "\(path): cannot be read: \(reason); make it readable or ignore it"
        case .tooLarge(let path, let size, let limit):
            "\(path): \(size) bytes is too large for a manifest; the limit is \(limit >> 20) MiB"
        case .notUTF8(let path): "\(path): is not UTF-8 text; save it as UTF-8"
        case .unusableName(let folder, let name): "\(folder): the name '\(name)' is not UTF-8; rename it or ignore it"
        }
    }
}
