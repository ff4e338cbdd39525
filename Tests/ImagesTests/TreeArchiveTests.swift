import CAttributes
import Files
import Glibc
import Images
import OCI
import SystemPackage
import Testing

/// Upper folders and cache mounts as archives.
struct TreeArchiveTests {
    private let scratch: Scratch
    private let store: BlobStore

    init() throws {
        scratch = try Scratch()
        store = try BlobStore(scratch.path.appending("store"))
    }

    private func folder(_ name: String) throws -> FilePath {
        let path = scratch.path.appending(name)
        try HostFiles.makeFolder(path)
        return path
    }

    private func write(_ text: String, _ path: FilePath, mode: UInt32 = 0o644) throws {
        try HostFiles.makeFolder(path.removingLastComponent())
        try AtomicFile.write(Array(text.utf8), to: path)
        chmod(path.string, mode)
    }

    private func raw(_ folder: FilePath, _ name: [UInt8]) -> [CChar] {
        Array((folder.string + "/").utf8CString.dropLast()) + (name + [0]).map(CChar.init(bitPattern:))
    }

    /// Everything in a folder in one line each: type, mode, links, time, path in hex, contents or target.
    private func listing(_ folder: FilePath) async throws -> String {
        try await Tool.run(
            "sh",
            [
                "-c",
                """
                cd "$1"; find . -printf '%y %m %n %T@ %s %p %l\\n' | LC_ALL=C sort -k6 | sed -E 's/(^d[^ ]* [0-9]+ [0-9]+ [^ ]+) [0-9]+/\\1/' | od -c
                find . -type f -print0 | LC_ALL=C sort -z | xargs -0 sha256sum
                getfattr -R -d -h -m user . 2>/dev/null || true
                """, "sh", folder.string,
            ])
    }

    /// A tree with all that makes archives stumble.
    private func hostile() throws -> FilePath {
        let upper = try folder("upper")
        try write("1", upper.appending("plain"))
        try write("#!", upper.pushing("bin/run"), mode: 0o755)
        try write("x", upper.appending(".wh.looks-hidden"))
        try write("x", upper.appending("100%41"))
        try write("x", upper.appending("new\nline"))
        try write("é", upper.appending("e\u{301}"))
        try write("é", upper.appending("\u{e9}"))
        try write("long", upper.pushing(FilePath(String(repeating: "deep-folder-name/", count: 20) + "end")))
        try HostFiles.makeFolder(upper.appending("empty"))
        try HostFiles.makeFolder(upper.appending("opaque"))
        #expect(setxattr(upper.appending("opaque").string, "user.overlay.opaque", "y", 1, 0) == 0)
        #expect(chmod(upper.appending("empty").string, 0o1777) == 0)
        #expect(mknod(upper.appending("gone").string, S_IFCHR | 0o600, 0) == 0)
        #expect(mknod(raw(upper, [0x67, 0xFE]), S_IFCHR | 0o600, 0) == 0)
        #expect(mkfifo(upper.appending("pipe").string, 0o600) == 0)
        #expect(link(upper.appending("plain").string, upper.pushing("bin/hard").string) == 0)
        #expect(symlink("/etc/passwd", upper.appending("out").string) == 0)
        #expect(symlink(raw(FilePath("/"), [0xFF, 0x25]), upper.appending("odd").string) == 0)
        let descriptor = open(raw(upper, [0x6E, 0xFF, 0x0A]), O_WRONLY | O_CREAT, 0o600)
        #expect(descriptor >= 0)
        close(descriptor)
        let time = [timespec(tv_sec: 1_000_000_000, tv_nsec: 0), timespec(tv_sec: 1_000_000_000, tv_nsec: 0)]
        for name in ["plain", "out", "empty", "bin", "opaque", "."] {
            #expect(utimensat(AT_FDCWD, upper.pushing(FilePath(name)).string, time, AT_SYMLINK_NOFOLLOW) == 0)
        }
        return upper
    }

    @Test func `an upper folder with whiteouts, opaque folders, odd names and hard links comes back as it was`()
        async throws
    {
        let upper = try hostile()
        _ = try await Tool.run("find", [upper.string, "-exec", "touch", "-h", "-d", "@1500000000", "{}", "+"])
        let blob = try TreeArchive(store: store).write(upper)
        let back = try folder("back")
        try TreeArchive(store: store).read(blob.descriptor, into: back)
        #expect(try await listing(back) == listing(upper))
        #expect(try TreeArchive(store: store).write(back) == blob)
    }

    @Test func `setuid is not kept`() throws {
        let upper = try folder("upper")
        try write("x", upper.appending("file"), mode: 0o6755)
        let blob = try TreeArchive(store: store).write(upper)
        let back = try folder("back")
        try TreeArchive(store: store).read(blob.descriptor, into: back)
        #expect(try scratch.status("back/file").st_mode & 0o7777 == 0o755)
    }

