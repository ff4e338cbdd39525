import Files
import Glibc
import OCI
import Planning
import SystemPackage

/// Runs a step's program over the files it sees.
struct RunStep {
    let command: RunCommand
    let context: StepContext
    let state: State
    let host: HostSettings

    private static let agentTarget = ImagePath("/run/autoimage/ssh-agent.sock")

    /// Runs the program with `upper` taking what it writes; what it leaves there on failure is kept for `shell`.
    func run(in sandbox: Sandbox, upper: FilePath, scratch: FilePath) async throws {
        let job = try job(upper: upper, scratch: scratch)
        let tail = OutputTail()
        let (name, report) = (context.step.name, context.report)
        if command.network == .none, !sandbox.separatesNetwork {
            report(.note(text: "step '\(name)' needs no network, but \(sandbox.tier) cannot take it away"))
        }
        var status: Int32
        do {
            status = try await sandbox.run(job) { bytes in
                tail.add(bytes)
                report(.stepOutput(step: name, text: String(decoding: bytes, as: UTF8.self)))
            }
        } catch let error as SandboxError {
            guard case .notExecutable = error else { throw error }
            status = 127
            tail.add(ArraySlice("\(error)".utf8))
        }
        guard status != 0 else { return }
        let id = try FailedStep.keep(
            upper, lowers: context.lowers, command: command, step: name, key: context.key, state: state)
        throw StepFailure(
            step: name, command: command.arguments, status: status, tail: tail.lines,
            inspect: "autoimage shell \(id)")
    }

    private func job(upper: FilePath, scratch: FilePath) throws -> SandboxJob {
        let tree = OverlayTree(context.lowers)
        var job = SandboxJob(arguments: command.arguments, layers: context.lowers, scratch: scratch)
        job.upper = upper
        job.workingDirectory = command.workingDirectory
        job.network = command.network
        job.folders = SandboxDefaults.folders
        job.environment = SandboxDefaults.environment
        job.memory.append((try tree.place(of: ImagePath("/run/autoimage")), 0o755))
        job.files += try SandboxDefaults.networkFiles(for: command.network, in: tree)
        if command.network == .host {
            job.environment.merge(host.environment) { _, new in new }
            if let bundle = host.caBundle {
                job.binds.append(
                    .init(
                        source: bundle, target: try tree.place(of: HostSettings.bundleTarget), isFolder: false,
                        readOnly: true))
            }
        }
        job.environment.merge(command.environment) { _, new in new }
        for mount in command.mounts { try add(mount, to: &job, tree) }
        return job
    }

    private func add(_ mount: Mount, to job: inout SandboxJob, _ tree: OverlayTree) throws {
        switch mount {
        case .cache(let id, let target):
            let mount = CacheMount(id: id, state: state)
            try mount.prepare()
            job.binds.append(
                .init(
                    source: mount.folder, target: try tree.place(of: target), isFolder: true, readOnly: false,
                    isCache: true))
        case .secret(let id, let target, let variable, _):
            guard let value = context.request.secrets[id] else { return }
            if let variable {
                job.environment[variable] = String(decoding: value, as: UTF8.self)
                if target == nil { return }
            }
            let path = try target ?? ImagePath("/run/secrets").appending(id)
            job.files.append(.init(target: try tree.place(of: path), bytes: value, mode: 0o400))
        case .ssh:
            guard let socket = context.request.sshSocket else { return }
            job.environment["SSH_AUTH_SOCK"] = Self.agentTarget.description
            job.binds.append(
                .init(
                    source: FilePath(socket), target: try tree.place(of: Self.agentTarget), isFolder: false,
                    readOnly: false))
        case .tmpfs(let target): job.memory.append((try tree.place(of: target), 0o1777))
        }
    }
}

/// What every builder step and container gets.
enum SandboxDefaults {
    static let path = "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
    /// There unless the base has them.
    static let folders = [ImagePath("/tmp"), ImagePath("/var/tmp"), ImagePath("/root"), ImagePath("/run")]
    static let environment = ["PATH": path, "HOME": "/root"]

    /// How names are looked up: this machine's way where its network is used, else only the names of `lo`.
    static func networkFiles(for network: NetworkAccess, in tree: OverlayTree) throws -> [SandboxJob.File] {
        let loopback = "127.0.0.1\tlocalhost build\n::1\tlocalhost ip6-localhost ip6-loopback\n"
        var hosts = Array(loopback.utf8)
        if network == .host, let own = try? HostFiles.read("/etc/hosts") {
            hosts =
                own + (own.last == UInt8(ascii: "\n") ? [] : [UInt8(ascii: "\n")]) + Array("127.0.0.1\tbuild\n".utf8)
        }
        let resolver = network == .host ? try? HostFiles.read("/etc/resolv.conf") : nil
        return [
            SandboxJob.File(target: try tree.place(of: ImagePath("/etc/hosts")), bytes: hosts),
            SandboxJob.File(target: try tree.place(of: ImagePath("/etc/resolv.conf")), bytes: resolver ?? []),
        ]
    }
}
