import OCI
import Testing

@testable import Registry

@Suite struct AnswerTests {
    @Test(
        arguments: [
            ("120", nil, 120), ("0", nil, 0), ("-1", nil, nil), ("soon", nil, nil), (nil, nil, nil),
            ("Sun, 06 Nov 1994 08:49:37 GMT", nil, 784_110_777), ("Thu, 01 Jan 1970 00:10:00 GMT", nil, 0),
            ("Thu, 01 Jan 1970 00:20:00 GMT", nil, 200),
            ("Sun, 06 Nov 1994 08:49:37 GMT", "Sun, 06 Nov 1994 08:49:00 GMT", 37),
            ("Sun, 06 Nov 1994 08:49:37", nil, nil),
        ] as [(String?, String?, Int?)])
    func `a registry says when to come back`(_ header: String?, _ date: String?, _ seconds: Int?) {
        #expect(RetryAfter.wait(header, date: date, now: 1000) == seconds.map { .seconds($0) })
    }

    @Test(
        arguments: [
            ("Thu, 01 Jan 1970 00:00:00 GMT", 0), ("Sun, 06 Nov 1994 08:49:37 GMT", 784_111_777),
            ("Thu, 29 Feb 2024 23:59:60 GMT", 1_709_251_200), ("Fri, 31 Dec 9999 23:59:59 GMT", 253_402_300_799),
        ] as [(String, Int64)])
    func `dates of headers are read`(_ date: String, _ seconds: Int64) {
        #expect(RetryAfter.seconds(date: date) == seconds)
    }

