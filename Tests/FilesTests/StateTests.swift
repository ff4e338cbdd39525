import Files
import Glibc
import SystemPackage
import Testing

@Test func `a committed file appears whole and replaces what was there`() throws {
    let scratch = try Scratch()
    let place = try scratch.write("old", to: "file")
    let file = try AtomicFile(in: scratch.path)
    try [UInt8]("new".utf8).withUnsafeBytes { try file.write($0) }
    #expect(try HostFiles.read(place) == Array("old".utf8))
    try file.commit(as: place)
    #expect(try HostFiles.read(place) == Array("new".utf8))
    #expect(try HostFiles.names(in: scratch.path) == ["file"])
}

@Test func `an abandoned file leaves nothing`() throws {
    let scratch = try Scratch()
    func abandon() throws {
        let file = try AtomicFile(in: scratch.path)
        try [UInt8]("part".utf8).withUnsafeBytes { try file.write($0) }
        #expect(try HostFiles.names(in: scratch.path).count == 1)
        throw CancellationError()
    }
    #expect(throws: CancellationError.self) { try abandon() }
    #expect(try HostFiles.names(in: scratch.path).isEmpty)
}

@Test func `a file that cannot get its name leaves nothing`() throws {
    let scratch = try Scratch()
    try scratch.write(to: "folder/x")
    func commit() throws { try AtomicFile(in: scratch.path).commit(as: scratch.path.appending("folder")) }
    #expect(throws: SystemError("create", scratch.path.appending("folder"), .isDirectory)) { try commit() }
    #expect(try HostFiles.names(in: scratch.path) == ["folder"])
}

private func isFree(_ place: FilePath) throws -> Bool {
    let lock = try FileLock.attempt(place)
    return lock != nil
}

@Test func `a lock is had by one at a time`() throws {
    let scratch = try Scratch()
    let place = scratch.path.appending("lock")
    func hold() throws {
        let lock = try FileLock(place)
        #expect(try !isFree(place))
        _ = consume lock
    }
    try hold()
    #expect(try isFree(place))
}

@Test func `shared locks are had together`() throws {
    let scratch = try Scratch()
    let place = scratch.path.appending("lock")
    let first = try FileLock(place, shared: true)
    let second = try FileLock(place, shared: true)
    #expect(try !isFree(place))
    _ = consume first
    _ = consume second
}

@Test func `waiting for a lock ends when its task is cancelled`() async throws {
    let scratch = try Scratch()
    let place = scratch.path.appending("lock")
    let holder = try FileLock(place)
    let waiting = Task { _ = try await FileLock.acquire(place) }
    waiting.cancel()
    await #expect(throws: CancellationError.self) { try await waiting.value }
    _ = consume holder
}

@Test func `the state sweeps what the dead left and nothing of the living`() throws {
    let scratch = try Scratch()
    let state = try State(home: scratch.path)
    // A killed process leaves its folder and its lock file, but holds no lock.
    try scratch.write("x", to: "tmp/step-1-2/deep/file", mode: 0o400)
    try scratch.write(to: "tmp/step-1-2.lock")
    let living = try state.makeTemporary("step")
    try scratch.write("y", to: "tmp/\(living.path.lastComponent?.string ?? "")/file")
    _ = try State(home: scratch.path)
    let name = try #require(living.path.lastComponent?.string)
    #expect(try HostFiles.names(in: state.temporary) == [name, name + ".lock"])
    #expect(try HostFiles.names(in: living.path) == ["file"])
    _ = consume living
    #expect(try HostFiles.names(in: state.temporary).isEmpty)
}

@Test func `a folder moves to its place once`() throws {
    let scratch = try Scratch()
    let state = try State(home: scratch.path)
    func make(_ text: String) throws -> Bool {
        let folder = try state.makeTemporary("base")
        try HostFiles.makeFolder(folder.path.appending("tree"))
        try AtomicFile.write(Array(text.utf8), to: folder.path.appending("tree").appending("file"))
        return try folder.move(folder.path.appending("tree"), to: state.bases.appending("abc"))
    }
    #expect(try make("first"))
    #expect(try !make("second"))
    #expect(try HostFiles.read(state.bases.appending("abc").appending("file")) == Array("first".utf8))
    #expect(try HostFiles.names(in: state.temporary).isEmpty)
}

@Test(arguments: [
    (["AUTOIMAGE_HOME": "X/own", "HOME": "/nowhere"], "own"),
    (["XDG_CACHE_HOME": "X/cache", "HOME": "/nowhere"], "cache/autoimage"),
    (["XDG_CACHE_HOME": "relative", "HOME": "X/user"], "user/.cache/autoimage"),
])
func `the state lies where the environment says`(environment: [String: String], place: String) throws {
    let scratch = try Scratch()
    let values = environment.mapValues { $0.replacing("X", with: scratch.path.string, maxReplacements: 1) }
    #expect(try State(environment: values).home == scratch.path.appending(place))
}

@Test func `no home is an error that names the variable`() {
    #expect(throws: StateError.noHome) { try State(environment: [:]) }
}

@Test func `removing takes a whole tree and follows no link`() throws {
    let scratch = try Scratch()
    try scratch.write(to: "keep/file")
    try scratch.write(to: "tree/a/b/c")
    try scratch.link("tree/link", to: "../keep")
    try HostFiles.remove(scratch.path.appending("tree"))
    #expect(try HostFiles.names(in: scratch.path) == ["keep"])
    #expect(try HostFiles.names(in: scratch.path.appending("keep")) == ["file"])
}

@Test func `the state is closed to others, whatever its mode was`() throws {
    let scratch = try Scratch()
    let home = scratch.path.appending("home")
    try HostFiles.makeFolder(home)
    chmod(home.string, 0o755)
    _ = try State(home: home)
    var status = stat()
    #expect(stat(home.string, &status) == 0 && status.st_mode & 0o7777 == 0o700)
}

@Test func `of a home that holds other things only the folders of trees are closed`() throws {
    let scratch = try Scratch()
    let home = scratch.path.appending("home")
    try scratch.write(to: "home/mine")
    chmod(home.string, 0o755)
    let state = try State(home: home)
    var status = stat()
    #expect(stat(home.string, &status) == 0 && status.st_mode & 0o7777 == 0o755)
    for folder in [state.steps, state.bases, state.caches, state.unpacked, state.failed, state.temporary] {
        #expect(stat(folder.string, &status) == 0 && status.st_mode & 0o7777 == 0o700)
    }
}

@Test func `a lock knows that its file was removed and made again`() throws {
    let scratch = try Scratch()
    let place = scratch.path.appending("lock")
    let lock = try FileLock(place)
    let atFirst = lock.isAt(place)
    #expect(atFirst)
    #expect(rename(place.string, scratch.path.appending("aside").string) == 0)
    let whenGone = lock.isAt(place)
    #expect(!whenGone)
    try scratch.write(to: "lock")
    let whenAnother = lock.isAt(place)
    #expect(!whenAnother)
}
