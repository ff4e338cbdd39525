import Images
import OCI
import Planning

/// Bytes that a closure collects.
final class Collected {
    var bytes: [UInt8] = []

    func append(_ more: UnsafeRawBufferPointer) { bytes.append(contentsOf: more) }
}

/// An archive of entries with their data.
func archive(_ entries: [(TarEntry, String)]) throws -> [UInt8] {
    let collected = Collected()
    var writer = TarWriter { collected.append($0) }
    for (entry, text) in entries {
        var entry = entry
        if entry.kind == .file { entry.size = Int64(text.utf8.count) }
        try writer.add(entry, data: Array(text.utf8))
    }
    try writer.finish()
    return collected.bytes
}

/// A source that hands out bytes in pieces of at most `step`.
func source(_ bytes: [UInt8], step: Int = 1000) -> ByteSource {
    var offset = 0
    return { buffer in
        let count = min(step, buffer.count, bytes.count - offset)
        buffer.copyBytes(from: bytes[offset..<(offset + count)])
        offset += count
        return count
    }
}

/// All entries of an archive with their data.
func entries(of bytes: [UInt8]) throws -> [(entry: TarEntry, text: String)] {
    var reader = TarReader(source(bytes))
    var result: [(TarEntry, String)] = []
    while let entry = try reader.next() { result.append((entry, String(decoding: try reader.data(), as: UTF8.self))) }
    return result
}

/// All entries of a layer.
func entries(of layer: LayerBlob, in store: BlobStore) throws -> [TarEntry] {
    let reader = try LayerReader(layer.descriptor, in: store)
    var tar = TarReader { try reader.read(into: $0) }
    var result: [TarEntry] = []
    while let entry = try tar.next() { result.append(entry) }
    try tar.drain()
    try reader.verify(diffID: layer.diffID)
    return result
}

extension TarEntry {
    static func file(_ path: String, mode: UInt16 = 0o644) -> TarEntry {
        TarEntry(path: path, kind: .file, mode: mode, modified: 1)
    }

    static func folder(_ path: String, mode: UInt16 = 0o755) -> TarEntry {
        TarEntry(path: path, kind: .folder, mode: mode, modified: 1)
    }

    static func link(_ path: String, to target: String) -> TarEntry {
        TarEntry(path: path, kind: .symbolicLink(target: target), mode: 0o777, modified: 1)
    }

    static func hardLink(_ path: String, to target: String) -> TarEntry {
        TarEntry(path: path, kind: .hardLink(target: target), mode: 0o644, modified: 1)
    }
}

/// An image of one layer in a store.
func makeImage(
    in store: BlobStore, _ content: LayerContent, architecture: String = "amd64"
) throws -> AssembledImage {
    guard let layer = try LayerBuilder(store: store).build(content) else { throw LayerError.missing(.root) }
    let config = ImageConfig.Execution(
        user: "65532:65532", exposedPorts: ["8000/tcp"], env: ["LANG=C.UTF-8"], entrypoint: ["/app/start"], cmd: [],
        volumes: [], workingDir: "/app", labels: ["a": "b"], stopSignal: nil)
    return try ImageAssembler(store: store).assemble(
        layers: [(layer, "application: copy")], config: config, platform: Platform(architecture: architecture),
        created: 1)
}
