import Images
import NIOHTTP1
package import OCI

extension RegistryClient {
    /// A manifest or index, its bytes as they were sent and their digest.
    package func manifest(_ reference: Reference) async throws -> RawManifest {
        try needNetwork("\(reference)")
        return try await fromFirst(of: Repository(of: reference)) { try await manifest(reference, at: $0) }
    }

    /// What a reference stands for now; nil where there is none.
    ///
    /// Registries do not count it as a pull.
    package func resolve(_ reference: Reference) async throws -> Descriptor? {
        try needNetwork("\(reference)")
        do {
            return try await fromFirst(of: Repository(of: reference)) { endpoint in
                if let short = try await head(reference, at: endpoint) { return short }
                return try await manifest(reference, at: endpoint).descriptor
            }
        } catch RegistryError.notFound {
            return nil
        }
    }

    /// The answer of a HEAD, where it says all of a descriptor.
    private func head(_ reference: Reference, at endpoint: Endpoint) async throws -> Descriptor? {
        let call = manifestCall(.HEAD, reference, at: endpoint, expected: nil)
        return try await endpoint.host.exchange(endpoint.host.makeBudget(), { call }) { answer -> Descriptor? in
            guard answer.status != 404 else {
                throw RegistryError.notFound(host: endpoint.host.name, wanted: call.wanted, said: "404 Not Found")
            }
            if RetryPolicy.statuses.contains(answer.status) { throw await endpoint.host.failure(answer, of: call) }
            let type = answer.headers.first(name: "content-type").map { MediaType(rawValue: $0) }
            guard answer.status == 200, let type, ManifestDocument.accepted.contains(type), let digest = answer.digest,
                let length = answer.length, length > 0, reference.digest == nil || reference.digest == digest
            else { return nil }
            return Descriptor(mediaType: type, digest: digest, size: length)
        }
    }

    private func manifestCall(
        _ method: HTTPMethod, _ reference: Reference, at endpoint: Endpoint, expected: Set<Int>?
    ) -> Call {
        let version = reference.digest?.description ?? reference.tag ?? "latest"
        var call = endpoint.call(method, "manifests/\(version)", wanted: "\(reference)", expected: expected)
        call.headers.add(name: "accept", value: ManifestDocument.accepted.map(\.rawValue).joined(separator: ", "))
        return call
    }

    /// A manifest from one place, verified.
    func manifest(_ reference: Reference, at endpoint: Endpoint) async throws -> RawManifest {
        let call = manifestCall(.GET, reference, at: endpoint, expected: [200])
        let host = endpoint.host
        return try await host.exchange(host.makeBudget(), { call }) { answer in
            func wrong(_ problem: String) -> RegistryError {
                .wrongAnswer(host: host.name, wanted: call.wanted, problem: problem)
            }
            if let length = answer.length, length > ManifestDocument.longest {
                throw wrong("the manifest has \(length) bytes, more than 32 MiB")
            }
            guard let bytes = try await answer.bytes(upTo: ManifestDocument.longest) else {
                throw wrong("the manifest has more than 32 MiB")
            }
            if let length = answer.length, length != bytes.count {
                throw Transient(error: wrong("\(bytes.count) bytes of a manifest of \(length)"))
            }
            let digest = Digest(of: bytes)
            if let expected = reference.digest, digest != expected {
                throw RegistryError.wrongContent(
                    host: host.name, wanted: call.wanted, problem: "the bytes have the digest \(digest)")
            }
            do {
                return RawManifest(
                    bytes,
                    mediaType: try ManifestDocument.mediaType(
                        bytes, contentType: answer.headers.first(name: "content-type")))
            } catch let problem as DocumentProblem { throw wrong(problem.text) }
        }
    }

    /// A document, from the store where the reference says its digest and it is there.
    func document(_ reference: Reference, in store: BlobStore) async throws -> RawManifest {
        let longest = Int64(ManifestDocument.longest)
        if let digest = reference.digest, store.has(digest) {
            // Not its length, but its digest says whether it is whole.
            let named = Descriptor(mediaType: .manifest, digest: digest, size: 0)
            if let bytes = try? store.read(named, limit: longest),
                let type = try? ManifestDocument.mediaType(bytes, contentType: nil)
            {
                return RawManifest(bytes, mediaType: type)
            }
        }
        return try await manifest(reference)
    }

    /// A document by its descriptor, which its bytes must fit.
    func document(
        _ descriptor: Descriptor, of reference: Reference, in store: BlobStore
    ) async throws -> RawManifest {
        func wrong(_ problem: String) -> RegistryError {
            .wrongContent(
                host: Repository(of: reference).registry, wanted: "\(reference.at(descriptor.digest))",
                problem: problem)
        }
        let raw = try await document(reference.at(descriptor.digest), in: store)
        guard raw.descriptor.size == descriptor.size else {
            throw wrong("it has \(raw.descriptor.size) bytes where the index says \(descriptor.size)")
        }
        // Whatever it was sent as: an index that calls it something else would have it used as that (CVE-2021-41190).
        do throws(DocumentProblem) {
            let type = try ManifestDocument.mediaType(raw.bytes, contentType: descriptor.mediaType.rawValue)
            guard type == descriptor.mediaType else {
                throw DocumentProblem(
                    text: "it is \(type.rawValue) where the index says \(descriptor.mediaType.rawValue)")
            }
            return RawManifest(raw.bytes, mediaType: type)
        } catch { throw wrong(error.text) }
    }
}

extension Reference {
    /// The manifest of that digest in the same repository.
    func at(_ digest: Digest) -> Reference {
        Reference(registry: registry, repository: repository, tag: nil, digest: digest)
    }
}
