import BaseImages
import DebianBases
import Files
import Glibc
import OCI
import Planning
import Synchronization
import SystemPackage
import Testing

extension Tag {
    /// Needs a Debian mirror.
    @Tag static var endToEnd: Self
}

@Suite(
    .tags(.endToEnd), .serialized,
    .enabled("a Debian mirror has to answer", { await Machine.mirrorAnswers() }),
    .enabled(if: Machine.isRoot, "the interpreter is started by chroot, which only root may"))
struct AssembledBaseTests {
    /// Notes of one supplier.
    final class Notes: Sendable {
        let all = Mutex<[String]>([])
        nonisolated(unsafe) var tap: (String) -> Void = { _ in }
        func add(_ text: String) { all.withLock { $0.append(text) }; tap(text) }
    }

    static func supplier(
        _ state: State, acceptExpired: Bool = false, notes: Notes = Notes()
    ) async throws -> DebianBaseSupplier {
        DebianBaseSupplier(
            state: state, mirror: try .discover(option: nil, environment: [:]), acceptExpired: acceptExpired,
            note: { notes.add($0) }, runInterpreter: { try await Machine.chroot($0, $1, $2) })
    }

    static func base(_ id: String, adding packages: [String] = [], pin: Pin? = nil) throws -> Base {
        let entry = try #require(try BaseImages.catalog().entry(id))
        let reason = Reason.usual(why: "the test wants it")
        return Base(
            entry: entry, reason: reason, packages: packages.map { Decided($0, reason) }, platform: .host, pin: pin)
    }

    @Test func `a Python runtime base holds the interpreter and nothing to build with`() async throws {
        let scratch = try Scratch()
        let state = try State(home: scratch.path.appending("one"))
        let supplier = try await Self.supplier(state)
        var base = try Self.base("debian/bookworm/python-3.11-runtime")
        base.pin = try await supplier.resolve(base)
        let first = try await supplier.assemble(base)

        func has(_ path: String) -> Bool { HostFiles.exists(first.root.pushing(FilePath(path))) }
        for program in ["pip", "pip3", "dpkg", "apt", "apt-get", "sh", "bash", "dash", "gcc", "ldconfig", "perl"] {
            for folder in ["usr/bin", "usr/sbin", "usr/local/bin"] {
                #expect(!has("\(folder)/\(program)"), "\(folder)/\(program)")
            }
        }
        for path in [
            "usr/lib/locale/C.utf8/LC_CTYPE", "etc/ssl/certs/ca-certificates.crt", "usr/share/zoneinfo/Europe/Berlin",
            "var/lib/dpkg/status.d/libssl3", "var/lib/dpkg/status.d/libssl3.md5sums", "usr/share/doc/libssl3/copyright",
            "usr/lib/os-release", "etc/nsswitch.conf", "tmp", "usr/lib/python3.11/__pycache__/os.cpython-311.pyc",
        ] { #expect(has(path), "\(path)") }
        for path in ["var/lib/dpkg/status", "usr/share/man", "usr/lib/python3.11/test", "usr/share/ca-certificates"] {
            #expect(!has(path), "\(path)")
        }
        #expect(first.owners[ImagePath("/home/nonroot")] == .nonroot)
        #expect(first.size < 50_000_000)
        let imports = "import ssl, sqlite3, lzma, bz2, zlib, ctypes, readline, uuid, decimal, asyncio, zoneinfo, curses"
        let check = imports + "; assert len(ssl.create_default_context().get_ca_certs()) > 100"
            + "; import sys; assert sys.getfilesystemencoding() == 'utf-8'; zoneinfo.ZoneInfo('America/New_York')"
        try await Machine.chroot(first.root, ["/usr/bin/python3", "-c", check])

        let other = try State(home: scratch.path.appending("two"))
        try HostFiles.remove(other.debian)
        #expect(symlink(state.debian.string, other.debian.string) == 0)
        let second = try await Self.supplier(other).assemble(base)
        #expect(second.key == first.key)
        #expect(try treeDigest(second.root) == treeDigest(first.root))
        #expect(second.owners == first.owners)
        #expect(second.size == first.size)

        let notes = Notes()
        let again = try await Self.supplier(state, notes: notes).assemble(base)
        #expect(again.root == first.root)
        #expect(again.owners == first.owners)
        #expect(notes.all.withLock { $0 } == [])
    }
}
