import DebianBases
import Files
import Images
import OCI
import Planning
import Synchronization
import SystemPackage
import Testing

/// An archive that drops what a lock pins, and everything that can give it all the same.
@Suite(
    .enabled(
        "apt, dpkg-dev and gpg have to be installed", { Machine.canMakeArchives }))
struct DroppedPackageTests {
    /// The pin of a base in an archive that dropped `apple 1` afterwards.
    private static func dropped(_ archive: LocalArchive, republish: Bool = true) async throws -> Pin {
        try await archive.add("apple", "1")
        try await archive.add("pear", "1")
        try await archive.publish()
        let pin = try await archive.supplier(home: "first").resolve(archive.base(["apple", "pear"]))
        try await archive.copy(to: "snapshot")
        try archive.drop("apple", "1")
        try await archive.add("apple", "2")
        if republish { try await archive.publish() }
        return pin
    }

    private static func version(in base: AssembledBase, of name: String) throws -> String? {
        try HostFiles.read(base.root.pushing(FilePath("usr/share/\(name)/version"))).map {
            String(decoding: $0, as: UTF8.self)
        }
    }

    @Test(arguments: [true, false])
    func `nothing else has it: the error names package, version and the ways out`(republish: Bool) async throws {
        let archive = try await LocalArchive.make()
        let pin = try await Self.dropped(archive, republish: republish)
        let base = archive.base(["apple", "pear"], pin: pin)
        let supplier = try archive.supplier()
        let error = await #expect(throws: DebianBaseError.gone(packages: ["apple 1"], suite: "bookworm")) {
            try await supplier.assemble(base)
        }
        let text = error?.description ?? ""
        for part in ["apple 1 of bookworm", "lock PATH --update apple", "--cache-from", "--debian-snapshot URL"] {
            #expect(text.contains(part), "\(part)")
        }
    }

    @Test func `a package that was downloaded before is not asked for again`() async throws {
        let archive = try await LocalArchive.make()
        try await archive.add("apple", "1")
        try await archive.publish()
        let supplier = try archive.supplier()
        let pin = try await supplier.resolve(archive.base(["apple"]))
        let base = archive.base(["apple"], pin: pin)
        let first = try await supplier.assemble(base)
        try archive.drop("apple", "1")
        try HostFiles.remove(first.root.removingLastComponent())
        let again = try await archive.supplier(access: { $0.isOffline = true }).assemble(base)
        #expect(again.key == first.key)
        #expect(try Self.version(in: again, of: "apple") == "apple 1\n")
    }

    @Test func `a snapshot of an earlier day gives it, verified as ever`() async throws {
        let archive = try await LocalArchive.make()
        let pin = try await Self.dropped(archive)
        let snapshot = archive.mirror("snapshot")
        let notes = AssembledBaseTests.Notes()
        let supplier = try archive.supplier(access: { $0.snapshot = snapshot }, notes: notes)
        let base = try await supplier.assemble(archive.base(["apple", "pear"], pin: pin))
        #expect(try Self.version(in: base, of: "apple") == "apple 1\n")
        #expect(try Self.version(in: base, of: "pear") == "pear 1\n")
        #expect(notes.all.withLock { $0.contains("looking for 1 packages of Debian bookworm in \(snapshot.mirror)") })
    }

    @Test func `a snapshot that is not signed by the key is refused`() async throws {
        let archive = try await LocalArchive.make()
        let pin = try await Self.dropped(archive)
        let snapshot = archive.mirror("snapshot")
        let release = archive.scratch.path.pushing(FilePath("snapshot/dists/bookworm/InRelease"))
        let signed = String(decoding: try HostFiles.read(release) ?? [], as: UTF8.self)
        try AtomicFile.write(Array(signed.replacing("Origin: Debian", with: "Origin: Debiam").utf8), to: release)
        let supplier = try archive.supplier(access: { $0.snapshot = snapshot })
        let base = archive.base(["apple", "pear"], pin: pin)
        let error = await #expect(throws: DebianBaseError.self) { try await supplier.assemble(base) }
        guard case .badSnapshot(let url, let said)? = error else {
            Issue.record("\(String(describing: error))")
            return
        }
        #expect(url == snapshot.mirror && said.contains("is not signed by a key"))
    }

    @Test func `a fallback gives it by its digest; other bytes and failures are passed over`() async throws {
        let archive = try await LocalArchive.make()
        let pin = try await Self.dropped(archive)
        let file = archive.scratch.path.pushing(FilePath("snapshot/pool/apple_1_all.deb"))
        let asked = Asked()
        let notes = AssembledBaseTests.Notes()
        let supplier = try archive.supplier(
            access: {
                $0.fallbacks = [
                    { _, _ in throw CacheFailure() },
                    { package, to in
                        try AtomicFile.write(Array("not \(package.name)".utf8), to: to)
                        return true
                    },
                    { package, to in
                        asked.names.withLock { $0.append("\(package.name) \(package.version)") }
                        try AtomicFile.write(try HostFiles.read(file) ?? [], to: to)
                        return true
                    },
                ]
            }, notes: notes)
        let base = try await supplier.assemble(archive.base(["apple", "pear"], pin: pin))
        #expect(try Self.version(in: base, of: "apple") == "apple 1\n")
        #expect(asked.names.withLock { $0 } == ["apple 1"])
        #expect(
            notes.all.withLock { $0 }.filter { $0.contains("cache") } == [
                "the cache does not give apple 1: the cache is closed",
                "the cache has other bytes under the digest of apple 1", "apple 1 comes from the cache",
            ])
    }

    @Test func `offline, what is missing is named and nothing is asked`() async throws {
        let archive = try await LocalArchive.make()
        let pin = try await Self.dropped(archive)
        let snapshot = archive.mirror("snapshot")
        let supplier = try archive.supplier(access: {
            $0.isOffline = true
            $0.snapshot = snapshot
        })
        let base = archive.base(["apple", "pear"], pin: pin)
        await #expect(
            throws: DebianBaseError.missingOffline(base: base.key, packages: ["apple 1", "pear 1"])
        ) { try await supplier.assemble(base) }
        await #expect(throws: DebianBaseError.unresolvedOffline(base: base.key)) { try await supplier.resolve(base) }
    }

    private struct CacheFailure: Error, CustomStringConvertible {
        let description = "the cache is closed"
    }

    private final class Asked: Sendable {
        let names = Mutex<[String]>([])
    }
}

