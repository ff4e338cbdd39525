import OCI
import Testing

@Test(arguments: [
    ("python:3.12", "docker.io/library/python"), ("index.docker.io/acme/web", "docker.io/acme/web"),
    ("localhost:5000/web:1", "localhost:5000/web"), ("gcr.io/distroless/static", "gcr.io/distroless/static"),
])
func `a reference points to a repository`(_ reference: String, _ repository: String) throws {
    #expect(Repository(of: try Reference(parsing: reference)).description == repository)
}
