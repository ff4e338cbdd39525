package import Planning

/// One entry of a tar archive: a file's metadata as the archive states it, nothing of it trusted yet.
package struct TarEntry: Hashable, Sendable {
    /// The name as written, with whatever `./`, `/` or `..` it holds.
    package var path: String
    package var kind: Kind
    /// Permission bits with setuid, setgid and sticky: 0…0o7777.
    package var mode: UInt16
    package var owner: Owner
    /// Bytes of data that follow; 0 for everything but files.
    package var size: Int64
    /// Seconds since 1970, rounded down.
    package var modified: Int64
    /// Extended attributes by name, from `SCHILY.xattr.` records.
    package var xattrs: [String: [UInt8]]

    package init(
        path: String, kind: Kind, mode: UInt16, owner: Owner = .root, size: Int64 = 0, modified: Int64 = 0,
        xattrs: [String: [UInt8]] = [:]
    ) {
        self.path = path
        self.kind = kind
        self.mode = mode
        self.owner = owner
        self.size = size
        self.modified = modified
        self.xattrs = xattrs
    }

    package enum Kind: Hashable, Sendable {
        case file
        case folder
        case symbolicLink(target: String)
        /// `target` is the path of an earlier entry.
        case hardLink(target: String)
        case characterDevice
        case blockDevice
        case pipe
    }

    /// The attribute that holds a program's capabilities.
    package static let capabilityAttribute = "security.capability"
    /// What overlayfs marks an opaque folder with in mounts with `userxattr`.
    static let opaqueAttribute = "user.overlay.opaque"
}

/// Where a stream comes from: fills some or all of the buffer and returns how many bytes, 0 at the end.
package typealias ByteSource = (UnsafeMutableRawBufferPointer) throws -> Int
