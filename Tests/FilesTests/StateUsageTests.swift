import Files
import Glibc
import SystemPackage
import Testing

/// What is measured, and what is given up first.
struct StateUsageTests {
    private func item(_ kind: StateUsage.Kind, _ name: String, size: Int64 = 10, lastUse: Int64 = 0) -> StateUsage.Item
    {
        StateUsage.Item(kind: kind, name: name, paths: [FilePath("/\(name)")], size: size, lastUse: lastUse)
    }

    @Test(
        arguments: [
            (100, []), (65, ["failed"]), (60, ["failed"]), (59, ["failed", "layer"]),
            (40, ["failed", "layer", "older"]), (30, ["failed", "layer", "older", "newer"]),
            (20, ["failed", "layer", "older", "newer", "base"]),
            (0, ["failed", "layer", "older", "newer", "base", "pip"]),
        ] as [(Int64, [String])])
    func `what costs least and was used longest ago goes first, images never`(keep: Int64, removed: [String]) {
        let usage = StateUsage(
            items: [
                item(.images, "images"), item(.mount, "pip", lastUse: 1), item(.step, "newer", lastUse: 9),
                item(.base, "base", lastUse: 2), item(.failed, "failed", lastUse: 20),
                item(.step, "older", lastUse: 3), item(.unpacked, "layer", lastUse: 30), item(.other, "other", size: 0),
            ], total: 70)
        #expect(usage.excess(over: keep).map(\.name) == removed)
    }

    @Test func `a step is its record and its folder, and a mount has the name that builds give it`() throws {
        let scratch = try Scratch()
        let state = try State(home: scratch.path.appending("home"))
        try scratch.write("{}", to: "home/steps/ab12.json")
        try scratch.write(String(repeating: "x", count: 9000), to: "home/steps/ab12-7-9/upper/file")
        try scratch.write("npm", to: "home/caches/ff.id")
        try scratch.write("y", to: "home/caches/ff/file")
        let usage = try StateUsage(state)
        let step = try #require(usage.items.first { $0.kind == .step })
        #expect(step.name == "ab12")
        #expect(step.paths == [state.steps.appending("ab12.json"), state.steps.appending("ab12-7-9")])
        #expect(step.size >= 9000)
        #expect(usage.items.filter { $0.kind == .mount }.map(\.name) == ["npm"])
        #expect(usage.total >= usage.items.reduce(0) { $0 + $1.size })
    }

    @Test func `a file with two names is counted once`() throws {
        let scratch = try Scratch()
        try scratch.write(String(repeating: "x", count: 100_000), to: "a/one")
        let once = DiskUsage.of(scratch.path.appending("a"))
        #expect(link(scratch.path.pushing("a/one").string, scratch.path.pushing("a/two").string) == 0)
        #expect(DiskUsage.of(scratch.path.appending("a")) == once)
    }

    @Test func `the use that was noted last is the latest`() throws {
        let scratch = try Scratch()
        let (one, two) = (try scratch.write(to: "one"), try scratch.write(to: "two"))
        HostFiles.noteUse(one)
        let (first, second) = (try #require(HostFiles.lastUse(one)), try #require(HostFiles.lastUse(two)))
        #expect(first >= second)
        #expect(HostFiles.lastUse(scratch.path.appending("none")) == nil)
    }
}

extension DiskUsage {
    fileprivate static func of(_ path: FilePath) -> Int64 {
        var usage = DiskUsage()
        return usage.add(path)
    }
}
