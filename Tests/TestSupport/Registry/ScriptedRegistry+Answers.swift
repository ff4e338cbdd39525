import OCI
import Synchronization

/// What the specification asks for.
extension ScriptedRegistry {
    /// The right answer to a request, after doing what it asks for.
    func answer(_ request: RegistryRequest, ignoringRange: Bool = false) -> RegistryAnswer {
        guard let target = request.target else { return .error(404, "UNSUPPORTED", "no such path") }
        if target == .token { return issueToken(request) }
        if let refusal = refusal(of: request) { return refusal }
        return storage.contents.withLock { contents in
            switch target {
            case .ping, .token: RegistryAnswer(200, ["Content-Type": "application/json"], body: Array("{}".utf8))
            case .manifest(let name, let reference):
                request.method == "PUT"
                    ? put(request, name, reference, &contents)
                    : request.method == "DELETE"
                        ? delete(name, reference, &contents) : manifest(request, name, reference, contents)
            case .blob(let name, let digest):
                blob(request, name, digest, contents, ignoringRange: ignoringRange)
            case .uploads(let name): startUpload(request, name, &contents)
            case .upload(let name, let id): upload(request, name, id, &contents)
            case .referrers(let name, let digest): referrers(request, name, digest, contents)
            case .tags(let name): tags(name, contents)
            }
        }
    }

    private func manifest(
        _ request: RegistryRequest, _ name: String, _ reference: String, _ contents: RegistryStorage.Contents
    ) -> RegistryAnswer {
        guard let shelf = contents.repositories[name] else { return .error(404, "NAME_UNKNOWN", "no such repository") }
        let digest = (try? Digest(parsing: reference)) ?? shelf.tags[reference]
        guard let digest, let document = shelf.manifests[digest] else {
            return .error(404, "MANIFEST_UNKNOWN", "manifest unknown")
        }
        return RegistryAnswer(
            200, ["Content-Type": document.mediaType, "Docker-Content-Digest": digest.description],
            body: document.bytes)
    }

    private func blob(
        _ request: RegistryRequest, _ name: String, _ text: String, _ contents: RegistryStorage.Contents,
        ignoringRange: Bool
    ) -> RegistryAnswer {
        guard let digest = try? Digest(parsing: text), contents.repositories[name]?.blobs.contains(digest) == true,
            let bytes = contents.blobs[digest]
        else { return .error(404, "BLOB_UNKNOWN", "blob unknown to registry") }
        var headers = [
            "Content-Type": "application/octet-stream", "Docker-Content-Digest": text, "Accept-Ranges": "bytes",
        ]
        guard !ignoringRange, request.method == "GET", let range = request.headers["range"] else {
            return RegistryAnswer(200, headers, body: bytes)
        }
        let bounds = range.dropFirst("bytes=".count).split(separator: "-").compactMap { Int($0) }
        guard let first = bounds.first, first < bytes.count else {
            return RegistryAnswer(416, ["Content-Range": "bytes */\(bytes.count)"])
        }
        let last = min(bounds.count > 1 ? bounds[1] : bytes.count - 1, bytes.count - 1)
        headers["Content-Range"] = "bytes \(first)-\(last)/\(bytes.count)"
        return RegistryAnswer(206, headers, body: Array(bytes[first...last]))
    }

    /// Takes a manifest or index whose blobs and children are there.
    private func put(
        _ request: RegistryRequest, _ name: String, _ reference: String, _ contents: inout RegistryStorage.Contents
    ) -> RegistryAnswer {
        let digest = Digest(of: request.body)
        if reference.contains(":"), reference != digest.description {
            return .error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        }
        guard let named = try? CanonicalJSON.decode(NamedContent.self, from: request.body) else {
            return .error(400, "MANIFEST_INVALID", "manifest invalid")
        }
        let shelf = contents.repositories[name] ?? RegistryStorage.Shelf()
        let blobs = ([named.config].compactMap { $0 } + (named.layers ?? [])).filter {
            !$0.mediaType.isNonDistributable
        }
        if let missing = blobs.first(where: { !shelf.blobs.contains($0.digest) }) {
            return .error(400, "MANIFEST_BLOB_UNKNOWN", "blob unknown to registry: \(missing.digest)")
        }
        if let missing = named.manifests?.first(where: { shelf.manifests[$0.digest] == nil }), named.subject == nil,
            !reference.hasPrefix("sha256-")
        {
            return .error(400, "MANIFEST_BLOB_UNKNOWN", "manifest unknown to registry: \(missing.digest)")
        }
        let type = request.headers["content-type"] ?? MediaType.manifest.rawValue
        if let stated = named.mediaType, stated != type {
            return .error(400, "MANIFEST_INVALID", "Content-Type is not the manifest's mediaType")
        }
        contents.repositories[name, default: .init()].manifests[digest] = .init(mediaType: type, bytes: request.body)
        if !reference.contains(":") { contents.repositories[name]?.tags[reference] = digest }
        var headers = [
            "Location": "/v2/\(name)/manifests/\(digest)", "Docker-Content-Digest": digest.description,
        ]
        if options.hasReferrers, let subject = named.subject { headers["OCI-Subject"] = subject.digest.description }
        return RegistryAnswer(201, headers)
    }

    private func delete(
        _ name: String, _ reference: String, _ contents: inout RegistryStorage.Contents
    ) -> RegistryAnswer {
        if let digest = try? Digest(parsing: reference) {
            guard contents.repositories[name]?.manifests.removeValue(forKey: digest) != nil else {
                return .error(404, "MANIFEST_UNKNOWN", "manifest unknown")
            }
            return RegistryAnswer(202)
        }
        return contents.repositories[name]?.tags.removeValue(forKey: reference) == nil
            ? .error(404, "MANIFEST_UNKNOWN", "manifest unknown") : RegistryAnswer(202)
    }

    private func tags(_ name: String, _ contents: RegistryStorage.Contents) -> RegistryAnswer {
        guard let shelf = contents.repositories[name] else { return .error(404, "NAME_UNKNOWN", "no such repository") }
        let names = shelf.tags.keys.sorted().map { #""\#($0)""# }.joined(separator: ",")
        return RegistryAnswer(
            200, ["Content-Type": "application/json"], body: Array(#"{"name":"\#(name)","tags":[\#(names)]}"#.utf8))
    }
}

/// What a manifest or an index names.
struct NamedContent: Decodable {
    let mediaType: String?
    let artifactType: String?
    let config: Descriptor?
    let layers: [Descriptor]?
    let manifests: [Descriptor]?
    let subject: Descriptor?
    let annotations: [String: String]?
}
