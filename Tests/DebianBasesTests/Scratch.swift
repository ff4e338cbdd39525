import DebianBases
import Files
import Glibc
import Images
import OCI
import Planning
import Subprocess
import SystemPackage

/// A folder for one test, removed with it.
struct Scratch: ~Copyable {
    let path: FilePath

    init() throws {
        var template = Array("/tmp/autoimage-bases-XXXXXX".utf8CString)
        guard mkdtemp(&template) != nil else { throw SystemError.last("create", "/tmp") }
        path = FilePath(String(decoding: template.dropLast().map { UInt8(bitPattern: $0) }, as: UTF8.self))
    }

    /// Writes a file below the folder.
    func write(_ text: String, to name: String) throws {
        let file = path.pushing(FilePath(name))
        try HostFiles.makeFolder(file.removingLastComponent())
        try AtomicFile.write(Array(text.utf8), to: file)
    }

    deinit { try? HostFiles.remove(path) }
}

/// What the machine lets tests do.
enum Machine {
    static let isRoot = getuid() == 0

    /// Whether an archive of Debian packages can be made and signed here; in CI it must be possible.
    static let canMakeArchives =
        getenv("CI").map { String(cString: $0) } == "true"
        || ["apt-get", "dpkg-deb", "dpkg-scanpackages", "gpg"].allSatisfy { access("/usr/bin/\($0)", X_OK) == 0 }

    /// Whether a tree can be made the root of a program.
    static func canChroot() async -> Bool {
        if isRoot { return true }
        let result = try? await Subprocess.run(
            .path("/usr/bin/unshare"), arguments: ["-r", "/usr/sbin/chroot", "/", "/bin/true"], output: .discarded)
        return result?.terminationStatus.isSuccess ?? false
    }

    /// Whether a Debian mirror is known and answers.
    static func mirrorAnswers() async -> Bool {
        guard let mirror = try? DebianMirror.discover(option: nil, environment: [:]),
            let scratch = try? Scratch()
        else { return false }
        let result = try? await Subprocess.run(
            .path("/usr/lib/apt/apt-helper"),
            arguments: ["download-file", mirror.mirror + "/dists/bookworm/InRelease", "\(scratch.path)/release"],
            output: .discarded)
        return result?.terminationStatus.isSuccess ?? false
    }

    /// Runs a program in a tree, which becomes its root; fails with what it printed.
    static func chroot(_ root: FilePath, _ arguments: [String], _ environment: [String: String] = [:]) async throws {
        let variables = environment.compactMap { name, value in Environment.Key(rawValue: name).map { ($0, value) } }
        let command = (isRoot ? [] : ["/usr/bin/unshare", "-r"]) + ["/usr/sbin/chroot", root.string] + arguments
        let result = try await Subprocess.run(
            .path(FilePath(command[0])), arguments: Arguments(Array(command.dropFirst())),
            environment: .custom(Dictionary(uniqueKeysWithValues: variables)), output: .string(limit: 1 << 20),
            error: .string(limit: 1 << 20))
        guard result.terminationStatus.isSuccess else {
            throw ChrootFailure(arguments: arguments, output: result.standardOutput + result.standardError)
        }
    }
}

struct ChrootFailure: Error, CustomStringConvertible {
    let arguments: [String]
    let output: String

    var description: String { "\(arguments.joined(separator: " ")): \(output)" }
}

/// A digest over everything in a tree but times and owners.
func treeDigest(_ root: FilePath) throws -> Digest {
    var hasher = DigestHasher()
    func visit(_ place: FilePath, _ path: String) throws {
        var status = stat()
        guard lstat(place.string, &status) == 0 else { throw SystemError.last("read", place) }
        hasher.update("\(path) \(String(status.st_mode, radix: 8)) ")
        switch status.st_mode & S_IFMT {
        case S_IFDIR: for name in try HostFiles.names(in: place) { try visit(place.appending(name), "\(path)/\(name)") }
        case S_IFLNK:
            var target = [UInt8](repeating: 0, count: 4096)
            let count = target.withUnsafeMutableBytes { bytes in
                bytes.withMemoryRebound(to: CChar.self) { chars in
                    chars.baseAddress.map { readlink(place.string, $0, 4096) } ?? 0
                }
            }
            hasher.update(Array(target.prefix(count)))
        default: hasher.update(try HostFiles.read(place) ?? [])
        }
    }
    try visit(root, "")
    return hasher.finalize()
}
