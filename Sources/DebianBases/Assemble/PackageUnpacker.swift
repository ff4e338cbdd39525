import Files
import Glibc
import Images
import Planning
import Subprocess
import Synchronization
import SystemPackage

/// Unpacks packages into one tree, without running any of their scripts.
struct PackageUnpacker: Sendable {
    private let root: FilePath
    private let claims = Claims()

    init(root: FilePath) { self.root = root }

    /// The most bytes that the files of one package may have: a package must not fill the disk.
    private static let sizeLimit: Int64 = 16 << 30

    /// What one package brought.
    struct Unpacked: Sendable {
        var owners: [ImagePath: Owner] = [:]
        /// Permission bits of the folders that the package states.
        var folders: [ImagePath: UInt16] = [:]
        /// Links that its script would have made.
        var alternatives: [AlternativeLink] = []
    }

    /// Unpacks the files of a package and writes its record below `/var/lib/dpkg/status.d`, where scanners look.
    ///
    /// `rank` decides between packages that have a file at the same path: the highest wins, whichever comes first.
    func unpack(
        _ package: PinnedPackage, from file: FilePath, rank: Int, by rules: UnpackRules
    ) async throws -> Unpacked {
        do {
            return try await unpackChecked(package, from: file, rank: rank, by: rules)
        } catch let error where error is TarError || error is UnpackError || error is SubprocessError {
            throw DebianBaseError.badPackage(package: package.name, said: String(describing: error))
        }
    }

    private func unpackChecked(
        _ package: PinnedPackage, from file: FilePath, rank: Int, by rules: UnpackRules
    ) async throws -> Unpacked {
        let failure = { (said: String) -> any Error in DebianBaseError.badPackage(package: package.name, said: said) }
        var unpacked = try await HostTool.read("dpkg-deb", ["--fsys-tarfile", file.string], failure: failure) {
            try unpackFiles(from: $0, rank: rank, by: rules)
        }
        let record = try await HostTool.read("dpkg-deb", ["--ctrl-tarfile", file.string], failure: failure) {
            try Self.readRecord(from: $0)
        }
        guard let control = record["control"] else { throw failure("it has no control file") }
        let tree = try HostFolder(root)
        let folder = ImagePath("/var/lib/dpkg/status.d")
        try tree.write(control + (control.hasSuffix("\n") ? "" : "\n"), to: folder.appending(package.name))
        try tree.write(sums(record["md5sums"] ?? "", by: rules), to: folder.appending(package.name + ".md5sums"))
        unpacked.alternatives = Alternatives.parse(record["postinst"] ?? "").filter { rules.place($0.link) == $0.link }
        return unpacked
    }

    private func unpackFiles(from pipe: FileDescriptor, rank: Int, by rules: UnpackRules) throws -> Unpacked {
        let notes = Notes()
        let transform: FolderUnpacker.Transform = { path, entry in
            guard let place = rules.place(path) else { return nil }
            if entry.kind == .folder {
                notes.unpacked.folders[place] = entry.mode & 0o777
            } else if !claims.take(place, rank: rank) {
                return nil
            }
            if entry.owner != .root { notes.unpacked.owners[place] = entry.owner }
            return place
        }
        var reader = TarReader { try pipe.read(into: $0) }
        var options = FolderUnpacker.Options()
        options.sizeLimit = Self.sizeLimit
        var unpacker = try FolderUnpacker(into: root, options: options, transform: transform)
        _ = try unpacker.unpack(&reader)
        try reader.drain()
        return notes.unpacked
    }

    private static func readRecord(from pipe: FileDescriptor) throws -> [String: String] {
        var reader = TarReader { try pipe.read(into: $0) }
        var result: [String: String] = [:]
        while let entry = try reader.next() {
            let name = entry.path.hasPrefix("./") ? String(entry.path.dropFirst(2)) : entry.path
            guard entry.kind == .file, ["control", "md5sums", "postinst"].contains(name) else { continue }
            result[name] = String(decoding: try reader.data(), as: UTF8.self)
        }
        try reader.drain()
        return result
    }

    /// The lines for the files that are in the tree, at the places where they are; authorities become one file later.
    private func sums(_ text: String, by rules: UnpackRules) -> String {
        text.split(separator: "\n").compactMap { line -> String? in
            let fields = line.split(separator: " ", maxSplits: 1).map(String.init)
            guard fields.count == 2, let path = try? ImagePath(parsing: "/" + fields[1].drop { $0 == " " }),
                let place = rules.place(path), !place.isInside(BaseFinisher.authorities)
            else { return nil }
            return "\(fields[0])  \(place.description.dropFirst())\n"
        }.joined()
    }

    /// What the transform saw; used by one thread.
    private final class Notes { var unpacked = Unpacked() }

    /// Who has a path.
    private final class Claims: Sendable {
        private let ranks = Mutex<[ImagePath: Int]>([:])

        func take(_ path: ImagePath, rank: Int) -> Bool {
            ranks.withLock {
                guard $0[path].map({ $0 <= rank }) ?? true else { return false }
                $0[path] = rank
                return true
            }
        }
    }
}
