import SystemPackage
import Testing

/// What a command that has ended must not leave behind.
enum Leavings {
    /// Fails where, after some patience, a process has `text` in its command line.
    static func expectNone(ofProcess text: String, seconds: Int = 10) async throws {
        var found: [String] = []
        for _ in 0..<(seconds * 10) {
            found = try await processes(with: text)
            if found.isEmpty { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        Issue.record("processes are left: \(found.joined(separator: "; "))")
    }

    /// Waits until a process has `text` in its command line.
    static func waitFor(process text: String, seconds: Int = 60) async throws {
        for _ in 0..<(seconds * 10) {
            if try await !processes(with: text).isEmpty { return }
            try await Task.sleep(for: .milliseconds(100))
        }
        throw WaitFailure(awaited: "a process with '\(text)'", log: "")
    }

    /// Fails where the home has a mount, or work in progress, in it.
    static func expectNone(inHome home: FilePath) async throws {
        let mounts = try FilePath("/proc/self/mounts").text().split(separator: "\n")
        #expect(mounts.filter { $0.contains(" \(home)/") } == [])
        let work = try await Command("find", home.appending("tmp").string, "-mindepth", "1").succeed()
        #expect(work == "")
    }

    private static func processes(with text: String) async throws -> [String] {
        let all = try await Command("find", "/proc", "-maxdepth", "2", "-name", "cmdline").run().output
        return all.split(separator: "\n").compactMap { path in
            guard let line = try? FilePath(String(path)).text(), line.contains(text) else { return nil }
            return line.replacing("\0", with: " ")
        }
    }
}
