import Files
import OCI
import Planning
import SystemPackage
import Testing

@testable import autoimage

@Suite struct LockFileTests {
    private let pin = Pin.debian(
        packages: DebianPin(
            suite: "bookworm", architecture: "amd64",
            packages: [PinnedPackage(name: "libc6", version: "2.36-9", sha256: Digest(of: []))]))

    @Test func `an absent lock holds nothing`() throws {
        let folder = try ScratchFolder()
        #expect(try LockFile(folder: folder.path).pins == Pins())
    }

    @Test func `what is written is read again, and written once`() throws {
        let folder = try ScratchFolder()
        let pins = Pins(bases: ["a": pin], libraries: [])
        #expect(try LockFile(folder: folder.path).update(pins, state: State(home: folder.path.appending("state"))))
        let again = try LockFile(folder: folder.path)
        #expect(again.pins == pins)
        #expect(try !again.update(pins, state: State(home: folder.path.appending("state"))))
    }

    @Test func `two builds that started from one lock lose nothing of each other`() throws {
        let folder = try ScratchFolder()
        let first = try LockFile(folder: folder.path)
        let second = try LockFile(folder: folder.path)
        _ = try first.update(Pins(bases: ["a": pin]), state: State(home: folder.path.appending("state")))
        _ = try second.update(Pins(bases: ["b": pin]), state: State(home: folder.path.appending("state")))
        #expect(try LockFile(folder: folder.path).pins.bases.keys.sorted() == ["a", "b"])
    }

    @Test func `a pin that is an option of apt is refused by name`() throws {
        let folder = try ScratchFolder()
        let path = folder.path.appending("autoimage.lock")
        let digest = Digest(of: [])
        try AtomicFile.write(
            Array(
                """
                {"schemaVersion":1,"bases":{"a":{"debian":{"packages":{"suite":"bookworm","architecture":"amd64","packages":\
                [{"name":"-oAcquire::http::Proxy-Auto-Detect","version":"/tmp/x","sha256":"\(digest)"}]}}}}}
                """.utf8), to: path)
        let error = #expect(throws: LockFileError.self) { try LockFile(folder: folder.path) }
        #expect(error?.description.contains("-oAcquire::http::Proxy-Auto-Detect") == true)
    }

    @Test func `a broken lock is refused and left alone`() throws {
        let folder = try ScratchFolder()
        let path = folder.path.appending("autoimage.lock")
        try AtomicFile.write(Array("{".utf8), to: path)
        #expect(throws: LockFileError.malformed(path)) { try LockFile(folder: folder.path) }
        #expect(try HostFiles.read(path) == Array("{".utf8))
    }
}
