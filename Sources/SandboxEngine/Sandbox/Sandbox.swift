import CSandbox
import Files
import Glibc
import Planning
package import SystemPackage

/// What this machine allows of isolation, found by trying: programs run in it see a root of their own.
package struct Sandbox: Sendable {
    package let tier: Tier
    /// How users inside relate to users of this machine.
    package let identity: Identity
    /// Whether the kernel lays layers over each other; else each program gets a copy of its tree.
    package let usesOverlay: Bool
    /// What stronger tiers failed on, a line each; empty for the strongest.
    package let shortcomings: [String]
    /// Where work in progress goes: the `temporary` folder of the state.
    let scratch: FilePath

    /// How much a program is kept apart.
    package enum Tier: String, Sendable, Hashable, CaseIterable, CustomStringConvertible {
        /// Mounts, processes, network, host name and, in all but odd containers, users of its own.
        case full
        /// As `full`, but the processes of the surrounding container are visible: it does not let /proc be mounted.
        case sharedProc
        /// Files only, by chroot(2): for root in a container that may not make namespaces.
        case chroot

        package var description: String {
            switch self {
            case .full: "own namespaces (full)"
            case .sharedProc: "own namespaces with the outer /proc (shared-proc)"
            case .chroot: "files only (chroot)"
            }
        }
    }

    /// Whose rights the program has.
    package enum Identity: String, Sendable, Hashable, CaseIterable {
        /// A user namespace in which every user of this one is itself: root only.
        case mapped
        /// A user namespace with one user, who is root inside; changes of owner are pretended.
        case single
        /// No user namespace: root, where user namespaces are forbidden.
        case host
    }

    /// Why this tier, in one line for people and provenance.
    package var reason: String {
        let users =
            switch identity {
            case .mapped: "user namespace with all users"
            case .single: "user namespace with one user"
            case .host: "no user namespace"
            }
        let files = usesOverlay ? "overlay" : "copied trees"
        let line = ([("\(tier), \(users), \(files)")] + gaps + shortcomings).joined(separator: "; ")
        return line.split(whereSeparator: \.isNewline).joined(separator: " ")
    }

    /// What programs are not kept from, a line each.
    package var gaps: [String] {
        var result: [String] = []
        if !separatesNetwork { result.append("steps without network are not kept from it") }
        if csb_landlock_version() < 6 {
            result.append(
                "before Linux 6.12, steps with network can reach this machine's abstract sockets"
                    + (tier == .full ? "" : " and signal other processes of their user"))
        }
        return result
    }

    /// Whether a program without network gets none; else it has this machine's.
    package var separatesNetwork: Bool { tier != .chroot }

    /// Tries the tiers from the strongest to the weakest in `scratch`, the folder for work in progress.
    ///
    /// Fails with `SandboxError.unavailable` where nothing works. `forced` and `identity` leave one choice.
    package static func probe(
        scratch: FilePath, forced: Tier? = nil, identity: Identity? = nil, overlay: Bool? = nil
    ) throws -> Sandbox {
        var failures: [String] = []
        for tier in forced.map({ [$0] }) ?? Tier.allCases {
            for identity in identity.map({ [$0] }) ?? identities(for: tier) {
                for usesOverlay in overlay.map({ [$0] }) ?? (tier == .chroot ? [false] : [true, false]) {
                    let sandbox = Sandbox(
                        tier: tier, identity: identity, usesOverlay: usesOverlay, shortcomings: failures,
                        scratch: scratch)
                    do throws(SandboxError) {
                        try sandbox.tryOut()
                        return sandbox
                    } catch {
                        failures.append(
                            "\(tier.rawValue) (\(identity.rawValue)\(usesOverlay ? "" : ", no overlay")): \(error)")
                        guard case .setUp(stage: "mount overlay", _, _) = error else { break }
                    }
                }
            }
        }
        throw SandboxError.unavailable(failures)
    }

    private static func identities(for tier: Tier) -> [Identity] {
        if tier == .chroot { return [.host] }
        return geteuid() == 0 ? [.mapped, .single, .host] : [.single]
    }

    /// Enters the sandbox and leaves it.
    private func tryOut() throws(SandboxError) {
        guard tier != .chroot || geteuid() == 0 else {
            throw .setUp(stage: "chroot", what: "needs root", code: EPERM)
        }
        do {
            let folder = try ScratchFolder(in: scratch, purpose: "probe")
            for name in ["lower", "upper"] { try HostFiles.makeFolder(folder.path.appending(name)) }
            try tryOut(in: folder.path)
        } catch let error as SandboxError {
            throw error
        } catch {
            throw .unavailable(["\(error)"])
        }
    }

    private func tryOut(in folder: FilePath) throws {
        var job = SandboxJob(arguments: [], layers: [folder.appending("lower")], scratch: folder)
        job.upper = folder.appending("upper")
        job.network = .none
        let running = RunningProgram()
        try running.start(job, in: self, streams: .init(input: 0, output: 1, error: 2))
        _ = running.wait()
    }
}

/// Why a program could not be run in the sandbox.
package enum SandboxError: Error, Equatable, CustomStringConvertible {
    /// No tier works; what each failed on.
    case unavailable([String])
    /// A call failed while the sandbox was set up; `code` is an errno.
    case setUp(stage: String, what: String, code: Int32)
    /// The program could not be executed.
    case notExecutable(program: String, reason: String)
    /// An argument or variable, named without its value, holds a null byte.
    case containsNull(String)

    package var description: String {
        switch self {
        case .unavailable(let failures):
            "this machine lets no build step be isolated:\n" + failures.map { "  \($0)\n" }.joined()
                + "allow user namespaces (sysctl kernel.unprivileged_userns_clone=1, "
                + "kernel.apparmor_restrict_unprivileged_userns=0; in a container: a seccomp profile that lets clone "
                + "make namespaces), or run as root"
        case .setUp(let stage, let what, let code): "cannot \(stage): \(what): \(Errno(rawValue: code))"
        case .notExecutable(let program, let reason): "cannot run '\(program)': \(reason)"
        case .containsNull(let text): "\(text) holds a null byte, which no program can be given"
        }
    }
}
