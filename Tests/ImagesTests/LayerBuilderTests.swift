import Files
import Images
import OCI
import Planning
import Testing

@Suite struct LayerBuilderTests {
    let scratch: Scratch
    let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = try BlobStore(scratch.path)
    }

    private func build(_ pieces: [LayerContent.Piece], over lower: MemoryTree? = nil) throws -> [TarEntry] {
        let layer = try #require(try LayerBuilder(store: store, lower: lower).build(LayerContent(pieces)))
        let result = try entries(of: layer, in: store)
        #expect(layer.entries == result.count)
        #expect(layer.uncompressedSize == result.reduce(0) { $0 + $1.size })
        return result
    }

    private func plan(_ path: ImagePath, _ contents: String?, mode: UInt16 = 0o644) -> LayerContent.Piece {
        .file(
            PlanFile(
                path: path, contents: contents, mode: mode, owner: .nonroot, group: .application,
                reason: .usual(why: "test")))
    }

    /// Jib's golden image: empty files, one of them in a folder, given out of order.
    @Test func `every entry is sorted, after its parents, of second one, mode 0755 or 0644 and root's`() throws {
        var tree = MemoryTree()
        try tree.addFolder("/dir", mode: 0o700)
        try tree.addFolder("/dir/subdir", mode: 0o2777)
        try tree.addFile("/dir/subdir/fileE.txt", mode: 0o600)
        try tree.addFile("/dir/fileD.txt", mode: 0o666)
        try tree.addFile("/dir/run", mode: 0o4710)
        let found = try build([.tree(tree, from: ImagePath("/dir"), to: ImagePath("/app"))])
        #expect(
            found == [
                .folder("app"), .file("app/fileD.txt"), .file("app/run", mode: 0o755), .folder("app/subdir"),
                .file("app/subdir/fileE.txt"),
            ])
    }

    @Test func `sorts folders before what they hold and names by their bytes`() throws {
        var tree = MemoryTree()
        for path in ["/a", "/a/x", "/a-b", "/B", "/\u{e9}", "/z"] where path != "/a" { try tree.addFile(path) }
        try tree.addFolder("/a")
        let found = try build([.tree(tree, from: .root, to: .root)])
        #expect(found.map { Array($0.path.utf8) } == ["B", "a", "a/x", "a-b", "z", "\u{e9}"].map { Array($0.utf8) })
    }

    @Test func `the same digest whatever the order, the owners, the modes and the machine`() throws {
        var one = MemoryTree()
        try one.addFolder("/app", mode: 0o700)
        try one.addFile("/app/a", "text", mode: 0o600)
        try one.addFile("/app/b", "more", mode: 0o700)
        var two = MemoryTree()
        try two.addFile("/app/b", "more", mode: 0o775)
        try two.addFile("/app/a", "text", mode: 0o664)
        try two.addFolder("/app", mode: 0o775, owner: .nonroot)
        let pieces = [one, two].map { LayerContent.Piece.tree($0, from: ImagePath("/app"), to: ImagePath("/srv")) }
        let other = plan(ImagePath("/etc/passwd"), "root:x:0:0::/:\n")
        let first = try LayerBuilder(store: store).build(LayerContent([pieces[0], other]))
        let second = try LayerBuilder(store: store).build(LayerContent([other, pieces[1]]))
        #expect(first == second)
        // The bytes of both formats, fixed: a change here changes every image's digest.
        #expect(first?.diffID.description == "sha256:6d39fdddb38ec3934a60dc2b70f1749645ac0071894dcc1fce96278901a74535")
        #expect(
            first?.descriptor.digest.description
                == "sha256:91cb8bef78f184cb3147131092c630e513bfcc0234995674a224e6fc3cc735bc")
    }

    @Test func `takes parents from the base, and makes those that it lacks`() throws {
        var base = MemoryTree()
        try base.addFolder("/tmp", mode: 0o1777)
        try base.addFolder("/home", mode: 0o751, owner: .nonroot)
        let found = try build([plan(ImagePath("/tmp/x"), ""), plan(ImagePath("/home/new/y"), "")], over: base)
        var home = TarEntry.folder("home", mode: 0o751)
        home.owner = .nonroot
        #expect(found.filter { $0.kind == .folder } == [home, .folder("home/new"), .folder("tmp", mode: 0o1777)])
    }

    @Test func `follows the base's links, so that none is replaced by a folder`() throws {
        var base = MemoryTree()
        try base.addFolder("/usr")
        try base.addFolder("/usr/lib")
        try base.addLink("/lib", to: "usr/lib")
        try base.addLink("/lib64", to: "/lib")
        var tree = MemoryTree()
        try tree.addFolder("/lib")
        try tree.addFile("/lib/a.so")
        try tree.addFolder("/lib64")
        try tree.addFile("/lib64/b.so")
        let found = try build([.tree(tree, from: .root, to: .root)], over: base)
        #expect(found.map(\.path) == ["usr", "usr/lib", "usr/lib/a.so", "usr/lib/b.so"])
    }

    @Test func `a folder of the plan states its own mode and owner, whatever else makes it`() throws {
        var tree = MemoryTree()
        try tree.addFolder("/data")
        try tree.addFile("/data/x")
        let pieces: [LayerContent.Piece] = [
            plan(ImagePath("/data"), nil, mode: 0o750), .tree(tree, from: ImagePath("/data"), to: ImagePath("/data")),
        ]
        for order in [pieces, pieces.reversed()] {
            var data = TarEntry.folder("data", mode: 0o750)
            data.owner = .nonroot
            #expect(try build(order).first == data)
        }
    }

    @Test func `two names of one file are a file and a hard link`() throws {
        var tree = MemoryTree()
        for name in ["c", "a", "b"] { try tree.addFile("/\(name)", "same", inode: 7) }
        try tree.addFile("/single", "x", inode: 8)
        let found = try build([.tree(tree, from: .root, to: .root)])
        #expect(found.map(\.path) == ["a", "b", "c", "single"])
        #expect(found.map(\.kind) == [.file, .hardLink(target: "a"), .hardLink(target: "a"), .file])
    }

    @Test func `names of one file that differ in owner are two files`() throws {
        var tree = MemoryTree()
        for name in ["a", "b"] { try tree.addFile("/\(name)", "same", inode: 7) }
        let found = try build([
            .tree(tree, from: .root, to: .root, owner: { $0.name == "b" ? .nonroot : .root })
        ])
        #expect(found.map(\.kind) == [.file, .file])
    }

    @Test func `keeps capabilities and links, and leaves devices out`() throws {
        let capability: [UInt8] = [1, 0, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        var tree = MemoryTree()
        try tree.addFile("/ping", mode: 0o755, capability: capability)
        try tree.addLink("/link", to: "../outside")
        try tree.addSpecial("/null")
        let found = try build([.tree(tree, from: .root, to: .root)])
        #expect(found.map(\.path) == ["link", "ping"])
        #expect(found[0].kind == .symbolicLink(target: "../outside"))
        #expect(found[1].xattrs == ["security.capability": capability])
    }

    @Test func `kept modes lose setuid and setgid and keep sticky`() throws {
        var tree = MemoryTree()
        try tree.addFolder("/tmp", mode: 0o1777)
        try tree.addFile("/su", mode: 0o6711)
        let found = try build([.tree(tree, from: .root, to: .root, modes: .kept)])
        #expect(found.map(\.mode) == [0o711, 0o1777])
    }

    @Test func `the same file from two places is one file`() throws {
        var tree = MemoryTree()
        try tree.addFile("/a", "same")
        try tree.addFile("/b", "same")
        let found = try build([
            .tree(tree, from: ImagePath("/a"), to: ImagePath("/x")),
            .tree(tree, from: ImagePath("/b"), to: ImagePath("/x")),
        ])
        #expect(found.map(\.path) == ["x"])
    }

    @Test func `nothing is no layer`() throws {
        #expect(try LayerBuilder(store: store).build(LayerContent()) == nil)
        #expect(
            try LayerBuilder(store: store).build(LayerContent([.tree(MemoryTree(), from: .root, to: .root)])) == nil)
    }

    @Test func `refuses what cannot be in one layer`() throws {
        var tree = MemoryTree()
        try tree.addFile("/a", "one")
        try tree.addFile("/b", "two")
        try tree.addFile("/.wh.c")
        var base = MemoryTree()
        try base.addFolder("/etc")
        try base.addFile("/bin")
        try base.addLink("/dangling", to: "/nowhere")
        func copy(_ from: ImagePath, _ to: ImagePath) -> LayerContent.Piece { .tree(tree, from: from, to: to) }
        let (a, b) = (ImagePath("/a"), ImagePath("/b"))
        let cases: [([LayerContent.Piece], LayerError)] = [
            ([copy(a, ImagePath("/x")), copy(b, ImagePath("/x"))], .conflict(ImagePath("/x"))),
            ([copy(a, ImagePath("/x")), plan(ImagePath("/x"), "one")], .conflict(ImagePath("/x"))),
            ([copy(a, ImagePath("/x")), copy(b, ImagePath("/x/y"))], .conflict(ImagePath("/x"))),
            ([copy(ImagePath("/absent"), a)], .missing(ImagePath("/absent"))),
            ([copy(ImagePath("/.wh.c"), ImagePath("/.wh.c"))], .whiteoutName(ImagePath("/.wh.c"))),
            ([copy(a, ImagePath("/etc"))], .replacesFolder(ImagePath("/etc"))),
            ([copy(a, ImagePath("/bin/a"))], .replacesFile(ImagePath("/bin"))),
            ([copy(a, ImagePath("/dangling/a"))], .danglingLink(ImagePath("/dangling"))),
            ([copy(a, .root)], .conflict(.root)),
        ]
        for (pieces, expected) in cases {
            #expect(throws: expected) { try LayerBuilder(store: store, lower: base).build(LayerContent(pieces)) }
        }
    }

    @Test(arguments: [
        (0, "1970-01-01T00:00:00Z"), (1, "1970-01-01T00:00:01Z"), (951_782_400, "2000-02-29T00:00:00Z"),
        (1_709_251_199, "2024-02-29T23:59:59Z"), (1_795_219_201, "2026-11-21T00:00:01Z"), (-1, "1969-12-31T23:59:59Z"),
        (4_107_542_400, "2100-03-01T00:00:00Z"),
    ])
    func `writes points in time as RFC 3339`(_ seconds: Int64, _ text: String) {
        #expect(Timestamp.text(seconds) == text)
    }
}
