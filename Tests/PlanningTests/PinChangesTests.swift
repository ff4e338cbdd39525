import OCI
import Planning
import Testing

@Suite struct PinChangesTests {
    private static func digest(_ text: String) -> Digest { Digest(of: Array(text.utf8)) }

    private static func debian(_ packages: [(String, String, String)], suite: String = "bookworm") -> Pin {
        .debian(
            packages: DebianPin(
                suite: suite, architecture: "amd64",
                packages: packages.map { PinnedPackage(name: $0.0, version: $0.1, sha256: digest($0.2)) }))
    }

    @Test func `every kind of change has its line`() {
        let (a, b) = (Self.digest("a"), Self.digest("b"))
        let old = Pins(
            bases: [
                "gone@linux/amd64": .digest(digest: a), "same@linux/amd64": .digest(digest: a),
                "moved@linux/amd64": .digest(digest: a),
                "debian@linux/amd64": Self.debian([
                    ("libc6", "1", "x"), ("old", "1", "x"), ("same", "1", "x"), ("swapped", "1", "a"),
                ]),
            ], references: ["same@linux/amd64": "r:1"],
            libraries: [
                ".@linux/amd64": [LibraryAddition(package: "libpq5", version: "15", files: [], neededBy: [])]
            ], images: ["nginx@linux/amd64": a], installers: ["pip@linux/amd64": "1"])
        let new = Pins(
            bases: [
                "new@linux/amd64": Self.debian([("libc6", "1", "x")]), "same@linux/amd64": .digest(digest: a),
                "moved@linux/amd64": .digest(digest: b),
                "debian@linux/amd64": Self.debian(
                    [("libc6", "2", "y"), ("new", "1", "x"), ("same", "1", "x"), ("swapped", "1", "b")]),
            ], references: ["same@linux/amd64": "r:2"],
            libraries: [
                ".@linux/amd64": [LibraryAddition(package: "libpq5", version: "16", files: [], neededBy: [])],
                "api@linux/amd64": [],
            ], images: ["nginx@linux/amd64": b], installers: ["pip@linux/amd64": "2", "uv@linux/amd64": "3"])
        #expect(
            old.changes(to: new) == [
                "base debian@linux/amd64:", "  libc6 1 → 2", "  new: new, 1", "  old: removed, was 1",
                "  swapped 1: other bytes, \(a) → \(b)", "base gone@linux/amd64: removed, was \(a)",
                "base moved@linux/amd64: \(a) → \(b)", "base new@linux/amd64: new, 1 packages of bookworm",
                "base same@linux/amd64: r:1 → r:2", "image nginx@linux/amd64: \(a) → \(b)",
                "installer pip@linux/amd64: 1 → 2", "installer uv@linux/amd64: new, 3",
                "shared libraries of .@linux/amd64: + libpq5 16, - libpq5 15",
                "shared libraries of api@linux/amd64: new, none is needed",
            ])
        #expect(old.changes(to: old) == [])
    }

    @Test func `libraries of one program are not another's, nor of another platform`() throws {
        let addition = LibraryAddition(
            package: "libpq5", version: "15", files: [ImagePath("/usr/lib/libpq.so.5")],
            neededBy: [ImagePath("/app/x")])
        var plan = try Driftwood.plan()
        #expect(plan.librariesKey == ".@linux/amd64")
        plan.app = "cmd/api"
        #expect(plan.librariesKey == "cmd/api@linux/amd64")
        let pins = Pins(libraries: [".@linux/amd64": [addition], "cmd/api@linux/arm64": [addition]])
        #expect(!plan.applying(pins).runtime.librariesKnown)
        plan.app = nil
        #expect(plan.applying(pins).runtime.librariesKnown)
    }

    @Test func `a digest resolved from another reference is not taken`() throws {
        let entry = Driftwood.entry(role: .runtime, family: "official")
        let base = Driftwood.base(entry)
        var pins = Pins()
        pins.set(.digest(digest: Self.digest("a")), for: base)
        #expect(pins.references == [base.key: entry.reference])
        #expect(pins.pin(of: base) == .digest(digest: Self.digest("a")))
        pins.references[base.key] = "docker.io/library/python:3.10"
        #expect(pins.pin(of: base) == nil)
    }

    @Test func `names what was resolved to another version`() {
        func record(_ inputs: String, _ packages: [String]) -> [String: Resolution] {
            let packages = packages.map { text in
                let words = text.split(separator: " ").map(String.init)
                return ResolvedPackage(name: words[0], version: words[1], file: nil, sha256: nil, url: nil)
            }
            return ["python@linux/amd64": Resolution(inputs: Self.digest(inputs), packages: packages)]
        }
        let old = Pins(resolutions: record("a", ["flask 3.0", "idna 3", "old 1"]))
        #expect(
            old.changes(to: Pins(resolutions: record("b", ["flask 3.1", "idna 3", "new 2"]))) == [
                "resolved for python@linux/amd64:", "  flask 3.0 → 3.1", "  new: new, 2", "  old: removed, was 1",
            ])
        #expect(
            old.changes(to: Pins()) == [
                "resolved for python@linux/amd64: removed, had 3 packages; the next build resolves anew"
            ])
        #expect(Pins().changes(to: old) == ["resolved for python@linux/amd64: new, 3 packages"])
    }

    @Test func `pruning leaves what plans use`() throws {
        var plan = try Driftwood.plan()
        plan.resolved = Self.digest("r")
        var kept = Pins(libraries: [plan.librariesKey: []], installers: ["pip@linux/amd64": "1"])
        kept.set(.digest(digest: Self.digest("a")), for: plan.builder.base)
        kept.resolutions = ["python@linux/amd64": Resolution(inputs: Self.digest("r"), packages: [])]
        var all = kept
        all.resolutions["python@linux/arm64"] = Resolution(inputs: Self.digest("r"), packages: [])
        all.bases["old@linux/amd64"] = .digest(digest: Self.digest("b"))
        all.references["old@linux/amd64"] = "old:1"
        all.libraries[".@linux/arm64"] = []
        all.images["nginx@linux/amd64"] = Self.digest("c")
        all.installers["pip@linux/arm64"] = "1"
        #expect(all.pruned(to: [plan]) == kept)
        plan.resolved = nil
        #expect(all.pruned(to: [plan]).resolutions.isEmpty)
    }
}
