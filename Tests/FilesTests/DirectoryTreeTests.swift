import Files
import Glibc
import OCI
import Planning
import SystemPackage
import Testing

private func paths(_ tree: DirectoryTree) -> [String] { tree.entries.map(\.path.description) }

@Test func `lists files, folders and links in order, folders before what they hold`() throws {
    let scratch = try Scratch()
    try scratch.write("x", to: "a-b/file")
    try scratch.write("#!", to: "a/run", mode: 0o755)
    try scratch.write("", to: "a.txt")
    try scratch.link("a/z", to: "../a.txt")
    let tree = try DirectoryTree(root: scratch.path)
    #expect(paths(tree) == ["a", "a/run", "a/z", "a-b", "a-b/file", "a.txt"])
    #expect(tree.entries.map(\.path) == tree.entries.map(\.path).sorted())
    #expect(tree.entry(at: try SourcePath(parsing: "a/run"))?.kind == .file(executable: true, size: 2))
    #expect(tree.entry(at: try SourcePath(parsing: "a/z"))?.kind == .link(target: "../a.txt"))
    #expect(tree.entry(at: .root)?.kind == .folder)
    #expect(tree.entry(at: try SourcePath(parsing: "nowhere")) == nil)
    #expect(try tree.text(at: try SourcePath(parsing: "a-b/file")) == "x")
    #expect(tree.warnings.isEmpty)
}

@Test func `a child let in again brings its ignored parents, and nothing else of them`() throws {
    let scratch = try Scratch()
    for name in ["dir/sub/keep", "dir/sub/drop", "dir/other/drop", "drop"] { try scratch.write(to: name) }
    try scratch.write("*\n!dir/sub/keep\n", to: ".dockerignore")
    let tree = try DirectoryTree(root: scratch.path)
    #expect(paths(tree) == ["dir", "dir/sub", "dir/sub/keep"])
}

@Test func `a folder that is ignored is not entered`() throws {
    let scratch = try Scratch()
    try scratch.write(to: "node_modules/a/index.js")
    try scratch.write(to: "venv/pyvenv.cfg")
    try scratch.write(to: "lib/venv/readme")
    let broken = scratch.path.appending("node_modules").string + "/\u{1}"
    var name = Array(broken.utf8CString)
    name[name.count - 2] = CChar(bitPattern: 0xFF)
    #expect(mkdir(name, 0o755) == 0)
    #expect(paths(try DirectoryTree(root: scratch.path)) == ["lib", "lib/venv", "lib/venv/readme"])
    let exception = try IgnoreRule(parsing: "!node_modules", origin: "autoimage.toml:2")
    #expect(throws: SourceError.unusableName(folder: try SourcePath(parsing: "node_modules"), name: "\u{FFFD}")) {
        try DirectoryTree(root: scratch.path, extraIgnore: [exception])
    }
}

@Test func `the service's own dockerignore wins over the root's`() throws {
    let scratch = try Scratch()
    for name in ["api/data/x", "api/main.py", "data/x", "web/x"] { try scratch.write(to: name) }
    try scratch.write("web\n", to: ".dockerignore")
    let api = try SourcePath(parsing: "api")
    #expect(
        paths(try DirectoryTree(root: scratch.path, service: api)) == [
            "api", "api/data", "api/data/x", "api/main.py", "data", "data/x",
        ])
    try scratch.write("/data\n", to: "api/.dockerignore")
    #expect(
        paths(try DirectoryTree(root: scratch.path, service: api)) == [
            "api", "api/main.py", "data", "data/x", "web", "web/x",
        ])
    #expect(throws: SourceError.missing(try SourcePath(parsing: "nowhere"))) {
        try DirectoryTree(root: scratch.path, service: try SourcePath(parsing: "nowhere"))
    }
}

