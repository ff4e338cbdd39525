import OCI

/// Tells what a document is that a registry sent as a manifest.
enum ManifestDocument {
    /// The types that are asked for.
    static let accepted: [MediaType] = [.index, .manifest, .dockerIndex, .dockerManifest]

    /// The longest document that is read.
    static let longest = 32 << 20

    /// The media type of a document, from its body and the `Content-Type` header, which must agree; else the problem.
    static func mediaType(_ bytes: [UInt8], contentType: String?) throws(DocumentProblem) -> MediaType {
        struct Shape: Decodable {
            let schemaVersion: Int?
            let mediaType: String?
            let manifests: [Ignored]?
            let layers: [Ignored]?
            let config: Ignored?
            let fsLayers: [Ignored]?
        }
        struct Ignored: Decodable { init(from decoder: any Decoder) {} }
        let header = contentType.map { type in
            MediaType(rawValue: type.prefix { $0 != ";" }.filter { $0 != " " }.lowercased())
        }
        guard let shape = try? CanonicalJSON.decode(Shape.self, from: bytes) else {
            throw DocumentProblem(text: "it is no JSON document")
        }
        if shape.schemaVersion == 1 || shape.fsLayers != nil
            || header?.rawValue.hasPrefix("application/vnd.docker.distribution.manifest.v1+") == true
        {
            throw DocumentProblem(
                text: "its manifest has schema version 1, which registries gave up; push it again with a current tool")
        }
        guard shape.schemaVersion ?? 2 == 2 else { throw DocumentProblem(text: "its schema version is unknown") }
        // A document that reads as both could be verified as one and used as the other (CVE-2021-41190).
        let isIndex = shape.manifests != nil
        guard isIndex != (shape.layers != nil || shape.config != nil) else {
            throw DocumentProblem(
                text: isIndex ? "it is both an index and a manifest" : "it is neither index nor manifest")
        }
        let known = header.flatMap { accepted.contains($0) ? $0 : nil }
        let body = shape.mediaType.map { MediaType(rawValue: $0) }
        if let known, let body, known != body {
            throw DocumentProblem(text: "it is sent as \(known.rawValue), and says it is \(body.rawValue)")
        }
        let type = body ?? known ?? (isIndex ? .index : .manifest)
        guard accepted.contains(type) else {
            throw DocumentProblem(
                text: "its media type is unknown: \(Problem.printable(shape.mediaType ?? "", limit: 100))")
        }
        guard type.isIndex == isIndex else { throw DocumentProblem(text: "it is not what its media type says") }
        return type
    }
}

/// The documents that an index leads to: each is read once, and an index that names ever more of them ends.
struct DocumentWalk {
    static let most = 10_000
    static let mostBytes: Int64 = 64 << 20
    private var seen: Set<Digest> = []
    private var bytes: Int64 = 0

    /// Counts a document; false where it was there before.
    mutating func takes(_ document: Descriptor) throws(DocumentProblem) -> Bool {
        guard seen.insert(document.digest).inserted else { return false }
        guard seen.count <= Self.most, document.size <= Self.mostBytes - bytes else {
            throw DocumentProblem(text: "its index leads to more than 10,000 documents or 64 MiB of them")
        }
        bytes += document.size
        return true
    }
}

/// What is wrong with a document.
struct DocumentProblem: Error, Equatable {
    let text: String
}
