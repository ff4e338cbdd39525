import Files
import Glibc
import Planning
import SystemPackage
import Testing

/// Merged trees on the host; no namespace takes part.
struct OverlayTreeTests {
    private let lower: FilePath
    private let upper: FilePath

    init() throws {
        lower = try TestFolder.make("lower")
        upper = try TestFolder.make("upper")
    }

    private var tree: OverlayTree { OverlayTree([upper, lower]) }

    @Test func `folders are merged and the topmost file shows`() throws {
        try TestFolder.write("low", to: lower.appending("d/a"))
        try TestFolder.write("low", to: lower.appending("d/b"))
        try TestFolder.write("high", to: upper.appending("d/b"), mode: 0o755)
        try TestFolder.write("high", to: upper.appending("d/c"))
        #expect(try tree.children(of: ImagePath("/d")) == ["a", "b", "c"])
        #expect(try tree.contents(of: ImagePath("/d/b")) == Array("high".utf8))
        #expect(try tree.entry(at: ImagePath("/d/b"))?.mode == 0o755)
        #expect(try tree.contents(of: ImagePath("/d/a")) == Array("low".utf8))
    }

    @Test func `a whiteout hides a file and a whole folder`() throws {
        try TestFolder.write("low", to: lower.appending("d/a"))
        try TestFolder.write("low", to: lower.appending("e/deep/a"))
        try HostFiles.makeFolder(upper.appending("d"))
        #expect(mknod(upper.appending("d/a").string, S_IFCHR, 0) == 0)
        #expect(mknod(upper.appending("e").string, S_IFCHR, 0) == 0)
        #expect(try tree.children(of: ImagePath("/d")) == [])
        #expect(try tree.children(of: .root) == ["d"])
        #expect(try tree.entry(at: ImagePath("/e/deep/a")) == nil)
    }

    @Test func `an opaque folder hides what lies below it`() throws {
        try TestFolder.write("low", to: lower.appending("d/a"))
        try TestFolder.write("high", to: upper.appending("d/b"))
        try TestAttributes.set("user.overlay.opaque", "y", on: upper.appending("d"))
        #expect(try tree.children(of: ImagePath("/d")) == ["b"])
        #expect(try tree.entry(at: ImagePath("/d/a")) == nil)
    }

    @Test func `a file over a folder hides the folder and a folder over a file starts empty`() throws {
        try TestFolder.write("low", to: lower.appending("d/a"))
        try TestFolder.write("file", to: upper.appending("d"))
        try TestFolder.write("file", to: lower.appending("e"))
        try TestFolder.write("high", to: upper.appending("e/b"))
        #expect(try tree.entry(at: ImagePath("/d/a")) == nil)
        #expect(try tree.contents(of: ImagePath("/d")) == Array("file".utf8))
        #expect(try tree.children(of: ImagePath("/e")) == ["b"])
    }

    @Test func `links are followed inside the tree only`() throws {
        try TestFolder.write("inside", to: lower.appending("etc/name"))
        symlink("/etc", upper.appending("abs").string)
        symlink("../../../etc", upper.appending("up").string)
        symlink("/proc/self/root/etc", upper.appending("out").string)
        symlink("loop", upper.appending("loop").string)
        #expect(try tree.contents(of: ImagePath("/abs/name")) == Array("inside".utf8))
        #expect(try tree.contents(of: ImagePath("/up/name")) == Array("inside".utf8))
        #expect(try tree.entry(at: ImagePath("/out/passwd")) == nil)
        #expect(try tree.entry(at: ImagePath("/loop/x")) == nil)
        #expect(try tree.entry(at: ImagePath("/abs"))?.kind == .link(target: "/etc"))
        #expect(throws: FileTreeError.self) { try tree.contents(of: ImagePath("/abs")) }
    }

    @Test func `hard links share an identity and special files are told`() throws {
        try TestFolder.write("1", to: lower.appending("one"))
        link(lower.appending("one").string, lower.appending("two").string)
        mkfifo(lower.appending("pipe").string, 0o644)
        let one = try #require(try tree.entry(at: ImagePath("/one"))?.link)
        #expect(try tree.entry(at: ImagePath("/two"))?.link == one)
        #expect(try tree.entry(at: ImagePath("/pipe"))?.kind == .special)
        #expect(throws: FileTreeError.notAFile(ImagePath("/pipe"))) {
            try withUnsafeTemporaryAllocation(byteCount: 8, alignment: 8) {
                _ = try tree.read(ImagePath("/pipe"), at: 0, into: $0)
            }
        }
    }

    @Test func `a place is found through links and beyond what exists`() throws {
        try HostFiles.makeFolder(lower.appending("run"))
        try HostFiles.makeFolder(lower.appending("var"))
        symlink("/run", lower.appending("var/run").string)
        #expect(try tree.place(of: ImagePath("/var/run/x/y")) == ImagePath("/run/x/y"))
        #expect(try tree.place(of: ImagePath("/new/x")) == ImagePath("/new/x"))
    }

    @Test func `names that are equal as text but not as bytes are two files`() throws {
        let (composed, decomposed) = ("caf\u{E9}", "cafe\u{301}")
        try TestFolder.write("1", to: lower.appending("d/\(composed)"))
        try TestFolder.write("2", to: lower.appending("d/\(decomposed)"))
        try TestFolder.write("3", to: lower.appending("\(composed)/f"))
        try TestFolder.write("4", to: lower.appending("\(decomposed)/f"))
        let names = try tree.children(of: ImagePath("/d"))
        #expect(names.map { Array($0.utf8) } == [Array(decomposed.utf8), Array(composed.utf8)])
        #expect(try tree.contents(of: ImagePath.root.resolving("d/\(composed)")) == Array("1".utf8))
        #expect(try tree.contents(of: ImagePath.root.resolving("d/\(decomposed)")) == Array("2".utf8))
        #expect(try tree.contents(of: ImagePath.root.resolving("\(composed)/f")) == Array("3".utf8))
        #expect(try tree.contents(of: ImagePath.root.resolving("\(decomposed)/f")) == Array("4".utf8))
    }
}