@Test func `links are kept as they are, and one that leads out is told of`() throws {
    let scratch = try Scratch()
    try scratch.link("loop", to: ".")
    try scratch.link("out", to: "../../etc/passwd")
    try scratch.link("sub/up", to: "../loop")
    try scratch.link("absolute", to: "/etc")
    let tree = try DirectoryTree(root: scratch.path)
    #expect(paths(tree) == ["absolute", "loop", "out", "sub", "sub/up"])
    #expect(
        tree.warnings == [
            "absolute: this link leads out of the source tree, to '/etc'; what it points at is not copied",
            "out: this link leads out of the source tree, to '../../etc/passwd'; what it points at is not copied",
        ])
    #expect(throws: SourceError.missing(try SourcePath(parsing: "out"))) {
        try tree.read(try SourcePath(parsing: "out")) { _ in }
    }
}

@Test func `a pipe is left out with a warning`() throws {
    let scratch = try Scratch()
    #expect(mkfifo(scratch.path.appending("pipe").string, 0o644) == 0)
    let tree = try DirectoryTree(root: scratch.path)
    #expect(tree.entries.isEmpty)
    #expect(tree.warnings == ["pipe: left out, for it is a socket, pipe or device"])
}

@Test func `a file that became a link is not followed`() throws {
    let scratch = try Scratch()
    let file = try scratch.write("x", to: "sub/file")
    let tree = try DirectoryTree(root: scratch.path)
    unlink(file.string)
    try scratch.link("sub/file", to: "/etc/passwd")
    let path = try SourcePath(parsing: "sub/file")
    #expect(throws: SourceError.unreadable(path, reason: "it is a link now")) { try tree.read(path) { _ in } }
    unlink(file.string)
    #expect(throws: SourceError.missing(path)) { try tree.read(path) { _ in } }
    #expect(mkfifo(file.string, 0o644) == 0)
    #expect(throws: SourceError.unreadable(path, reason: "it is no regular file any more")) {
        try tree.read(path) { _ in }
    }
}

@Test(.enabled(if: geteuid() != 0, "root reads everything"))
func `an unreadable file fails while planning`() throws {
    let scratch = try Scratch()
    try scratch.write("x", to: "secret", mode: 0)
    #expect(throws: SourceError.unreadable(try SourcePath(parsing: "secret"), reason: "Permission denied")) {
        try DirectoryTree(root: scratch.path)
    }
}

@Test func `an invalid ignore file names its line, one that is not text its path`() throws {
    let scratch = try Scratch()
    try scratch.write("ok\n[\n", to: ".dockerignore")
    #expect(throws: IgnoreError.invalidPattern("[", at: ".dockerignore:2")) { try DirectoryTree(root: scratch.path) }
    let descriptor = try FileDescriptor.open(scratch.path.appending(".dockerignore"), .writeOnly)
    try descriptor.closeAfter { _ = try descriptor.writeAll([0xFF, 0xFE]) }
    #expect(throws: SourceError.notUTF8(try SourcePath(parsing: ".dockerignore"))) {
        try DirectoryTree(root: scratch.path)
    }
}

@Test func `a file is streamed whole`() throws {
    let scratch = try Scratch()
    let text = String(repeating: "0123456789abcdef", count: 40_000)
    try scratch.write(text, to: "big")
    let tree = try DirectoryTree(root: scratch.path)
    #expect(try tree.digest(of: try SourcePath(parsing: "big")) == Digest(of: Array(text.utf8)))
}

@Test func `ten thousand files are scanned whole`() throws {
    let scratch = try Scratch(inMemory: true)
    for folder in 0..<100 {
        let place = "\(scratch.path)/app/package\(folder)"
        try HostFiles.makeFolder(FilePath(place))
        // Plain calls: building paths ten thousand times takes long in a debug build.
        for file in 0..<100 { close(open("\(place)/module\(file).py", O_CREAT | O_WRONLY, 0o644)) }
    }
    let clock = ContinuousClock()
    var tree: DirectoryTree?
    let time = try clock.measure { tree = try DirectoryTree(root: scratch.path) }
    #expect(tree?.entries.count == 10_101)
    print("scan of 10,000 files:", time)
}
