import Files
import Glibc
import OCI
import Planning
import SandboxEngine
import Synchronization
import SystemPackage

/// A small root with a shell, made once a run from this machine's static busybox or, without one, from its own
/// programs and their libraries.
enum TestRoot {
    static let path: FilePath? = try? make()
    /// Why tests are skipped where there is none.
    static let isMissing: String = "needs a busybox or a shell on this machine, and namespaces"

    static var hasBusybox: Bool { path.map { HostFiles.exists($0.appending("bin/busybox")) } ?? false }

    private static let programs = [
        "sh", "cat", "ls", "id", "stat", "sleep", "touch", "ln", "rm", "mv", "mkdir", "rmdir", "chmod", "chown", "echo",
        "env", "true", "false", "test", "grep", "mknod", "tr", "seq", "kill", "readlink", "hostname", "dd", "cp", "wc",
        "umask", "tail", "head", "sort", "chroot", "mount", "printf", "pwd", "date", "unshare",
    ]

    private static func make() throws -> FilePath {
        let root = try TestFolder.make("root")
        for folder in ["bin", "etc", "root", "lib", "lib64", "usr/bin"] {
            try HostFiles.makeFolder(root.appending(folder))
        }
        guard let busybox = ["/bin/busybox", "/usr/bin/busybox"].first(where: { HostFiles.exists(FilePath($0)) }) else {
            try copyPrograms(to: root)
            return root
        }
        try copy(busybox, to: root.appending("bin/busybox"))
        for program in programs where program != "umask" {
            symlink("busybox", root.appending("bin/\(program)").string)
        }
        return root
    }

    private static func copyPrograms(to root: FilePath) throws {
        for program in programs {
            guard
                let found = ["/bin", "/usr/bin"].map({ (folder: String) -> String in "\(folder)/\(program)" }).first(
                    where: { access($0, X_OK) == 0 })
            else { continue }
            try copy(found, to: root.appending("bin/\(program)"))
            for library in libraries(of: found) {
                let target = root.appending(String(library.drop { $0 == "/" }))
                try HostFiles.makeFolder(target.removingLastComponent())
                if !HostFiles.exists(target) { try copy(library, to: target) }
            }
        }
    }

    private static func libraries(of program: String) -> [String] {
        guard let pipe = popen("ldd \(program)", "r") else { return [] }
        defer { pclose(pipe) }
        var line = [CChar](repeating: 0, count: 4096)
        var result: [String] = []
        while fgets(&line, Int32(line.count), pipe) != nil {
            let text = String(decoding: line.prefix { $0 != 0 }.map(UInt8.init(bitPattern:)), as: UTF8.self)
            if let path = text.split(whereSeparator: \.isWhitespace).first(where: { $0.hasPrefix("/") }) {
                result.append(String(path))
            }
        }
        return result
    }

    private static func copy(_ source: String, to target: FilePath) throws {
        let bytes = try HostFiles.read(FilePath(source)) ?? []
        try AtomicFile.write(bytes, to: target)
        chmod(target.string, 0o755)
    }
}
