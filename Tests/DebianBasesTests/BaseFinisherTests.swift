import BaseImages
import Files
import Glibc
import Images
import Planning
import SystemPackage
import Testing

@testable import DebianBases

/// A catalog comes with the user's repository: none may reach out of the tree it is made into.
struct BaseFinisherTests {
    /// Finishes an empty tree with the links of a hostile catalog.
    private func finish(_ scratch: borrowing Scratch, links: [String: String]) throws -> FilePath {
        let entry = try #require(try BaseImages.catalog().entry("debian/bookworm/python-3.11-runtime"))
        let recipe = DebianRecipe(
            suite: "bookworm", extraSuites: [], packages: ["tzdata"], closed: true, drop: [], links: links, bytecode: []
        )
        let root = scratch.path.appending("root")
        try HostFiles.makeFolder(root)
        try BaseFinisher(root: root, entry: entry, recipe: recipe, architecture: "amd64").finish()
        return root
    }

    @Test func `makes links, accounts and places to write`() throws {
        let scratch = try Scratch()
        let root = try finish(scratch, links: ["/bin/sh": "dash", "/opt/tool/run": "/usr/bin/tool", "/tmp": "var/tmp"])
        func target(_ path: String) -> String? {
            var buffer = [UInt8](repeating: 0, count: 256)
            let count = buffer.withUnsafeMutableBytes { bytes in
                bytes.withMemoryRebound(to: CChar.self) { chars in
                    chars.baseAddress.map { readlink(root.pushing(FilePath(path)).string, $0, 256) } ?? -1
                }
            }
            return count < 0 ? nil : String(decoding: buffer.prefix(count), as: UTF8.self)
        }
        #expect(target("bin") == "usr/bin")
        #expect(target("usr/bin/sh") == "dash")
        #expect(target("opt/tool/run") == "/usr/bin/tool")
        #expect(target("tmp") == "var/tmp")
        #expect(target("var/run") == "/run")
        let passwd = try #require(try HostFiles.read(root.appending("etc/passwd")))
        #expect(String(decoding: passwd, as: UTF8.self).hasPrefix("root:x:0:0:root:/root:/usr/sbin/nologin\n"))
    }

    @Test func `never goes through a link of the catalog`() throws {
        let scratch = try Scratch()
        let outside = scratch.path.appending("outside")
        try HostFiles.makeFolder(outside)
        try scratch.write("mine", to: "outside/file")
        for name in ["file", "new"] {
            #expect(throws: DebianBaseError.blocked(base: "debian/bookworm/python-3.11-runtime", path: "/a")) {
                _ = try finish(scratch, links: ["/a": outside.string, "/a/\(name)": "/etc/passwd"])
            }
        }
        #expect(throws: DebianBaseError.blocked(base: "debian/bookworm/python-3.11-runtime", path: "/a/new/deep")) {
            _ = try finish(scratch, links: ["/a": outside.string, "/a/new/deep/file": "/etc/passwd"])
        }
        // A folder with something in it does not give way.
        #expect(throws: SystemError.self) { _ = try finish(scratch, links: ["/var": outside.string]) }
        #expect(try HostFiles.names(in: outside) == ["file"])
        #expect(try HostFiles.read(outside.appending("file")) == Array("mine".utf8))
    }

    @Test func `writes its own files in place of links`() throws {
        let scratch = try Scratch()
        try scratch.write("mine", to: "outside")
        try HostFiles.makeFolder(scratch.path.appending("root/etc"))
        #expect(symlink("../../outside", scratch.path.appending("root/etc/passwd").string) == 0)
        let root = try finish(scratch, links: [:])
        #expect(try HostFiles.read(scratch.path.appending("outside")) == Array("mine".utf8))
        #expect(try HostFiles.read(root.appending("etc/passwd"))?.isEmpty == false)
    }

    @Test func `finds no modules behind a link`() throws {
        let scratch = try Scratch()
        try scratch.write("", to: "outside/a.py")
        try scratch.write("", to: "root/usr/lib/python3.11/b.py")
        #expect(symlink("../outside", scratch.path.appending("root/link").string) == 0)
        let entry = try #require(try BaseImages.catalog().entry("debian/bookworm/python-3.11-runtime"))
        let recipe = DebianRecipe(
            suite: "bookworm", extraSuites: [], packages: ["tzdata"], closed: true, drop: [], links: [:],
            bytecode: [ImagePath("/link"), ImagePath("/usr/lib/python3.11"), ImagePath("/absent")])
        let found = try BytecodeSources(entry: entry, recipe: recipe)
            .find(in: HostFolder(scratch.path.appending("root")))
        #expect(found == [ImagePath("/usr/lib/python3.11/b.py")])
    }
}
