/// The shipped stage: a base, artifact copies and a config.
///
/// It cannot hold a step, so nothing of the toolchain reaches it.
package struct RuntimeStage: Codable, Hashable, Sendable {
    package var base: Base
    package var copies: [ArtifactCopy]
    /// Files the plan writes itself.
    package var files: [PlanFile]
    package var config: RuntimeConfig
    /// Whether `autoimage.lock` already says which shared libraries the artifacts need; else the first build adds them.
    package var librariesKnown: Bool

    package init(
        base: Base, copies: [ArtifactCopy], files: [PlanFile], config: RuntimeConfig, librariesKnown: Bool = false
    ) {
        self.base = base
        self.copies = copies
        self.files = files
        self.config = config
        self.librariesKnown = librariesKnown
    }
}

/// Copies a declared artifact out of the builder, or a path out of another image: `COPY --from`.
package struct ArtifactCopy: Codable, Hashable, Sendable {
    /// The name of the builder stage, or the reference of one of the plan's images.
    package var from: String
    package var path: ImagePath
    package var destination: ImagePath
    package var owner: Owner
    package var group: LayerGroup
    /// The step that finishes the artifact, as the layer's history names it; nil for what the builder's base brought.
    package var step: String?
    package var reason: Reason

    package init(
        from: String, path: ImagePath, destination: ImagePath, owner: Owner = .root, group: LayerGroup,
        step: String? = nil, reason: Reason
    ) {
        self.from = from
        self.path = path
        self.destination = destination
        self.owner = owner
        self.group = group
        self.step = step
        self.reason = reason
    }
}

/// A numeric user and group.
package struct Owner: Codable, Hashable, Sendable, CustomStringConvertible {
    package let uid: UInt32
    package let gid: UInt32

    package init(uid: UInt32, gid: UInt32) {
        self.uid = uid
        self.gid = gid
    }

    package static let root = Owner(uid: 0, gid: 0)
    /// `nonroot` of our bases and of distroless.
    package static let nonroot = Owner(uid: 65532, gid: 65532)

    package var description: String { "\(uid):\(gid)" }
}

/// Layers by rate of change, above the base, lowest first.
package enum LayerGroup: String, Codable, Hashable, Sendable, CaseIterable, Comparable {
    case systemLibraries = "system libraries"
    case dependencies
    /// Dependencies whose bytes change under one name, as Maven's snapshots.
    case snapshots
    case application

    package static func < (left: LayerGroup, right: LayerGroup) -> Bool { left.order < right.order }

    private var order: Int { Self.allCases.firstIndex(of: self) ?? 0 }
}

/// A file or folder that the plan itself puts into the image.
package struct PlanFile: Codable, Hashable, Sendable {
    package var path: ImagePath
    /// nil for a folder.
    package var contents: String?
    /// Permission bits, as 0o644.
    package var mode: UInt16
    package var owner: Owner
    package var group: LayerGroup
    package var reason: Reason
    /// Whether `contents` are lines of accounts that follow those of the same file in the base; else they are the file.
    package var addsToBase: Bool?

    package init(
        path: ImagePath, contents: String?, mode: UInt16, owner: Owner, group: LayerGroup, reason: Reason,
        addsToBase: Bool? = nil
    ) {
        self.path = path
        self.contents = contents
        self.mode = mode
        self.owner = owner
        self.group = group
        self.reason = reason
        self.addsToBase = addsToBase
    }

    /// What the file holds in an image whose base has `below` at the path: an account that is there already stays so.
    package func contents(over below: String) -> String? {
        guard let contents, addsToBase == true else { return contents }
        func number(_ line: Substring) -> Substring? {
            let fields = line.split(separator: ":", omittingEmptySubsequences: false)
            return fields.count > 2 ? fields[2] : nil
        }
        let known = Set(below.split(separator: "\n").compactMap(number))
        let new = contents.split(separator: "\n").filter { line in number(line).map { !known.contains($0) } ?? true }
        let start = below.isEmpty || below.hasSuffix("\n") ? below : below + "\n"
        return start + new.map { $0 + "\n" }.joined()
    }
}

/// What the image's config will say.
package struct RuntimeConfig: Codable, Hashable, Sendable {
    /// The program that starts, and its arguments.
    package var entrypoint: Decided<[String]>
    /// Arguments that `autoimage run NAME CMD…` replaces.
    package var command: [String]
    package var environment: [EnvironmentVariable]
    package var workingDirectory: ImagePath
    package var user: Decided<Owner>
    package var ports: [Decided<Int>]
    package var labels: [String: String]
    package var stopSignal: Decided<String>?
    /// Folders that the user may write to.
    package var writable: [Decided<ImagePath>]
    /// Other processes of the service by name (Procfile), started with `autoimage run --entrypoint`.
    package var processes: [String: Decided<[String]>]

    package init(
        entrypoint: Decided<[String]>, command: [String] = [], environment: [EnvironmentVariable],
        workingDirectory: ImagePath, user: Decided<Owner>, ports: [Decided<Int>], labels: [String: String] = [:],
        stopSignal: Decided<String>? = nil, writable: [Decided<ImagePath>] = [],
        processes: [String: Decided<[String]>] = [:]
    ) {
        self.entrypoint = entrypoint
        self.command = command
        self.environment = environment
        self.workingDirectory = workingDirectory
        self.user = user
        self.ports = ports
        self.labels = labels
        self.stopSignal = stopSignal
        self.writable = writable
        self.processes = processes
    }
}

/// One variable of the image's environment.
package struct EnvironmentVariable: Codable, Hashable, Sendable {
    package let name: String
    package let value: Decided<String>

    package init(_ name: String, _ value: Decided<String>) {
        self.name = name
        self.value = value
    }
}
