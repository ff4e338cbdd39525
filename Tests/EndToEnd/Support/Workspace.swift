import Glibc
import SystemPackage
import Testing

/// Where the tests of one run keep their files.
struct Workspace: Sendable {
    @TaskLocal private static var current: Workspace?

    /// A folder that every user can enter.
    let folder: FilePath
    /// The home that most tests share, so that bases are assembled once.
    let home: FilePath
    /// The command under test, where every user can read it.
    let binary: FilePath
    let shelf = Shelf()

    /// The workspace of the running test.
    static func here() throws -> Workspace { try #require(current, "no workspace: not inside the suite 'Acceptance'") }

    /// Makes a workspace, runs the tests in it and removes it.
    fileprivate static func using(_ body: @concurrent @Sendable () async throws -> Void) async throws {
        let workspace = try await Workspace()
        var failure: (any Error)?
        do { try await $current.withValue(workspace) { try await body() } } catch { failure = error }
        try await workspace.remove()
        if let failure { throw failure }
    }

    /// A path that nothing has yet.
    func temporary(_ purpose: String) -> FilePath {
        folder.appending("\(purpose)-\(UInt32.random(in: 0...UInt32.max))")
    }

    /// A new folder.
    func makeFolder(_ purpose: String) throws -> FilePath {
        let path = temporary(purpose)
        guard mkdir(path.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        return path
    }

    /// `AUTOIMAGE_TEST_BINARY` names another build of the command, `AUTOIMAGE_TEST_HOME` a home that outlives the run.
    private init() async throws {
        let parent = Self.variable("TMPDIR") ?? "/tmp"
        folder = FilePath(parent).appending("autoimage-tests-\(getpid())")
        binary = folder.appending("autoimage")
        home = Self.variable("AUTOIMAGE_TEST_HOME").map { FilePath($0) } ?? folder.appending("home")
        guard mkdir(folder.string, 0o755) == 0 else { throw Errno(rawValue: errno) }
        _ = chmod(folder.string, 0o755)
        try await Command("install", "-m", "755", Self.built.string, binary.string).succeed()
    }

    private func remove() async throws {
        let mounts = try FilePath("/proc/self/mounts").text().split(separator: "\n")
        for mount in mounts.compactMap({ $0.split(separator: " ").dropFirst().first }).reversed()
        where mount.hasPrefix(folder.string + "/") {
            _ = umount2(String(mount), Int32(MNT_DETACH))
        }
        _ = try await Command("chmod", "-R", "u+rwX", folder.string).run()
        try await Command("rm", "-rf", folder.string).succeed()
    }

    /// The command that was built together with this test.
    private static var built: FilePath {
        if let path = variable("AUTOIMAGE_TEST_BINARY") { return FilePath(path) }
        var buffer = [CChar](repeating: 0, count: 4096)
        let count = readlink("/proc/self/exe", &buffer, buffer.count)
        let path = String(decoding: buffer.prefix(max(count, 0)).map { UInt8(bitPattern: $0) }, as: UTF8.self)
        return FilePath(path).removingLastComponent().appending("autoimage")
    }

    private static func variable(_ name: String) -> String? {
        getenv(name).map { String(cString: $0) }.flatMap { $0.isEmpty ? nil : $0 }
    }
}

/// Gives a suite, with everything in it, one workspace.
struct WorkspaceTrait: SuiteTrait, TestScoping {
    func provideScope(
        for test: Test, testCase: Test.Case?, performing function: @concurrent @Sendable () async throws -> Void
    ) async throws {
        try await Workspace.using(function)
    }
}

extension Trait where Self == WorkspaceTrait {
    /// One workspace for the suite and all it holds.
    static var workspace: Self { Self() }
}
