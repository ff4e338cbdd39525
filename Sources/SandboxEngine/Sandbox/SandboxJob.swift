package import Planning
package import SystemPackage

/// One program to run in a sandbox, and all it sees.
package struct SandboxJob: Sendable {
    /// The program, looked up in the environment's PATH where it has no slash, and its arguments.
    package var arguments: [String]
    /// Exactly what the program gets.
    package var environment: [String: String] = [:]
    /// Made where missing.
    package var workingDirectory = ImagePath.root
    /// The folders of the root, topmost first; never written.
    package var layers: [FilePath]
    /// The folder that takes what the program writes; nil for a root that cannot be written.
    package var upper: FilePath?
    /// An existing folder on the file system of `upper`, in which `work` and `staging` are made.
    package var scratch: FilePath
    package var binds: [Bind] = []
    package var files: [File] = []
    /// Empty folders in memory.
    package var memory: [(target: ImagePath, mode: UInt32)] = []
    /// Folders that exist unless a layer has something there.
    package var folders: [ImagePath] = []
    package var network = NetworkAccess.none
    package var user = Owner.root
    /// Only `writable` and `memory` can be written.
    package var readOnlyRoot = false
    package var writable: [ImagePath] = []

    package init(arguments: [String], layers: [FilePath], scratch: FilePath) {
        self.arguments = arguments
        self.layers = layers
        self.scratch = scratch
    }

    /// A file or folder of this machine that appears in the sandbox.
    package struct Bind: Sendable {
        package let source: FilePath
        package let target: ImagePath
        package let isFolder: Bool
        package let readOnly: Bool
        /// Whether the folder is a cache of ours, which may be moved for the time of the run.
        package let isCache: Bool

        package init(
            source: FilePath, target: ImagePath, isFolder: Bool, readOnly: Bool, isCache: Bool = false
        ) {
            self.isCache = isCache
            self.source = source
            self.target = target
            self.isFolder = isFolder
            self.readOnly = readOnly
        }
    }

    /// A file in memory, for reading.
    package struct File: Sendable {
        package let target: ImagePath
        package let bytes: [UInt8]
        package let mode: UInt32

        package init(target: ImagePath, bytes: [UInt8], mode: UInt32 = 0o444) {
            self.target = target
            self.bytes = bytes
            self.mode = mode
        }
    }

    /// Descriptors of the program's standard streams.
    package struct Streams: Sendable {
        package var input: Int32
        package var output: Int32
        package var error: Int32
        /// Whether the program takes over the terminal of `input`.
        package var interactive = false

        package init(input: Int32, output: Int32, error: Int32, interactive: Bool = false) {
            self.input = input
            self.output = output
            self.error = error
            self.interactive = interactive
        }

        /// Those of this process.
        package static func inherited(interactive: Bool) -> Streams {
            Streams(input: 0, output: 1, error: 2, interactive: interactive)
        }
    }
}
