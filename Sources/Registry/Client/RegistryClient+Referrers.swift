import NIOHTTP1
package import OCI

extension RegistryClient {
    /// The artifacts that refer to a manifest, by the referrers API or the fallback tag.
    package func referrers(
        of digest: Digest, in repository: Repository, artifactType: String? = nil
    ) async throws -> [Descriptor] {
        let wanted = "the referrers of \(repository)@\(digest)"
        try needNetwork(wanted)
        let found = try await listed(digest, in: repository, artifactType, wanted: wanted)
        let all: [Descriptor]
        if let found { all = found } else { all = try await fallback(of: digest, in: repository)?.manifests ?? [] }
        return all.filter { artifactType == nil || $0.artifactType == artifactType }
    }

    /// The pages of the referrers API; nil where the registry has none.
    private func listed(
        _ digest: Digest, in repository: Repository, _ artifactType: String?, wanted: String
    ) async throws -> [Descriptor]? {
        let endpoint = endpoint(repository)
        let query = artifactType.map { "?artifactType=\(Self.escaped($0))" } ?? ""
        var call = endpoint.call(.GET, "referrers/\(digest)\(query)", wanted: wanted, expected: nil)
        call.headers.add(name: "accept", value: MediaType.index.rawValue)
        var all: [Descriptor] = []
        for _ in 0..<100 {
            let asked = call
            let page = try await endpoint.host.exchange(endpoint.host.makeBudget(), { asked }) { answer -> Page? in
                if [400, 404, 405, 406].contains(answer.status) {
                    await answer.drain()
                    return nil
                }
                guard answer.status == 200 else { throw await endpoint.host.failure(answer, of: asked) }
                guard let bytes = try await answer.bytes(upTo: ManifestDocument.longest),
                    let index = try? CanonicalJSON.decode(Index.self, from: bytes)
                else {
                    throw RegistryError.wrongAnswer(
                        host: endpoint.host.name, wanted: wanted, problem: "the list is no image index")
                }
                return Page(entries: index.manifests, next: Self.next(answer))
            }
            guard let page else { return nil }
            all += page.entries
            guard let next = page.next else { return all }
            call.place = .address(next)
        }
        throw RegistryError.wrongAnswer(
            host: endpoint.host.name, wanted: wanted, problem: "the list has more than 100 pages")
    }

    private struct Page {
        let entries: [Descriptor]
        let next: HTTPAddress?
    }

    /// The address of the next page: `Link: </v2/…?n=10&last=x>; rel="next"` (RFC 8288).
    static func next(_ answer: Answer) -> HTTPAddress? {
        for link in answer.headers[canonicalForm: "link"] {
            guard let open = link.firstIndex(of: "<"), let close = link.firstIndex(of: ">"), open < close,
                link[close...].lowercased().replacing("\"", with: "").contains("rel=next")
            else { continue }
            let next = answer.address.resolving(String(link[link.index(after: open)..<close]))
            return next?.origin == answer.address.origin ? next : nil
        }
        return nil
    }

    private static func escaped(_ text: String) -> String {
        text.utf8.map { byte in
            switch byte {
            case 0x30...0x39, 0x41...0x5A, 0x61...0x7A, UInt8(ascii: "-"), UInt8(ascii: "."), UInt8(ascii: "_"):
                String(UnicodeScalar(byte))
            default: "%" + (byte < 16 ? "0" : "") + String(byte, radix: 16, uppercase: true)
            }
        }.joined()
    }

    // MARK: Fallback tag

    /// The list of a registry that keeps no referrers: an index under a tag made of the digest; nil where there is no tag.
    ///
    /// A list that is there and cannot be read is no empty one: whoever wrote over it would lose the referrers of others.
    private func fallback(of digest: Digest, in repository: Repository) async throws -> Index? {
        let name = fallbackName(of: digest, in: repository)
        let raw: RawManifest
        do { raw = try await manifest(name, at: endpoint(repository)) } catch RegistryError.notFound { return nil }
        guard raw.descriptor.mediaType.isIndex, let index = try? CanonicalJSON.decode(Index.self, from: raw.bytes)
        else {
            throw RegistryError.wrongAnswer(
                host: repository.registry, wanted: "\(name)",
                problem: "its list of referrers is no image index that can be read, and is left as it is")
        }
        return index
    }

    private func fallbackName(of digest: Digest, in repository: Repository) -> Reference {
        Reference(
            registry: repository.registry, repository: repository.name, tag: "sha256-\(digest.hex)", digest: nil)
    }

    /// Lists an artifact under its subject's fallback tag, beside what others have listed there.
    func addToFallback(_ artifact: RawManifest, in repository: Repository) async throws {
        guard let document = try? CanonicalJSON.decode(Manifest.self, from: artifact.bytes),
            let subject = document.subject
        else { return }
        // The registry may keep referrers without saying so.
        if try await listed(subject.digest, in: repository, nil, wanted: "the referrers of \(subject.digest)") != nil {
            return
        }
        let entry = Descriptor(
            mediaType: artifact.descriptor.mediaType, digest: artifact.descriptor.digest,
            size: artifact.descriptor.size, annotations: document.annotations,
            artifactType: document.artifactType ?? document.config.mediaType.rawValue)
        let known = try await fallback(of: subject.digest, in: repository)
        let others = (known?.manifests ?? []).filter { $0.digest != entry.digest }
        let index = Index(manifests: others + [entry], annotations: known?.annotations)
        let raw = RawManifest(try CanonicalJSON.encode(index), mediaType: .index)
        try await put(raw, to: repository, tag: "sha256-\(subject.digest.hex)")
    }
}
