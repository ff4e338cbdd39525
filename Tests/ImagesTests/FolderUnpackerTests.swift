import CAttributes
import Files
import Glibc
import Images
import Planning
import SystemPackage
import Testing

@Suite struct FolderUnpackerTests {
    typealias Options = FolderUnpacker.Options

    private func unpack(
        _ list: [(TarEntry, String)], into scratch: Scratch, options: Options = .init(),
        transform: FolderUnpacker.Transform? = nil
    ) throws -> FolderUnpacker.Counts {
        try HostileArchiveTests.unpack(list, into: scratch, options: options, transform: transform)
    }

    @Test func `writes files, folders and links with modes and times of the archive`() throws {
        let scratch = try Scratch()
        let mask = umask(0o077)
        defer { umask(mask) }
        let counts = try unpack(
            [
                (.folder(".", mode: 0o711), ""), (.folder("./closed", mode: 0o555), ""),
                (.file("./closed/program", mode: 0o4755), "run"), (.hardLink("./again", to: "./closed/program"), ""),
                (.link("./link", to: "closed/program"), ""), (.file("./made/parent"), ""),
                (TarEntry(path: "./pipe", kind: .file, mode: 0o600, modified: 1), ""),
            ], into: scratch)
        #expect(counts == FolderUnpacker.Counts(entries: 6, bytes: 3))
        #expect(try scratch.status("root").st_mode & 0o7777 == 0o711)
        #expect(try scratch.status("root/closed").st_mode & 0o7777 == 0o555)
        #expect(try scratch.status("root/made").st_mode & 0o7777 == 0o755)
        let program = try scratch.status("root/closed/program")
        #expect(program.st_mode & 0o7777 == 0o755)
        #expect(program.st_mtim.tv_sec == 1)
        #expect(program.st_nlink == 2)
        #expect(try scratch.status("root/closed").st_mtim.tv_sec == 1)
        #expect(try scratch.status("root/link").st_mtim.tv_sec == 1)
        chmod(scratch.path.appending("root").appending("closed").string, 0o755)
    }

    @Test(arguments: [(false, UInt32(0o777)), (true, 0o1777)])
    func `keeps sticky only when told, setuid and setgid never`(_ sticky: Bool, _ expected: UInt32) throws {
        let scratch = try Scratch()
        var options = Options()
        options.keepsSticky = sticky
        _ = try unpack([(.folder("f", mode: 0o7777), "")], into: scratch, options: options)
        #expect(try scratch.status("root/f").st_mode & 0o7777 == expected)
    }

    @Test func `a second archive replaces files and merges folders`() throws {
        let scratch = try Scratch()
        _ = try unpack(
            [(.folder("d", mode: 0o700), ""), (.file("d/a"), "1"), (.file("f"), "1"), (.folder("g"), "")], into: scratch
        )
        _ = try unpack(
            [(.folder("d"), ""), (.file("d/b"), "2"), (.folder("f"), ""), (.file("f/x"), "2"), (.file("g"), "2")],
            into: scratch)
        #expect(try scratch.text("root/d/a") == "1")
        #expect(try scratch.text("root/d/b") == "2")
        #expect(try scratch.text("root/f/x") == "2")
        #expect(try scratch.text("root/g") == "2")
        #expect(try scratch.status("root/d").st_mode & 0o7777 == 0o755)
    }

    @Test func `a transform renames and drops entries, and the targets of hard links with them`() throws {
        let scratch = try Scratch()
        let merged: FolderUnpacker.Transform = { path, _ in
            if path.isInside(ImagePath("/usr/share/doc")) { return nil }
            guard let rest = path.relative(to: ImagePath("/lib")) else { return path }
            return ImagePath("/usr/lib").appending(rest)
        }
        let counts = try unpack(
            [
                (.folder("./lib"), ""), (.file("./lib/a.so"), "a"), (.hardLink("./lib/b.so", to: "./lib/a.so"), ""),
                (.file("./usr/share/doc/x"), "long text"), (.file("./end"), "e"),
            ], into: scratch, transform: merged)
        #expect(counts.entries == 4)
        #expect(try HostFiles.names(in: scratch.path.appending("root")) == ["end", "usr"])
        #expect(try HostFiles.names(in: scratch.path.appending("root").appending("usr")) == ["lib"])
        #expect(try scratch.text("root/usr/lib/b.so") == "a")
        #expect(try scratch.text("root/end") == "e")
    }

    @Test(arguments: [".wh.", ".wh..", ".wh..."]) func `refuses a whiteout of nothing or of a parent`(_ name: String)
        throws
    {
        let scratch = try Scratch()
        var options = Options()
        options.whiteouts = .overlay
        #expect(throws: UnpackError.self) { try unpack([(.file(name), "")], into: scratch, options: options) }
    }

    /// Orders in which one layer may hide a path and put a folder of its own there, and whether the folder must be opaque.
    @Test(arguments: [
        ([(TarEntry.file(".wh.d"), ""), (.folder("d"), ""), (.file("d/new"), "n")], true),
        ([(.folder("d"), ""), (.file("d/new"), "n"), (.file(".wh.d"), "")], true),
        ([(.file(".wh.d"), ""), (.file("d/new"), "n")], true),
        ([(.folder("d"), ""), (.file("d/new"), "n")], false),
        ([(.folder("d"), ""), (.file("d/.wh.old"), ""), (.file("d/new"), "n")], false),
    ])
    func `a folder in the place of a hidden one shows nothing of it`(_ list: [(TarEntry, String)], _ isOpaque: Bool)
        throws
    {
        let scratch = try Scratch()
        var options = Options()
        options.whiteouts = .overlay
        _ = try unpack(list, into: scratch, options: options)
        #expect(try scratch.text("root/d/new") == "n")
        var value: UInt8 = 0
        let count = lgetxattr(scratch.path.pushing("root/d").string, "user.overlay.opaque", &value, 1)
        #expect((count == 1 && value == UInt8(ascii: "y")) == isOpaque)
    }

    @Test func `leaves devices and pipes out`() async throws {
        let scratch = try Scratch()
        let folder = scratch.path.appending("in")
        try HostFiles.makeFolder(folder)
        #expect(mkfifo(folder.appending("pipe").string, 0o600) == 0)
        let file = scratch.path.appending("in.tar")
        _ = try await Tool.run("tar", ["-C", folder.string, "-cf", file.string, "."])
        let bytes = try #require(try HostFiles.read(file))
        let root = scratch.path.appending("root")
        try HostFiles.makeFolder(root)
        var reader = TarReader(source(bytes))
        var unpacker = try FolderUnpacker(into: root)
        #expect(try unpacker.unpack(&reader).entries == 1)
        #expect(try HostFiles.names(in: root) == [])
    }

    @Test(.enabled(if: geteuid() == 0, "only root can give files away"))
    func `sets owners and capabilities when told`() async throws {
        let scratch = try Scratch()
        var options = Options()
        options.keepsOwner = true
        options.keepsCapabilities = true
        var entry = TarEntry.file("ping", mode: 0o755)
        entry.owner = .nonroot
        entry.xattrs["security.capability"] = [1, 0, 0, 2, 0, 0x20, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0]
        _ = try unpack([(entry, "x")], into: scratch, options: options)
        #expect(try scratch.status("root/ping").st_uid == 65532)
        let listing = try await Tool.run(
            "tar",
            [
                "-C", scratch.path.appending("root").string, "--xattrs", "--xattrs-include=*", "--format=pax", "-cf",
                "-", "ping",
            ])
        #expect(listing.contains("SCHILY.xattr.security.capability="))
    }
}
