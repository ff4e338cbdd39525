import Images
import OCI
import Registry
import SystemPackage
import Testing

@testable import autoimage

@Suite struct OutputArgumentTests {
    private static let standardOutput = ArchivePlace.stream(.standardOutput, name: "standard output")

    @Test(
        arguments: [
            ("oci:dir", .layout("dir")), ("oci:dir.tar", .layout("dir.tar")),
            ("oci-archive:a:b.tar", .layoutArchive(.file("a:b.tar"))), ("docker-archive:x", .dockerArchive(.file("x"))),
            ("dir:x", .files("x")), ("oci-archive:-", .layoutArchive(standardOutput)),
            ("type=oci,dest=dir", .layout("dir")), ("type=oci-archive,dest=a.tar", .layoutArchive(.file("a.tar"))),
            ("dest=a.tar,type=docker-archive", .dockerArchive(.file("a.tar"))),
            ("type=docker-archive,dest=-", .dockerArchive(standardOutput)), ("type=docker", .daemon(.docker)),
            ("type=docker,dest=a.tar", .dockerArchive(.file("a.tar"))), ("type=podman", .daemon(.podman)),
            ("type=local,dest=out", .files("out")), ("type=registry", .registry),
            (#"type=dir,"dest=a,b""#, .files("a,b")), ("type=dir,dest=a:b=c", .files("a:b=c")),
        ] as [(String, OutputArgument.Place)])
    func `outputs are a type and a destination`(text: String, place: OutputArgument.Place) throws {
        let output = try OutputArgument(parsing: text)
        #expect(output.place == place)
        #expect(output.names == [])
    }

    @Test(
        arguments: [
            ("type=registry,name=localhost:5000/a:1", ["localhost:5000/a:1"]),
            (#"type=registry,"name=h.io/a,h.io/b:2""#, ["h.io/a", "h.io/b:2"]),
            ("type=docker,name=a,name=b", ["a", "b"]),
        ] as [(String, [String])])
    func `an output may have names of its own`(text: String, names: [String]) throws {
        #expect(try OutputArgument(parsing: text).names.map(\.description) == names)
    }

    @Test(
        arguments: [
            ("x", .malformed("x")), ("", .malformed("")), ("registry:x", .noDestinationWanted(type: "registry")),
            ("podman:x", .noDestinationWanted(type: "podman")), ("oci:", .noDestination(type: "oci")),
            ("tar:x", .unknownType("tar")), ("type=tar,dest=x", .unknownType("tar")), ("dest=x", .noType),
            ("type=oci", .noDestination(type: "oci")), ("type=oci,dest=", .malformed("dest=")),
            ("type=oci,dest=-", .folderToOutput(type: "oci")), ("dir:-", .folderToOutput(type: "dir")),
            ("type=oci,dest=a.tar", .folderNamedTar("a.tar")), ("type=oci,dest=a,push=true", .unknownKey("push")),
            ("type=oci,dest=a,dest=b", .severalDestinations), (#"type=oci,"dest=a"#, .openQuote),
            (
                "type=registry,name=a@sha256:\(String(repeating: "0", count: 64))",
                .nameWithDigest("a@sha256:\(String(repeating: "0", count: 64))")
            ),
            (
                "type=registry,name=A",
                .badName(
                    "'A' is not an image name: path components are lower-case letters, digits and single . _ or - "
                        + "between them")
            ),
        ] as [(String, OutputError)])
    func `what is no destination is told how to be one`(text: String, error: OutputError) {
        #expect(throws: error) { try OutputArgument(parsing: text) }
    }

    @Test(arguments: [
        (
            ["type=oci-archive,dest=/tmp/a.tar", "docker-archive:/tmp/./a.tar"], "shop",
            "/tmp/./a.tar is written twice; give every output a place of its own"
        ),
        (["oci-archive:-", "docker-archive:-"], "shop", "standard output takes one archive, not 2"),
        (
            ["type=registry"], "shop/api:1.4",
            "'shop/api:1.4' names no registry to push to; name the image docker.io/shop/api:1.4 for Docker Hub, or "
                + "HOST/shop/api:1.4"
        ),
        (
            ["type=registry"], "api",
            "'api' names no registry to push to; name the image docker.io/library/api for Docker Hub, or HOST/api"
        ),
        (
            ["dir:/etc"], "shop",
            "/etc holds files that autoimage did not put there; remove it, or give an empty or new folder"
        ),
        (["oci-archive:/no/such/a.tar"], "shop", "there is no folder /no/such to write to; make it first"),
        (["oci-archive:/tmp"], "shop", "/tmp is a folder; name the file in it that is to be written"),
        (["oci:/etc/passwd"], "shop", "/etc/passwd is not a folder"),
    ])
    func `what cannot work is refused before anything is built`(outputs: [String], name: String, text: String) throws {
        let progress = Progress(.plain)
        let all = Outputs(
            outputs: try outputs.map { try OutputArgument(parsing: $0) },
            registry: RegistryAccess(RegistryArguments()) { _ in }, progress: progress)
        let failure = #expect(throws: Failure.self) { try all.check(names: [try Reference(parsing: name)]) }
        #expect(failure?.text == text)
    }

    @Test func `the metadata file is an output too`() throws {
        let all = Outputs(
            outputs: [try OutputArgument(parsing: "oci-archive:/tmp/a")],
            registry: RegistryAccess(RegistryArguments()) { _ in }, progress: Progress(.plain))
        let failure = #expect(throws: Failure.self) { try all.check(names: [], besides: "/tmp/../tmp/a") }
        #expect(failure?.code == .usage)
    }
}
