import Files
import OCI
import SystemPackage

/// The `index.json` of an OCI layout: which manifest has which name (OCI image-spec, image-layout.md).
struct LayoutIndex {
    static let nameAnnotation = "org.opencontainers.image.ref.name"
    static let layoutFile = Array(#"{"imageLayoutVersion":"1.0.0"}"#.utf8)

    private(set) var manifests: [Descriptor] = []

    init() {}

    /// Reads the index of a layout; empty where there is none yet.
    init(in folder: FilePath) throws {
        guard let bytes = try HostFiles.read(folder.appending("index.json")) else { return }
        do { manifests = try CanonicalJSON.decode(Index.self, from: bytes).manifests } catch {
            throw StoreError.unreadableIndex(folder.appending("index.json"))
        }
    }

    /// Gives a manifest a name, which no other one has from then on.
    mutating func set(_ name: String, to descriptor: Descriptor, annotations more: [String: String] = [:]) {
        remove(name)
        var annotations = (descriptor.annotations ?? [:]).merging(more) { _, new in new }
        annotations[Self.nameAnnotation] = name
        manifests.append(
            Descriptor(
                mediaType: descriptor.mediaType, digest: descriptor.digest, size: descriptor.size,
                platform: descriptor.platform, annotations: annotations))
    }

    /// Adds a manifest without a name, unless it is there.
    mutating func add(_ descriptor: Descriptor) {
        if !manifests.contains(where: { $0.digest == descriptor.digest }) { manifests.append(descriptor) }
    }

    /// Takes a name away; returns whether it was there.
    @discardableResult mutating func remove(_ name: String) -> Bool {
        let count = manifests.count
        manifests.removeAll { Self.name(of: $0) == name }
        return manifests.count < count
    }

    static func name(of descriptor: Descriptor) -> String? { descriptor.annotations?[nameAnnotation] }

    /// The document, entries sorted by name.
    func encoded() throws -> [UInt8] {
        try CanonicalJSON.encode(Index(manifests: manifests.sorted { Self.key($0) < Self.key($1) }))
    }

    private static func key(_ descriptor: Descriptor) -> String {
        (name(of: descriptor) ?? "") + "@\(descriptor.digest)"
    }

    /// Writes `index.json`, and `oci-layout` where it is missing.
    func write(to folder: FilePath) throws {
        let layout = folder.appending("oci-layout")
        if !HostFiles.exists(layout) { try AtomicFile.write(Self.layoutFile, to: layout) }
        try AtomicFile.write(encoded(), to: folder.appending("index.json"))
    }
}
