import Files
import Images
import OCI
import Planning
import SystemPackage
import TestSupport
import Testing

@testable import autoimage

@Suite struct BuildMetadataTests {
    private static func output(_ text: String, _ outcome: Result<Delivered, Failure>) throws -> Outputs.Result {
        Outputs.Result(
            output: try OutputArgument(parsing: text), names: [try Reference(parsing: "shop/api:1.4")], outcome: outcome
        )
    }

    @Test func `the document names digests, sizes, timings and what became of each output`() throws {
        let metadata = BuildMetadata(
            descriptor: Descriptor(mediaType: .manifest, digest: Digest(of: [1]), size: 562),
            configDigest: Digest(of: [2]), name: "api", stage: "runtime",
            names: [try Reference(parsing: "shop/api:1.4"), try Reference(parsing: "localhost:5000/api")],
            platforms: [
                BuildMetadata.Platform(
                    platform: "linux/amd64", digest: Digest(of: [1]), configDigest: Digest(of: [2]), size: 10,
                    unpackedSize: 20, singleStageSize: 400,
                    layers: [
                        BuildMetadata.Layer(
                            digest: Digest(of: [3]), diffID: Digest(of: [4]), size: 10, unpackedSize: 20,
                            holds: "application: /app")
                    ])
            ], isolation: "own namespaces", revision: "abc",
            outputs: [
                BuildMetadata.Output(
                    try Self.output("oci:out", .success(Delivered("OCI layout out", counts: ["bytes": 10])))),
                BuildMetadata.Output(try Self.output("type=registry", .failure(Failure(.denied, "h denies push")))),
            ], timings: ["build": 0.5, "total": 1.25], warnings: ["old"])
        let sum = { (byte: UInt8) in Digest(of: [byte]).description }
        #expect(
            String(decoding: try CanonicalJSON.encode(metadata), as: UTF8.self)
                == #"{"containerimage.config.digest":"\#(sum(2))","#
                + #""containerimage.descriptor":{"digest":"\#(sum(1))","#
                + #""mediaType":"application/vnd.oci.image.manifest.v1+json","size":562},"#
                + #""containerimage.digest":"\#(sum(1))","digest":"\#(sum(1))","#
                + #""image.name":"shop/api:1.4,localhost:5000/api:latest","isolation":"own namespaces","name":"api","#
                + #""outputs":[{"counts":{"bytes":10},"names":["shop/api:1.4"],"place":"OCI layout out","#
                + #""status":"done","type":"oci"},{"error":"h denies push","names":["shop/api:1.4"],"place":"push to shop/api:1.4","#
                + #""status":"failed","type":"registry"}],"platforms":[{"configDigest":"\#(sum(2))","#
                + #""digest":"\#(sum(1))","layers":[{"diffID":"\#(sum(4))","digest":"\#(sum(3))","#
                + #""holds":"application: /app","size":10,"unpackedSize":20}],"platform":"linux/amd64","#
                + #""singleStageSize":400,"size":10,"unpackedSize":20}],"#
                + #""references":["shop/api:1.4@\#(sum(1))","localhost:5000/api:latest@\#(sum(1))"],"#
                + #""revision":"abc","schemaVersion":1,"stage":"runtime","timings":{"build":0.5,"total":1.25},"#
                + #""warnings":["old"]}"#)
    }

    @Test func `several failures: the first one's code, all texts, and what is done`() throws {
        let results = [
            try Self.output("type=registry", .failure(Failure(.denied, "h denies push"))),
            try Self.output("oci:out", .success(Delivered("OCI layout out"))),
            try Self.output("oci-archive:a.tar", .failure(Failure(.cannotWrite, "no space"))),
        ]
        let failure = try #require(throws: Failure.self) {
            try results.require(storedAs: try Reference(parsing: "api"))
        }
        #expect(failure.code == .denied)
        #expect(
            failure.text
                == "push to shop/api:1.4 failed: h denies push; oci-archive:a.tar failed: no space; "
                + "done: OCI layout out, 'api' in the local store")
        try [results[1]].require(storedAs: nil)
    }

    @Test func `phases that come again add up`() {
        let clock = PhaseClock()
        for name in ["build", "deliver", "build"] { clock.begin(name) }
        #expect(Set(clock.timings.keys) == ["plan", "build", "deliver", "total"])
        #expect(clock.timings.values.allSatisfy { $0 >= 0 })
    }
}
