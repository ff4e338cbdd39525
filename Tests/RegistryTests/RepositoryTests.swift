import OCI
import Testing

@Test(arguments: [
    ("python:3.12", "docker.io/library/python"), ("index.docker.io/acme/web", "docker.io/acme/web"),
    ("Docker.io/python", "docker.io/library/python"), ("GHCR.io/acme/web", "ghcr.io/acme/web"),
    ("localhost:5000/web:1", "localhost:5000/web"), ("gcr.io/distroless/static", "gcr.io/distroless/static"),
])
func `a reference points to a repository`(_ reference: String, _ repository: String) throws {
    #expect(Repository(of: try Reference(parsing: reference)).description == repository)
}

@Test func `a descriptor with a negative size is refused`() throws {
    let digest = Digest(of: [])
    let text = #"{"mediaType":"application/vnd.oci.image.layer.v1.tar","digest":"\#(digest)","size":-5}"#
    #expect(throws: DecodingError.self) { try CanonicalJSON.decode(Descriptor.self, from: Array(text.utf8)) }
    let whole = Descriptor(
        mediaType: .layerTar, digest: digest, size: 0, platform: Platform(architecture: "amd64"),
        annotations: ["a": "b"], artifactType: "c/d", urls: ["https://e.example/"], data: "")
    #expect(try CanonicalJSON.decode(Descriptor.self, from: CanonicalJSON.encode(whole)) == whole)
}