    @Test func `a damaged archive is refused`() throws {
        let upper = try folder("upper")
        try write(String(repeating: "abc", count: 1000), upper.appending("file"))
        let blob = try TreeArchive(store: store).write(upper)
        var bytes = try #require(try HostFiles.read(store.path(blob.descriptor.digest)))
        bytes[bytes.count / 2] ^= 1
        try AtomicFile.write(bytes, to: store.path(blob.descriptor.digest))
        let back = try folder("back")
        #expect(throws: (any Error).self) { try TreeArchive(store: store).read(blob.descriptor, into: back) }
    }

    /// A name in an archive, and what is wrong with it.
    static let badPaths = [
        "../out", "a/../../out", "a//b", "%2E%2E/out", "a%2Fb", "%00", "%4", "%zz", ".wh.a/b", ".wh...",
    ]

    @Test(arguments: badPaths) func `an archive does not lead out of its folder`(path: String) throws {
        var writer = try LayerWriter(into: store)
        try writer.add(TarEntry(path: "a", kind: .folder, mode: 0o755))
        try writer.add(TarEntry(path: path, kind: .file, mode: 0o644))
        let blob = try writer.commit()
        let back = try folder("back")
        #expect(throws: CacheError.self) { try TreeArchive(store: store).read(blob.descriptor, into: back) }
        #expect(try HostFiles.names(in: scratch.path) == ["back", "store"])
    }

    @Test(arguments: [
        TarEntry.Kind.symbolicLink(target: "/tmp"), .hardLink(target: "link/x"), .characterDevice,
        .hardLink(target: "../x"),
    ]) func `an archive does not go through links, nor make devices`(kind: TarEntry.Kind) throws {
        let bytes = try archive([
            TarEntry(path: "link", kind: .symbolicLink(target: scratch.path.string), mode: 0o777),
            TarEntry(path: kind == .symbolicLink(target: "/tmp") ? "link/x" : "x", kind: kind, mode: 0o644),
        ])
        let back = try folder("back")
        try write("secret", scratch.path.appending("x"))
        #expect(throws: (any Error).self) { try TreeArchive(store: store).read(bytes, into: back) }
        #expect(try HostFiles.names(in: back).filter { $0 != "link" } == [])
        #expect(try scratch.text("x") == "secret")
    }

    /// An archive with whatever entries; devices are written as the files of that type that they are.
    private func archive(_ entries: [TarEntry]) throws -> Descriptor {
        var writer = try LayerWriter(into: store)
        for entry in entries {
            if entry.kind == .characterDevice {
                var special = entry
                special.kind = .file
                special.xattrs["user.autoimage.special"] = Array("\(S_IFBLK)".utf8)
                try writer.add(special)
            } else {
                try writer.add(entry)
            }
        }
        return try writer.commit().descriptor
    }

    @Test func `a mount comes back part by part, without times`() async throws {
        let mount = try folder("mount")
        for number in 0..<200 { try write("\(number)", mount.pushing(FilePath("http/\(number % 40)/file-\(number)"))) }
        try write("x", mount.pushing("wheels/a.whl"), mode: 0o755)
        #expect(symlink("../wheels", mount.pushing("http/link").string) == 0)
        let archive = try MountArchive(mount)
        #expect(archive.used.count > 20)
        let back = try folder("back")
        for part in archive.used {
            let blob = try archive.write(part, into: store)
            #expect(try archive.tar(of: part) == blob.diffID)
            try MountArchive.read(blob.descriptor, tar: blob.diffID, from: store, into: back)
        }
        #expect(try await Tool.run("diff", ["--no-dereference", "-r", mount.string, back.string]) == "")
        #expect(try scratch.status("back/wheels/a.whl").st_mode & 0o777 == 0o755)
        let now = time(nil)
        #expect(abs(try scratch.status("back/http/1/file-1").st_mtim.tv_sec - now) < 600)
        // Made at other times, the same files are the same parts.
        let again = try MountArchive(back)
        #expect(try again.used.map { try again.tar(of: $0) } == archive.used.map { try archive.tar(of: $0) })
    }

    @Test func `one more file changes one part of a mount`() throws {
        let mount = try folder("mount")
        for number in 0..<500 { try write("\(number)", mount.pushing(FilePath("http/\(number % 100)/file-\(number)"))) }
        let before = try MountArchive(mount)
        let old = try Dictionary(uniqueKeysWithValues: before.used.map { ($0, try before.tar(of: $0)) })
        try write("new", mount.pushing("http/7/new"))
        let after = try MountArchive(mount)
        let changed = try after.used.filter { try after.tar(of: $0) != old[$0] }
        #expect(changed.count == 1)
        #expect(after.size == before.size + 3)
    }

    @Test func `a part does not replace what it cannot verify`() throws {
        let mount = try folder("mount")
        try write("1", mount.pushing("a/file"))
        let archive = try MountArchive(mount)
        let blob = try archive.write(try #require(archive.used.first), into: store)
        let back = try folder("back")
        let other = Digest(of: Array("other".utf8))
        #expect(throws: BlobError.wrongDiffID(blob.descriptor.digest, expected: other)) {
            try MountArchive.read(blob.descriptor, tar: other, from: store, into: back)
        }
    }
}
