import Planning
import Testing

@Suite struct PathTests {
    @Test(arguments: [
        ("", "."), (".", "."), ("a", "a"), ("./a//b/", "a/b"), ("a/./b", "a/b"), ("...", "..."), ("ä/ß", "ä/ß"),
    ]) func `reads a source path`(text: String, clean: String) throws {
        #expect(try SourcePath(parsing: text).description == clean)
    }

    @Test(arguments: [
        ("/a", PathError.absolute("/a")), ("..", .leavesRoot("..")), ("a/../b", .leavesRoot("a/../b")),
        ("a\0", .containsNull),
    ]) func `refuses what is no source path`(text: String, error: PathError) {
        #expect(throws: error) { try SourcePath(parsing: text) }
    }

    @Test(arguments: [("/", "/"), ("//usr//bin/", "/usr/bin"), ("/./a", "/a")])
    func `reads an image path`(text: String, clean: String) throws {
        #expect(try ImagePath(parsing: text).description == clean)
    }

    @Test(arguments: [
        ("a", PathError.relative("a")), ("", .relative("")), ("/a/..", .leavesRoot("/a/..")), ("/\0", .containsNull),
    ]) func `refuses what is no image path`(text: String, error: PathError) {
        #expect(throws: error) { try ImagePath(parsing: text) }
    }

    @Test(
        arguments: [
            ("../c", "a/c"), ("./d/../e", "a/b/e"), ("../..", "."), ("../../..", nil), ("/etc", nil),
        ] as [(String, String?)]) func `resolves inside the source tree only`(target: String, result: String?) throws
    {
        #expect(try SourcePath(parsing: "a/b").resolving(target)?.description == result)
    }

    @Test(arguments: [("../../../x", "/x"), ("/y/./z", "/y/z"), ("c", "/a/b/c")])
    func `a link in an image stops at the root`(target: String, result: String) {
        #expect(ImagePath("/a/b").resolving(target).description == result)
    }

    @Test func `folders come before what they hold, in order of bytes`() throws {
        let texts = ["a-b", "a/b", "a", "Z", "é", "a/b/c", "."]
        #expect(
            try texts.map { try SourcePath(parsing: $0) }.sorted().map(\.description) == [
                ".", "Z", "a", "a/b", "a/b/c", "a-b", "é",
            ])
    }

    @Test func `knows what lies inside`() throws {
        let venv = ImagePath("/opt/venv")
        #expect(venv.isInside(ImagePath("/opt")))
        #expect(venv.isInside(venv))
        #expect(!ImagePath("/opt/venv2").isInside(venv))
        #expect(try venv.appending("bin/x").relative(to: venv)?.description == "bin/x")
        #expect(ImagePath("/etc").relative(to: venv) == nil)
        #expect(throws: PathError.leavesRoot("../x")) { try venv.appending("../x") }
        #expect(ImagePath.root.parent == nil)
        #expect(venv.parent == ImagePath("/opt"))
    }

    /// The kernel compares bytes: these are two files.
    @Test func `tells names of other bytes apart, whatever they look like`() throws {
        let composed = "caf\u{E9}"
        let decomposed = "cafe\u{301}"
        #expect(composed == decomposed)
        let sources = try [composed, decomposed].map { try SourcePath(parsing: "a/\($0)/b") }
        #expect(Set(sources).count == 2)
        #expect(try !sources[0].isInside(SourcePath(parsing: "a/\(decomposed)")))
        #expect(try sources[0].isInside(SourcePath(parsing: "a/\(composed)")))
        let images = try [composed, decomposed].map { try ImagePath(parsing: "/a/\($0)") }
        #expect(images[0] != images[1])
        #expect(Dictionary(grouping: images, by: \.self).count == 2)
        #expect(try Set([images[0], ImagePath(parsing: "/a//\(composed)/")]).count == 1)
        #expect(images[0].relative(to: images[1]) == nil)
    }
}
