import CSandbox
import Files
import Glibc
import Planning
import SystemPackage

/// A job in the form of the C target; it owns the memory that the form points to.
final class NativeSpec {
    private(set) var spec = csb_spec()
    private var owned: [UnsafeMutableRawPointer] = []

    init(_ job: SandboxJob, in sandbox: Sandbox, streams: SandboxJob.Streams) throws(SandboxError) {
        for text in job.arguments where text.utf8.contains(0) { throw .containsNull("the argument '\(text)'") }
        for (name, value) in job.environment where name.utf8.contains(0) || value.utf8.contains(0) {
            // The value may be a secret.
            throw .containsNull("the variable '\(name)'")
        }
        spec.arguments = list(job.arguments)
        spec.environment = list(job.environment.map { "\($0.key)=\($0.value)" }.sorted())
        spec.working_directory = text(job.workingDirectory.description)
        setRoot(job, sandbox)
        setIdentity(job, sandbox)
        setMounts(job)
        spec.input = streams.input
        spec.output = streams.output
        spec.error = streams.error
        spec.interactive = streams.interactive
    }

    deinit { for pointer in owned { free(pointer) } }

    private func setRoot(_ job: SandboxJob, _ sandbox: Sandbox) {
        spec.root =
            if sandbox.tier == .chroot { CSB_ROOT_CHROOT } else if sandbox.usesOverlay { CSB_ROOT_OVERLAY } else {
                CSB_ROOT_FOLDER
            }
        spec.lowers = list(job.layers.map(\.string))
        if let upper = job.upper { spec.upper = text(upper.string) }
        spec.work = text(job.scratch.appending("work").string)
        spec.staging = text(job.scratch.appending("staging").string)
        spec.volatile_upper = true
        spec.proc = sandbox.tier == .full ? CSB_PROC_FRESH : CSB_PROC_OUTER
        spec.new_network = job.network == .none
        spec.read_only_root = job.readOnlyRoot
    }

    private func setIdentity(_ job: SandboxJob, _ sandbox: Sandbox) {
        spec.uid = job.user.uid
        spec.gid = job.user.gid
        spec.seccomp = UInt32(CSB_SECCOMP_DENY) | (sandbox.tier == .chroot ? UInt32(CSB_SECCOMP_NO_CHROOT) : 0)
        switch sandbox.identity {
        case .host: break
        case .mapped:
            spec.new_user = true
            spec.uid_map = text(Self.identityMap(of: "/proc/self/uid_map"))
            spec.gid_map = text(Self.identityMap(of: "/proc/self/gid_map"))
        case .single:
            spec.new_user = true
            spec.deny_setgroups = true
            spec.uid_map = text("0 \(geteuid()) 1")
            spec.gid_map = text("0 \(getegid()) 1")
            spec.nested_user = job.user != .root
            if job.user == .root { spec.seccomp |= UInt32(CSB_SECCOMP_FAKE_OWNER) }
        }
    }

    private func setMounts(_ job: SandboxJob) {
        spec.bind_count = job.binds.count
        spec.binds = array(
            job.binds.map {
                csb_bind(
                    source: text($0.source.string), target: text($0.target.description), is_folder: $0.isFolder,
                    read_only: $0.readOnly)
            })
        spec.file_count = job.files.count
        spec.files = array(
            job.files.map { file in
                let bytes = array(file.bytes)
                return csb_file(
                    target: text(file.target.description), bytes: UnsafeRawPointer(bytes), size: file.bytes.count,
                    mode: file.mode)
            })
        spec.tmpfs_count = job.memory.count
        spec.tmpfs = array(job.memory.map { csb_tmpfs(target: text($0.target.description), mode: $0.mode) })
        spec.folders = list(job.folders.map(\.description))
        spec.writable = list(job.writable.map(\.description))
    }

    /// Every extent of a map as itself: what spans two extents of the outer map may not be written as one.
    private static func identityMap(of file: FilePath) -> String {
        let bytes = (try? HostFiles.read(file)) ?? []
        let extents = String(decoding: bytes, as: UTF8.self).split(separator: "\n").compactMap { line in
            let numbers = line.split(separator: " ")
            return numbers.count == 3 ? "\(numbers[0]) \(numbers[0]) \(numbers[2])" : nil
        }
        return extents.joined(separator: "\n") + "\n"
    }

    private func text(_ text: String) -> UnsafePointer<CChar>? {
        guard let copy = strdup(text) else { return nil }
        owned.append(copy)
        return UnsafePointer(copy)
    }

    private func list(_ items: [String]) -> UnsafePointer<UnsafePointer<CChar>?>? {
        array(items.map { text($0) } + [nil])
    }

    private func array<Element>(_ items: [Element]) -> UnsafePointer<Element>? {
        guard !items.isEmpty else { return nil }
        let copy = UnsafeMutableBufferPointer<Element>.allocate(capacity: items.count)
        _ = copy.initialize(from: items)
        guard let base = copy.baseAddress else { return nil }
        owned.append(UnsafeMutableRawPointer(base))
        return UnsafePointer(base)
    }
}