/// `autoimage lock --update PACKAGE`.
@Suite(
    .enabled(
        "apt, dpkg-dev and gpg have to be installed", { Machine.canMakeArchives }))
struct PinRenewalTests {
    private static func versions(_ pin: Pin) -> [String] {
        guard case .debian(let pin) = pin else { return [] }
        return pin.packages.map { "\($0.name) \($0.version)" }
    }

    private static func debian(_ pin: Pin) throws -> DebianPin {
        guard case .debian(let pin) = pin else { throw DebianBaseError.notPinned(base: "test") }
        return pin
    }

    /// An archive whose newer `tree` needs the newer `apple`, and a base pinned before they came.
    private static func grown(_ archive: LocalArchive, base: Base) async throws -> DebianPin {
        try await archive.add("apple", "1")
        try await archive.add("pear", "1")
        try await archive.add("tree", "1", depends: "apple, pear")
        try await archive.publish()
        let pin = try await archive.supplier(home: "first").resolve(base)
        try await archive.add("apple", "2")
        try await archive.add("pear", "2")
        try await archive.add("leaf", "1")
        try await archive.add("tree", "2", depends: "apple (>= 2), pear, leaf")
        try await archive.publish()
        return try debian(pin)
    }

    @Test func `only the package and what it needs move`() async throws {
        let archive = try await LocalArchive.make()
        let base = archive.base(["tree"])
        let old = try await Self.grown(archive, base: base)
        let supplier = try archive.supplier()
        let pear = try await supplier.resolve(base, from: old, updating: ["pear"])
        #expect(Self.versions(pear) == ["apple 1", "pear 2", "tree 1"])
        let tree = try await supplier.resolve(base, from: old, updating: ["tree"])
        #expect(Self.versions(tree) == ["apple 2", "leaf 1", "pear 1", "tree 2"])
        #expect(Self.versions(try await supplier.resolve(base)) == ["apple 2", "leaf 1", "pear 2", "tree 2"])
    }

    @Test func `a closed list stays closed`() async throws {
        let archive = try await LocalArchive.make()
        let base = archive.base(["apple", "tree"], closed: true)
        let old = try await Self.grown(archive, base: base)
        #expect(old.packages.map(\.name) == ["apple", "tree"])
        let supplier = try archive.supplier()
        let tree = try await supplier.resolve(base, from: old, updating: ["tree"])
        #expect(Self.versions(tree) == ["apple 2", "tree 2"])
        let apple = try await supplier.resolve(base, from: old, updating: ["apple"])
        #expect(Self.versions(apple) == ["apple 2", "tree 1"])
    }

    @Test func `where a dropped version is nowhere, all is renewed, and a note says so`() async throws {
        let archive = try await LocalArchive.make()
        let base = archive.base(["tree"])
        let old = try await Self.grown(archive, base: base)
        try archive.drop("apple", "1")
        try await archive.publish()
        let notes = AssembledBaseTests.Notes()
        let supplier = try archive.supplier(notes: notes)
        let pear = try await supplier.resolve(base, from: old, updating: ["pear"])
        #expect(Self.versions(pear) == ["apple 2", "leaf 1", "pear 2", "tree 2"])
        #expect(
            notes.all.withLock { $0 }.contains {
                $0.contains("pear cannot be renewed alone (the mirror has dropped pinned versions")
            })
    }

    @Test func `a dropped version whose file is here stays`() async throws {
        let archive = try await LocalArchive.make()
        var base = archive.base(["tree"])
        try await archive.add("apple", "1")
        try await archive.add("tree", "1", depends: "apple")
        try await archive.publish()
        let supplier = try archive.supplier()
        let old = try await supplier.resolve(base)
        base.pin = old
        _ = try await supplier.assemble(base)
        try archive.drop("apple", "1")
        try await archive.add("apple", "2")
        try await archive.add("tree", "2", depends: "apple")
        try await archive.publish()
        let tree = try await archive.supplier().resolve(base, from: Self.debian(old), updating: ["tree"])
        #expect(Self.versions(tree) == ["apple 1", "tree 2"])
    }
}