    @Test(arguments: [
        (#"{"errors":[{"code":"DENIED","message":"no"}]}"#, "403 Forbidden (DENIED: no)"),
        (#"{"errors":[{"code":"DENIED"},{"message":"b"}]}"#, "403 Forbidden (DENIED; b)"),
        (#"{"errors":[]}"#, "403 Forbidden"), ("<html>", "403 Forbidden"), ("", "403 Forbidden"),
        (#"{"errors":[{"code":"A\u001b[31m","message":"b\nc"}]}"#, "403 Forbidden (A [31m: b c)"),
    ])
    func `what a registry says is one plain line`(_ body: String, _ text: String) {
        #expect(Problem(status: 403, body: Array(body.utf8)).text == text)
    }

    @Test func `what a registry says at length is cut`() {
        let body = #"{"errors":[{"code":"A","message":"\#(String(repeating: "x", count: 5000))"}]}"#
        let text = Problem(status: 400, body: Array(body.utf8)).text
        #expect(text == "400 Bad Request (A: \(String(repeating: "x", count: 300))…)")
    }

    @Test(
        arguments: [
            ("bytes 5-9/10", 5, 9, 10), ("Bytes 0-0/1", 0, 0, 1), ("bytes 5-9/*", 5, 9, nil),
        ] as [(String, Int64, Int64, Int64?)])
    func `parts of bodies are read`(_ header: String, _ first: Int64, _ last: Int64, _ total: Int64?) throws {
        let range = try #require(ContentRange(header))
        #expect(range.first == first)
        #expect(range.last == last)
        #expect(range.total == total)
    }

    @Test(arguments: ["", "bytes */10", "bytes 9-5/10", "bytes 5-/10", "bytes 5-9", "lines 5-9/10", "bytes 5-9/x"])
    func `parts that say nothing are refused`(_ header: String) { #expect(ContentRange(header) == nil) }

    @Test(
        arguments: [
            ("0-99", 100), ("bytes=0-99", 100), ("0-0", 0), ("5-99", nil), ("0--1", nil), ("x", nil), (nil, nil),
        ] as [(String?, Int64?)])
    func `a registry says how much it has`(_ header: String?, _ bytes: Int64?) {
        #expect(UploadSession.received(header) == bytes)
    }

    @Test func `how much a registry has can be one byte, and no more than a number`() {
        #expect(UploadSession.received("0-0", sent: 1) == 1)
        #expect(UploadSession.received("0-0", sent: 2) == 0)
        #expect(UploadSession.received("0-\(Int64.max)") == .max)
    }

    @Test func `documents are read once, and not without end`() throws {
        var walk = DocumentWalk()
        func document(_ number: UInt8, _ size: Int64) -> Descriptor {
            Descriptor(mediaType: .manifest, digest: Digest(of: [number]), size: size)
        }
        #expect(try walk.takes(document(1, 60 << 20)))
        #expect(try !walk.takes(document(1, 60 << 20)))
        #expect(throws: DocumentProblem.self) { try walk.takes(document(2, .max)) }
        #expect(try walk.takes(document(3, 4 << 20)))
        #expect(throws: DocumentProblem.self) { try walk.takes(document(4, 1)) }
    }

    private static let image = #""config":{},"layers":[]"#

    @Test(
        arguments: [
            (#"{"schemaVersion":2,\#(image)}"#, nil, MediaType.manifest),
            (
                #"{"schemaVersion":2,\#(image)}"#, "application/vnd.docker.distribution.manifest.v2+json",
                .dockerManifest
            ),
            (#"{"schemaVersion":2,\#(image)}"#, "application/vnd.oci.image.manifest.v1+json; charset=utf-8", .manifest),
            (#"{"schemaVersion":2,\#(image)}"#, "application/json", .manifest),
            (#"{"schemaVersion":2,"manifests":[]}"#, "text/plain", .index),
            (
                #"{"schemaVersion":2,"mediaType":"application/vnd.docker.distribution.manifest.list.v2+json","manifests":[]}"#,
                "application/octet-stream", .dockerIndex
            ),
        ] as [(String, String?, MediaType)])
    func `the type of a manifest is told`(_ body: String, _ header: String?, _ type: MediaType) throws {
        #expect(try ManifestDocument.mediaType(Array(body.utf8), contentType: header) == type)
    }

    @Test(
        arguments: [
            (
                #"{"schemaVersion":1,"fsLayers":[]}"#, nil,
                "its manifest has schema version 1, which registries gave up; push it again with a current tool"
            ),
            (#"{"schemaVersion":2,\#(image),"manifests":[]}"#, nil, "it is both an index and a manifest"),
            (#"{"schemaVersion":2}"#, nil, "it is neither index nor manifest"),
            ("[", nil, "it is no JSON document"),
            (#"{"schemaVersion":3,\#(image)}"#, nil, "its schema version is unknown"),
            (
                #"{"schemaVersion":2,"mediaType":"application/vnd.oci.image.manifest.v1+json",\#(image)}"#,
                "application/vnd.oci.image.index.v1+json",
                "it is sent as application/vnd.oci.image.index.v1+json, and says it is application/vnd.oci.image.manifest.v1+json"
            ),
            (
                #"{"schemaVersion":2,\#(image)}"#, "application/vnd.oci.image.index.v1+json",
                "it is not what its media type says"
            ),
            (#"{"schemaVersion":2,"mediaType":"text/x",\#(image)}"#, nil, "its media type is unknown: text/x"),
        ] as [(String, String?, String)])
    func `a manifest that could be misread is refused`(_ body: String, _ header: String?, _ problem: String) {
        #expect(throws: DocumentProblem(text: problem)) {
            try ManifestDocument.mediaType(Array(body.utf8), contentType: header)
        }
    }

    @Test func `names are grouped by repository, each tag once`() throws {
        let digest = Digest(of: [1])
        let names = try ["a.example/x:1", "a.example/y", "a.example/x:2", "a.example/x:1", "a.example/z@\(digest)"].map
        {
            try Reference(parsing: $0)
        }
        let groups = try PushNames.grouped(names, digest).map { "\($0.repository) \($0.tags)" }
        #expect(groups == [#"a.example/x ["1", "2"]"#, #"a.example/y ["latest"]"#, "a.example/z []"])
    }

    @Test func `a name with another digest is refused`() throws {
        let name = try Reference(parsing: "a.example/x@\(Digest(of: [1]))")
        #expect(
            throws: RegistryError.wrongContent(
                host: "a.example", wanted: "\(name)", problem: "the image has the digest \(Digest(of: [2]))")
        ) { try PushNames.grouped([name], Digest(of: [2])) }
    }

    @Test func `waits grow to a limit, by chance up to twice as short`() {
        var policy = RetryPolicy()
        policy.jitter = { 1 }
        #expect(
            (1...8).map(policy.wait(after:))
                == [500, 1000, 2000, 4000, 8000, 16000, 30000, 30000].map { .milliseconds($0) })
        #expect(policy.wait(after: 1000) == .seconds(30))
    }
}
