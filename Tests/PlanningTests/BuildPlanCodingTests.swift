import OCI
import Planning
import Testing

@Suite struct BuildPlanCodingTests {
    @Test func `a plan survives its JSON`() throws {
        let plan = try Driftwood.plan()
        #expect(try CanonicalJSON.decode(BuildPlan.self, from: Array(renderJSON(plan).utf8)) == plan)
    }

    @Test func `the same plan gives the same bytes`() throws {
        #expect(try renderJSON(Driftwood.plan()) == renderJSON(Driftwood.plan()))
    }

    @Test func `a missing pin is null and comes back as none`() throws {
        var plan = try Driftwood.plan()
        plan.builder.base.pin = nil
        let text = try renderJSON(plan)
        #expect(text.contains("\"pin\" : null"))
        #expect(try CanonicalJSON.decode(BuildPlan.self, from: Array(text.utf8)) == plan)
    }

    @Test func `the JSON ends with one line feed and has no escaped slash`() throws {
        let text = try renderJSON(Driftwood.plan())
        #expect(text.hasSuffix("}\n"))
        #expect(!text.contains("\\/"))
        #expect(text.contains("\"schemaVersion\" : 1"))
    }

    @Test func `a path that leaves its root is refused`() throws {
        let text = try renderJSON(Driftwood.plan()).replacing("\"/opt/venv\"", with: "\"/opt/../venv\"")
        #expect(throws: PathError.leavesRoot("/opt/../venv")) {
            try CanonicalJSON.decode(BuildPlan.self, from: Array(text.utf8))
        }
    }

    @Test func `libraries of the lock become ordinary artifacts, once`() throws {
        let file = ImagePath("/usr/lib/x86_64-linux-gnu/libpq.so.5")
        let user = ImagePath("/opt/venv/_psycopg.so")
        let plan = try Driftwood.plan()
        let pins = Pins(libraries: [
            ".@linux/amd64": [
                LibraryAddition(package: "libpq5", version: "15.8", files: [file], neededBy: [user])
            ]
        ])
        let known = plan.applying(pins)
        #expect(known.runtime.librariesKnown)
        #expect(known.builder.artifacts == plan.builder.artifacts + [file])
        #expect(
            known.runtime.copies.last
                == ArtifactCopy(
                    from: "builder", path: file, destination: file, group: .systemLibraries,
                    reason: .usual(why: "needed by /opt/venv/_psycopg.so, from libpq5 15.8")))
        #expect(known.applying(pins) == known)
    }

    @Test func `a base's key names its packages in order and its platform`() {
        let packages = ["libpq-dev", "gcc", "gcc"].map { Decided($0, .usual(why: "test")) }
        let base = Driftwood.base(Driftwood.entry(role: .builder), packages: packages)
        #expect(base.key == "debian/bookworm/python-3.11-builder+gcc+libpq-dev@linux/amd64")
    }
}
