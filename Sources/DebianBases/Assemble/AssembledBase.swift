import Files
package import OCI
package import Planning
package import SystemPackage

/// A base of the `debian` family, unpacked on this host.
package struct AssembledBase: Sendable {
    /// What the tree is made of: the same key, the same bytes.
    package let key: Digest
    /// The folder that holds the tree; never to be written to.
    package let root: FilePath
    /// Owners other than root; on the host everything belongs to whoever assembled it.
    package let owners: [ImagePath: Owner]
    package let packages: [PinnedPackage]
    /// Bytes of all files.
    package let size: Int64

    /// What is kept beside the tree.
    private struct Record: Codable {
        let owners: [String: Owner]
        let packages: [PinnedPackage]
        let size: Int64
    }

    init(key: Digest, home: FilePath, owners: [ImagePath: Owner], packages: [PinnedPackage], size: Int64) {
        self.key = key
        root = home.appending("root")
        self.owners = owners
        self.packages = packages
        self.size = size
    }

    /// The base that an earlier run finished; nil where there is none.
    static func load(_ key: Digest, from home: FilePath) throws -> AssembledBase? {
        guard let bytes = try HostFiles.read(home.appending("base.json")), HostFiles.exists(home.appending("root")),
            let record = try? CanonicalJSON.decode(Record.self, from: bytes)
        else { return nil }
        HostFiles.noteUse(home)
        var owners: [ImagePath: Owner] = [:]
        for (path, owner) in record.owners { owners[try ImagePath(parsing: path)] = owner }
        return AssembledBase(key: key, home: home, owners: owners, packages: record.packages, size: record.size)
    }

    /// Writes the record into a folder that will be renamed to the base's place.
    func save(in folder: FilePath) throws {
        let names = Dictionary(uniqueKeysWithValues: owners.map { ($0.key.description, $0.value) })
        let record = Record(owners: names, packages: packages, size: size)
        try AtomicFile.write(CanonicalJSON.encodePretty(record), to: folder.appending("base.json"))
    }
}
