/// What a container runtime needs to start an image (OCI image-spec, config.md).
package struct ImageConfig: Codable, Hashable, Sendable {
    /// RFC 3339 date and time.
    package let created: String?
    package let architecture: String
    package let os: String
    package let variant: String?
    package let config: Execution
    package let rootfs: RootFS
    package let history: [History]

    package init(
        created: String?, platform: Platform, config: Execution, rootfs: RootFS, history: [History]
    ) {
        self.created = created
        architecture = platform.architecture
        os = platform.os
        variant = platform.variant
        self.config = config
        self.rootfs = rootfs
        self.history = history
    }

    /// The defaults of a container made from the image.
    package struct Execution: Codable, Hashable, Sendable {
        package let user: String?
        /// Keys such as `8000/tcp`; each value is an empty object.
        package let exposedPorts: [String: Empty]?
        /// `NAME=value`, in order.
        package let env: [String]?
        package let entrypoint: [String]?
        package let cmd: [String]?
        package let volumes: [String: Empty]?
        package let workingDir: String?
        package let labels: [String: String]?
        package let stopSignal: String?

        package init(
            user: String?, exposedPorts: [String], env: [String], entrypoint: [String], cmd: [String],
            volumes: [String], workingDir: String?, labels: [String: String], stopSignal: String?
        ) {
            self.user = user
            self.exposedPorts = Self.set(exposedPorts)
            self.env = env.isEmpty ? nil : env
            self.entrypoint = entrypoint.isEmpty ? nil : entrypoint
            self.cmd = cmd.isEmpty ? nil : cmd
            self.volumes = Self.set(volumes)
            self.workingDir = workingDir
            self.labels = labels.isEmpty ? nil : labels
            self.stopSignal = stopSignal
        }

        private static func set(_ keys: [String]) -> [String: Empty]? {
            keys.isEmpty ? nil : Dictionary(keys.map { ($0, Empty()) }, uniquingKeysWith: { first, _ in first })
        }

        enum CodingKeys: String, CodingKey {
            case user = "User"
            case exposedPorts = "ExposedPorts"
            case env = "Env"
            case entrypoint = "Entrypoint"
            case cmd = "Cmd"
            case volumes = "Volumes"
            case workingDir = "WorkingDir"
            case labels = "Labels"
            case stopSignal = "StopSignal"
        }
    }

    /// The diffIDs of the layers, lowest first.
    package struct RootFS: Codable, Hashable, Sendable {
        package let type: String
        package let diffIDs: [Digest]

        package init(diffIDs: [Digest]) {
            type = "layers"
            self.diffIDs = diffIDs
        }

        enum CodingKeys: String, CodingKey {
            case type
            case diffIDs = "diff_ids"
        }
    }

    /// How one layer came to be.
    package struct History: Codable, Hashable, Sendable {
        package let created: String?
        package let createdBy: String?
        package let comment: String?
        package let emptyLayer: Bool?

        package init(created: String?, createdBy: String?, comment: String? = nil, emptyLayer: Bool? = nil) {
            self.created = created
            self.createdBy = createdBy
            self.comment = comment
            self.emptyLayer = emptyLayer
        }

        enum CodingKeys: String, CodingKey {
            case created
            case createdBy = "created_by"
            case comment
            case emptyLayer = "empty_layer"
        }
    }

    /// Encodes as `{}`.
    package struct Empty: Codable, Hashable, Sendable {
        package init() {}
    }
}
