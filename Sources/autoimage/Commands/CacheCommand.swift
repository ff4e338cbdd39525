import ArgumentParser
import Files
import Images
import OCI
import SystemPackage

/// `autoimage cache`.
struct CacheCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "cache", abstract: "About what autoimage keeps on disk.", subcommands: [Usage.self, Prune.self])

    struct Usage: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "du", abstract: "Shows how much disk is used, and by what.")

        enum Format: String, ExpressibleByArgument, CaseIterable { case text, json }

        @Option(help: "Form to print: text or json.")
        var format: Format = .text

        func run() async throws {
            try await guarded {
                let state = try State(environment: ProcessEnvironment.current)
                let report = UsageReport(try StateUsage(state))
                switch format {
                case .text: Terminal.standardOutput.write(report.text)
                case .json:
                    Terminal.standardOutput.write(
                        String(decoding: try CanonicalJSON.encodePretty(report), as: UTF8.self))
                }
            }
        }
    }

    struct Prune: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Removes kept steps, bases, unpacked layers and blobs that no image of the store names.",
            discussion: """
                With --keep it removes no more than needed, what was used longest ago first: failed trees, unpacked \
                layers, steps, bases, Debian indexes and packages, and cache mounts last. Images are only removed by \
                'autoimage images remove'.
                """)

        @Flag(help: "Remove cache mounts and downloaded packages as well.")
        var all = false

        @Option(help: "Keep as much as fits into this many bytes, as in 10GB or 500MiB.")
        var keep: String?

        func validate() throws {
            guard let keep else { return }
            guard ByteCount(parsing: keep) != nil else {
                throw ValidationError("--keep \(keep): expected a number of bytes, as in 10GB or 500MiB")
            }
            guard !all else { throw ValidationError("--keep bounds what --all removes: give one of the two") }
        }

        func run() async throws {
            try await guarded {
                let state = try State(environment: ProcessEnvironment.current)
                guard let use = try StateUse.exclusive(state) else {
                    throw Failure(.transient, "a build or a container uses \(state.home) now; prune when it has ended")
                }
                defer { withExtendedLifetime(use) {} }
                let result = try LocalStore(state).removeUnreferenced()
                if let limit = keep.flatMap({ ByteCount(parsing: $0)?.bytes }) {
                    try shrink(state, to: limit)
                } else {
                    try removeWork(in: state)
                    Terminal.standardError.line("removed kept work and \(result.blobs) unreferenced blobs")
                }
                for name in result.damaged {
                    Terminal.standardError.line(
                        "\(name) is damaged: build it again, or 'autoimage images remove \(name)'")
                }
            }
        }

        private func removeWork(in state: State) throws {
            for folder in [state.steps, state.unpacked, state.failed, state.bases]
                + (all ? [state.caches, state.debian] : [])
            {
                for name in try HostFiles.names(in: folder) { try HostFiles.remove(folder.appending(name)) }
            }
            try removeLocks(in: state)
        }

        private func removeLocks(in state: State) throws {
            for name in try HostFiles.names(in: state.locks) where name != "use" {
                try HostFiles.remove(state.locks.appending(name))
            }
        }

        private func shrink(_ state: State, to limit: Int64) throws {
            let usage = try StateUsage(state)
            let excess = usage.excess(over: limit)
            for path in excess.flatMap(\.paths) { try HostFiles.remove(path) }
            if !excess.isEmpty { try removeLocks(in: state) }
            let freed = excess.reduce(0) { $0 + $1.size }
            Terminal.standardError.line(
                "removed \(excess.count) things, \(Size.text(freed)); \(Size.text(usage.total - freed)) are left")
            guard usage.total - freed > limit else { return }
            let images = usage.items.filter { $0.kind == .images }.reduce(0) { $0 + $1.size }
            Terminal.standardError.line(
                "the images of the store take \(Size.text(images)): 'autoimage images remove NAME' lets go of some")
        }
    }
}

/// What `cache du` prints.
struct UsageReport: Encodable {
    let rows: [Row]
    /// Bytes on the disk.
    let total: Int64

    struct Row: Encodable {
        let kind: String
        /// The mount's id; nil where the row is a sum.
        let name: String?
        let count: Int
        /// Bytes on the disk.
        let size: Int64
    }

    /// One row a kind, and one a cache mount.
    init(_ usage: StateUsage) {
        let kinds: [StateUsage.Kind] = [.images, .step, .base, .mount, .package, .index, .unpacked, .failed, .other]
        rows = kinds.flatMap { kind -> [Row] in
            let items = usage.items.filter { $0.kind == kind }
            if kind == .mount {
                return items.sorted { $0.name < $1.name }.map {
                    Row(kind: kind.title, name: $0.name, count: 1, size: $0.size)
                }
            }
            return [Row(kind: kind.title, name: nil, count: items.count, size: items.reduce(0) { $0 + $1.size })]
        }
        total = usage.total
    }

    var text: String {
        let lines = rows.map { row in
            [
                row.kind + (row.name.map { " " + Terminal.safe($0) } ?? ""), counted(row) ? "\(row.count)" : "-",
                Size.text(row.size),
            ]
        }
        return Table.text([["WHAT", "COUNT", "SIZE"]] + lines + [["total", "-", Size.text(total)]])
    }

    private func counted(_ row: Row) -> Bool {
        row.name == nil && ![StateUsage.Kind.images.title, StateUsage.Kind.other.title].contains(row.kind)
    }
}
