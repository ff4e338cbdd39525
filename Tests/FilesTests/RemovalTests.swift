import Files
import Glibc
import SystemPackage
import Testing

struct RemovalTests {
    private let scratch: Scratch

    init() throws { scratch = try Scratch() }

    @Test func `a name that is not UTF-8 is removed and listed as it is`() throws {
        let folder = scratch.path.appending("tree")
        try HostFiles.makeFolder(folder)
        let name: [UInt8] = [0x66, 0xFF, 0x80]
        let made = HostFiles.withName(Array(folder.string.utf8) + [0x2F] + name) { open($0, O_CREAT | O_WRONLY, 0o644) }
        try #require(made >= 0)
        close(made)
        #expect(try HostFiles.rawNames(in: folder) == [name])
        try HostFiles.remove(folder)
        #expect(try HostFiles.names(in: scratch.path).isEmpty)
    }

    @Test func `a tree deeper than a path can name is removed`() throws {
        let folder = scratch.path.appending("tree")
        try HostFiles.makeFolder(folder)
        let name = String(repeating: "d", count: 100)
        var current = open(folder.string, O_RDONLY | O_DIRECTORY)
        for _ in 0..<250 {
            try #require(mkdirat(current, name, 0o755) == 0)
            let next = openat(current, name, O_RDONLY | O_DIRECTORY)
            close(current)
            current = next
        }
        close(current)
        try HostFiles.remove(folder)
        #expect(try HostFiles.names(in: scratch.path).isEmpty)
    }

    @Test func `a link to a folder is removed and the folder stays`() throws {
        try scratch.write("1", to: "kept/file")
        try scratch.link("tree/link", to: scratch.path.appending("kept").string)
        try HostFiles.remove(scratch.path.appending("tree"))
        #expect(try HostFiles.names(in: scratch.path) == ["kept"])
        #expect(try HostFiles.names(in: scratch.path.appending("kept")) == ["file"])
    }
}
