package import Files
import Glibc
package import OCI
package import Planning
package import SystemPackage

/// Starts images in the sandbox, as `docker run --rm --read-only --network host` would.
package struct ContainerRunner: Sendable {
    private let state: State
    private let sandbox: Sandbox

    package init(state: State, sandbox: Sandbox) {
        self.state = state
        self.sandbox = sandbox
    }

    /// A file or folder of this machine that the container sees.
    package struct Bind: Sendable, Hashable {
        package let source: FilePath
        package let target: ImagePath
        package let readOnly: Bool

        package init(source: FilePath, target: ImagePath, readOnly: Bool) {
            self.source = source
            self.target = target
            self.readOnly = readOnly
        }
    }

    /// How one start differs from what the image says.
    package struct Options: Sendable {
        /// Replaces the image's entrypoint, and its command with it.
        package var entrypoint: [String]?
        /// Replaces the image's command.
        package var command: [String]?
        /// Added to the image's variables.
        package var environment: [String: String]
        package var binds: [Bind]
        package var interactive: Bool
        /// Folders that can be written; what is written is dropped at the end.
        package var writable: [ImagePath]
        /// In place of the image's user.
        package var user: Owner?

        package init(
            entrypoint: [String]? = nil, command: [String]? = nil, environment: [String: String] = [:],
            binds: [Bind] = [], interactive: Bool = false, writable: [ImagePath] = [], user: Owner? = nil
        ) {
            self.entrypoint = entrypoint
            self.command = command
            self.environment = environment
            self.binds = binds
            self.interactive = interactive
            self.writable = writable
            self.user = user
        }
    }

    /// Runs a container to its end on the standard streams of this process, passing signals on; returns its status, or
    /// 128 plus the number of the signal that ended it.
    ///
    /// `layers` are the unpacked layers, lowest first. Fails with `ContainerError` where the config names no program or
    /// a user that the image does not have, and with `SandboxError` where the program is not there.
    package func run(
        layers: [FilePath], config: ImageConfig.Execution, options: Options = Options()
    ) async throws -> Int32 {
        try await run(
            layers: layers, config: config, options: options, streams: .inherited(interactive: options.interactive))
    }

    /// The same on other streams.
    package func run(
        layers: [FilePath], config: ImageConfig.Execution, options: Options, streams: SandboxJob.Streams
    ) async throws -> Int32 {
        let work = try state.makeTemporary("run")
        let upper = work.path.appending("upper")
        try HostFiles.makeFolder(upper)
        try UpperFolder(upper).takeRootMode(of: layers.reversed())
        let tree = OverlayTree(layers.reversed())
        var job = SandboxJob(
            arguments: try Self.arguments(config, options), layers: layers.reversed(), scratch: work.path)
        job.upper = upper
        job.network = .host
        let user =
            try options.user.map { try ContainerUser($0.description, in: tree) }
            ?? ContainerUser(config.user ?? "", in: tree)
        job.user = user.owner
        job.environment = environment(config, options, streams, home: user.home)
        job.workingDirectory = try ImagePath(parsing: config.workingDir.flatMap { $0.isEmpty ? nil : $0 } ?? "/")
        job.readOnlyRoot = true
        let memory = [(ImagePath("/run"), UInt32(0o755)), (ImagePath("/tmp"), 0o1777), (ImagePath("/var/tmp"), 0o1777)]
        job.memory = try memory.map { (target: try tree.place(of: $0), mode: $1) }
        job.files = try SandboxDefaults.networkFiles(for: .host, in: tree)
        let volumes = try (config.volumes ?? [:]).keys.sorted().map { try ImagePath(parsing: $0) }
        job.writable = try Set(options.writable + volumes).sorted().map { try tree.place(of: $0) }
        job.binds = try options.binds.map {
            .init(
                source: $0.source, target: try tree.place(of: $0.target), isFolder: HostFiles.isFolder($0.source),
                readOnly: $0.readOnly)
        }
        return try await sandbox.run(job, streams: streams)
    }

    private static func arguments(_ config: ImageConfig.Execution, _ options: Options) throws -> [String] {
        let entrypoint = options.entrypoint ?? config.entrypoint ?? []
        let command = options.command ?? (options.entrypoint == nil ? config.cmd ?? [] : [])
        guard !(entrypoint + command).isEmpty else { throw ContainerError.noProgram }
        return entrypoint + command
    }

    private func environment(
        _ config: ImageConfig.Execution, _ options: Options, _ streams: SandboxJob.Streams, home: String
    ) -> [String: String] {
        var result = ["PATH": SandboxDefaults.path, "HOME": home]
        for variable in config.env ?? [] {
            let pair = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            if pair.count == 2 { result[pair[0]] = pair[1] }
        }
        if streams.interactive, let terminal = getenv("TERM") { result["TERM"] = String(cString: terminal) }
        return result.merging(options.environment) { _, new in new }
    }
}

/// The `User` of an image's config: `user[:group]`, by number or by a name in the image's own passwd and group.
struct ContainerUser {
    let owner: Owner
    /// From passwd, else `/`.
    let home: String

    init(_ text: String, in tree: OverlayTree) throws {
        let parts = text.split(separator: ":", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let user = parts.first, !user.isEmpty else {
            owner = .root
            home = "/root"
            return
        }
        let users = try Self.records(ImagePath("/etc/passwd"), in: tree)
        let groups = try Self.records(ImagePath("/etc/group"), in: tree)
        let record = users.first { $0.count > 3 && ($0[2] == user || $0[0] == user) }
        guard let uid = try Self.number(user) ?? record.flatMap({ UInt32($0[2]) }) else {
            throw ContainerError.unknownUser(text)
        }
        var gid = record.flatMap { UInt32($0[3]) } ?? 0
        if parts.count == 2 {
            let named = groups.first { $0.count > 2 && $0[0] == parts[1] }
            guard let number = try Self.number(parts[1]) ?? named.flatMap({ UInt32($0[2]) }) else {
                throw ContainerError.unknownUser(text)
            }
            gid = number
        }
        owner = Owner(uid: uid, gid: gid)
        home = record.flatMap { $0.count > 5 && $0[5].hasPrefix("/") ? $0[5] : nil } ?? "/"
    }

    /// What is all digits is a number and never a name, and must be one that Linux can hold.
    private static func number(_ text: String) throws -> UInt32? {
        guard text.utf8.allSatisfy({ (0x30...0x39).contains($0) }) else { return nil }
        guard let number = UInt32(text), number < 1 << 31 else { throw ContainerError.unknownUser(text) }
        return number
    }

    private static func records(_ path: ImagePath, in tree: OverlayTree) throws -> [[String]] {
        guard let place = try tree.resolve(path), case .file? = try tree.entry(at: place)?.kind else { return [] }
        let text = String(decoding: try tree.contents(of: place, limit: 1 << 20), as: UTF8.self)
        return text.split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false).map(String.init)
        }
    }
}

/// Why an image cannot be started.
package enum ContainerError: Error, Equatable, CustomStringConvertible {
    case noProgram
    case unknownUser(String)

    package var description: String {
        switch self {
        case .noProgram: "the image has neither entrypoint nor command: name a program after the image"
        case .unknownUser(let text): "the image's user '\(text)' is neither a number below 2^31 nor in its /etc/passwd"
        }
    }
}
