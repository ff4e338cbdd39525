import BaseImages
import DebianBases
import Files
import Glibc
import Images
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
    .enabled(
        "the interpreter is started by chroot, which root or a user namespace allows", { await Machine.canChroot() }))
struct AssembledBaseTests {
    /// Notes of one supplier.
    final class Notes: Sendable {
        let all = Mutex<[String]>([])
        func add(_ text: String) { all.withLock { $0.append(text) } }
    }

    static func supplier(
        _ state: State, acceptExpired: Bool = false, notes: Notes = Notes()
    ) async throws -> DebianBaseSupplier {
        DebianBaseSupplier(
            state: state, mirror: try .discover(option: nil, environment: [:]),
            access: DebianAccess(acceptsExpired: acceptExpired),
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
        #expect(first.size < 51_000_000)
        let digest = try treeDigest(first.root)
        let imports = "import ssl, sqlite3, lzma, bz2, zlib, ctypes, readline, uuid, decimal, asyncio, zoneinfo, curses"
        let check =
            imports + "; assert len(ssl.create_default_context().get_ca_certs()) > 100"
            + "; import sys; assert sys.getfilesystemencoding() == 'utf-8'; zoneinfo.ZoneInfo('America/New_York')"
        try await Machine.chroot(first.root, ["/usr/bin/python3", "-c", check])

        let other = try State(home: scratch.path.appending("two"))
        try HostFiles.remove(other.debian)
        #expect(symlink(state.debian.string, other.debian.string) == 0)
        let mask = umask(0o077)
        let second = try await Self.supplier(other).assemble(base)
        umask(mask)
        #expect(second.key == first.key)
        #expect(try treeDigest(second.root) == digest)
        #expect(second.owners == first.owners)
        #expect(second.size == first.size)

        let notes = Notes()
        let again = try await Self.supplier(state, notes: notes).assemble(base)
        #expect(again.root == first.root)
        #expect(again.owners == first.owners)
        #expect(notes.all.withLock { $0 } == [])
    }

    @Test func `a Python builder compiles an extension and makes environments`() async throws {
        let scratch = try Scratch()
        let supplier = try await Self.supplier(State(home: scratch.path))
        var base = try Self.base("debian/bookworm/python-3.11-builder", adding: ["libpq-dev"])
        base.pin = try await supplier.resolve(base)
        let built = try await supplier.assemble(base)
        let source = "#include <Python.h>\n#include <libpq-fe.h>\nint main(void) { return PQlibVersion() < 150000; }\n"
        try AtomicFile.write(Array(source.utf8), to: built.root.appending("tmp/t.c"))
        let script = """
            set -e; cd /tmp
            cc -o t t.c $(pkg-config --cflags --libs python-3.11 libpq); ./t
            echo 'int main() { return 0; }' > u.cc; c++ -o u u.cc; ./u
            make --version; perl -v; awk 'BEGIN {}'; which sh; python -m pip --version
            python3 -m venv --without-pip v; v/bin/python -c 'import sys; assert sys.prefix == "/tmp/v"'
            """
        try await Machine.chroot(built.root, ["/bin/sh", "-c", script], ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"])
    }

    @Test func `says which package is unknown and which version is gone`() async throws {
        let scratch = try Scratch()
        let supplier = try await Self.supplier(State(home: scratch.path))
        let unknown = try Self.base("debian/bookworm/python-3.11-builder", adding: ["libpq-dve"])
        await #expect(
            throws: DebianBaseError.unknownPackage(name: "libpq-dve", suite: "bookworm", nearest: "libpq-dev")
        ) {
            try await supplier.resolve(unknown)
        }
        let package = PinnedPackage(name: "tzdata", version: "2001a-1", sha256: Digest(of: []))
        let gone = try Self.base(
            "debian/bookworm/python-3.11-runtime",
            pin: .debian(packages: DebianPin(suite: "bookworm", architecture: "amd64", packages: [package])))
        await #expect(throws: DebianBaseError.gone(packages: ["tzdata 2001a-1"], suite: "bookworm")) {
            try await supplier.assemble(gone)
        }
    }

    @Test func `says that an unreachable mirror may answer later`() async throws {
        let scratch = try Scratch()
        let mirror = DebianMirror(
            mirror: "http://127.0.0.1:9/debian", securityMirror: "http://127.0.0.1:9/debian-security",
            usesHostSettings: false)
        let supplier = DebianBaseSupplier(
            state: try State(home: scratch.path), mirror: mirror, note: { _ in },
            runInterpreter: { try await Machine.chroot($0, $1, $2) })
        let base = try Self.base("debian/bookworm/python-3.11-runtime")
        let error = await #expect(throws: DebianBaseError.self) { try await supplier.resolve(base) }
        #expect(error?.isTransient == true)
        #expect(error?.description.contains("--debian-mirror") == true)
    }
}
