import OCI
import Synchronization

/// Blobs coming in (OCI distribution-spec, "Pushing blobs").
extension ScriptedRegistry {
    /// Begins an upload, mounts a blob of another repository, or takes a whole blob at once.
    func startUpload(
        _ request: RegistryRequest, _ name: String, _ contents: inout RegistryStorage.Contents
    ) -> RegistryAnswer {
        guard request.method == "POST" else { return .error(405, "UNSUPPORTED", "POST only") }
        if options.canMount, let text = request.query("mount"), let digest = try? Digest(parsing: text),
            let source = request.query("from"), contents.repositories[source]?.blobs.contains(digest) == true
        {
            contents.repositories[name, default: .init()].blobs.insert(digest)
            return created(digest, in: name)
        }
        if let text = request.query("digest"), !request.body.isEmpty {
            return finish(request.body, as: text, in: name, &contents)
        }
        contents.uploadCount += 1
        let id = "upload-\(contents.uploadCount)"
        contents.uploads[id] = .init(repository: name)
        var answer = progress(202, id, contents)
        answer.headers["OCI-Chunk-Min-Length"] = options.minimumChunk.map(String.init)
        return answer
    }

    /// The steps of an upload after the first.
    func upload(
        _ request: RegistryRequest, _ name: String, _ id: String, _ contents: inout RegistryStorage.Contents
    ) -> RegistryAnswer {
        guard let upload = contents.uploads[id], upload.repository == name else {
            return .error(404, "BLOB_UPLOAD_UNKNOWN", "blob upload unknown to registry")
        }
        if request.method == "GET" { return progress(204, id, contents) }
        guard request.query("_state") == "\(upload.step)" else {
            return .error(400, "BLOB_UPLOAD_INVALID", "not the Location of the last answer")
        }
        switch request.method {
        case "DELETE":
            contents.uploads[id] = nil
            return RegistryAnswer(204)
        case "PATCH", "PUT":
            if let range = request.headers["content-range"], !continues(upload, range, request.body.count) {
                var answer = progress(416, id, contents)
                answer.headers["Content-Length"] = "0"
                return answer
            }
            contents.uploads[id]?.bytes += request.body
            guard request.method == "PUT" else {
                contents.uploads[id]?.step += 1
                return progress(202, id, contents)
            }
            let bytes = contents.uploads[id]?.bytes ?? []
            let answer = finish(bytes, as: request.query("digest") ?? "", in: name, &contents)
            contents.uploads[id] = nil
            return answer
        default: return .error(405, "UNSUPPORTED", "PATCH, PUT, GET and DELETE only")
        }
    }

    /// Keeps what arrived of an upload before its connection was cut.
    func keep(_ bytes: [UInt8], of request: RegistryRequest) {
        guard case .upload(_, let id) = request.target, request.method == "PATCH" else { return }
        storage.contents.withLock {
            $0.uploads[id]?.bytes += bytes
            $0.uploads[id]?.step += 1
        }
    }

    private func continues(_ upload: RegistryStorage.Upload, _ range: String, _ count: Int) -> Bool {
        let bounds = range.split(separator: "-").compactMap { Int($0) }
        return bounds.count == 2 && bounds[0] == upload.bytes.count && bounds[1] == bounds[0] + count - 1
    }

    private func finish(
        _ bytes: [UInt8], as text: String, in name: String, _ contents: inout RegistryStorage.Contents
    ) -> RegistryAnswer {
        let digest = Digest(of: bytes)
        guard text == digest.description else {
            return .error(400, "DIGEST_INVALID", "provided digest did not match uploaded content")
        }
        contents.blobs[digest] = bytes
        contents.repositories[name, default: .init()].blobs.insert(digest)
        return created(digest, in: name)
    }

    private func created(_ digest: Digest, in name: String) -> RegistryAnswer {
        RegistryAnswer(
            201, ["Location": "/v2/\(name)/blobs/\(digest)", "Docker-Content-Digest": digest.description])
    }

    private func progress(_ status: Int, _ id: String, _ contents: RegistryStorage.Contents) -> RegistryAnswer {
        guard let upload = contents.uploads[id] else { return RegistryAnswer(status) }
        let path = "/v2/\(upload.repository)/blobs/uploads/\(id)?_state=\(upload.step)"
        let location =
            switch options.location {
            case .relative: path
            case .absolute: url + path
            case .elsewhere(let base): base + path
            }
        return RegistryAnswer(
            status, ["Location": location, "Range": "0-\(max(upload.bytes.count - 1, 0))", "Docker-Upload-UUID": id])
    }
}
