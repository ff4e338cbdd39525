import OCI

/// Artifacts that refer to a manifest (OCI distribution-spec, "Listing Referrers").
extension ScriptedRegistry {
    /// The index of those that refer to a digest, page by page, filtered where that was asked for.
    func referrers(
        _ request: RegistryRequest, _ name: String, _ digest: String, _ contents: RegistryStorage.Contents
    ) -> RegistryAnswer {
        guard options.hasReferrers else { return .error(404, "UNSUPPORTED", "page not found") }
        let wanted = request.query("artifactType")
        let all = (contents.repositories[name]?.manifests ?? [:]).sorted { $0.key < $1.key }
            .compactMap { referrer(digest: $0.key, $0.value, to: digest) }
            .filter { wanted == nil || $0.artifactType == wanted }
        let start = request.query("start").flatMap { Int($0) } ?? 0
        let end = min(all.count, start + (options.referrersPage ?? all.count))
        guard start <= end, let body = try? CanonicalJSON.encode(Index(manifests: Array(all[start..<end]))) else {
            return .error(400, "UNSUPPORTED", "no such page")
        }
        var answer = RegistryAnswer(200, ["Content-Type": MediaType.index.rawValue], body: body)
        if wanted != nil { answer.headers["OCI-Filters-Applied"] = "artifactType" }
        if end < all.count {
            let filter = wanted.map { "&artifactType=" + $0.replacing("+", with: "%2B") } ?? ""
            answer.headers["Link"] = "<\(request.path)?start=\(end)\(filter)>; rel=\"next\""
        }
        return answer
    }

    private func referrer(
        digest: Digest, _ document: RegistryStorage.Document, to subject: String
    ) -> Descriptor? {
        guard let named = try? CanonicalJSON.decode(NamedContent.self, from: document.bytes),
            named.subject?.digest.description == subject
        else { return nil }
        return Descriptor(
            mediaType: MediaType(rawValue: document.mediaType), digest: digest, size: Int64(document.bytes.count),
            annotations: named.annotations, artifactType: named.artifactType ?? named.config?.mediaType.rawValue)
    }
}
