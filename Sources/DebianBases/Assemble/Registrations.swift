import Files
import Glibc
import Images
import OCI
import Planning
import SystemPackage

/// Lists that some packages' scripts make by running a program of the package: without them its plugins are not found.
struct Registrations: Sendable {
    /// One such program.
    struct Program: Sendable {
        /// It is run where it is there; `*` stands for the folder of the machine's libraries.
        let program: String
        let arguments: [String]
        /// The folder it writes to: its files get the mode 0644.
        let folder: String
    }

    static let all = [
        // Graphviz finds neither layouts nor formats without it.
        Program(program: "/usr/bin/dot", arguments: ["-c"], folder: "/usr/lib/*/graphviz"),
        Program(
            program: "/usr/lib/*/gdk-pixbuf-2.0/gdk-pixbuf-query-loaders", arguments: ["--update-cache"],
            folder: "/usr/lib/*/gdk-pixbuf-2.0/2.10.0"),
    ]

    /// Runs the programs of an unpacked tree by `run`.
    static func make(
        in root: FilePath, of base: Base, architecture: String, by run: DebianBaseSupplier.RunInterpreter
    ) async throws {
        guard let triplet = LoaderCache.triplet(architecture) else { return }
        for (arguments, folder) in try found(in: HostFolder(root), triplet: triplet) {
            guard base.platform.architecture == Platform.host.architecture else {
                throw DebianBaseError.foreignProgram(
                    base: base.entry.id, program: arguments[0], platform: base.platform.description)
            }
            do { try await run(root, arguments, ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"]) } catch {
                if error is CancellationError { throw error }
                throw DebianBaseError.programFailed(
                    base: base.entry.id, program: arguments.joined(separator: " "), said: String(describing: error))
            }
            try settle(folder, in: root)
        }
    }

    /// The programs of a tree, with the folders that they write to.
    static func found(in tree: HostFolder, triplet: String) throws -> [(arguments: [String], folder: ImagePath)] {
        try all.compactMap { each in
            let program = ImagePath.root.resolving(each.program.replacing("*", with: triplet))
            let folder = ImagePath.root.resolving(each.folder.replacing("*", with: triplet))
            guard try tree.kind(at: program) == .other, try tree.folder(at: folder) != nil else { return nil }
            return ([program.description] + each.arguments, folder)
        }
    }

    /// Gives the files of a folder the mode that packages give theirs, whatever the umask was.
    static func settle(_ folder: ImagePath, in root: FilePath) throws {
        let path = root.pushing(FilePath(String(folder.description.dropFirst())))
        let opened = try HostFolder(path)
        for name in try opened.names() where opened.isFile(name) && !name.hasSuffix("query-loaders") {
            guard chmod(path.appending(name).string, 0o644) == 0 else {
                throw SystemError.last("change the mode of", path.appending(name))
            }
        }
    }
}
