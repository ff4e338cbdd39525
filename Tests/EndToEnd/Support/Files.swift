import Glibc
import SystemPackage

extension FilePath {
    /// The file's bytes.
    func bytes() throws -> [UInt8] {
        let file = try FileDescriptor.open(self, .readOnly)
        defer { try? file.close() }
        var all: [UInt8] = []
        var buffer = [UInt8](repeating: 0, count: 1 << 16)
        while true {
            let count = try buffer.withUnsafeMutableBytes { try file.read(into: $0) }
            guard count > 0 else { return all }
            all.append(contentsOf: buffer.prefix(count))
        }
    }

    /// The file as text.
    func text() throws -> String { String(decoding: try bytes(), as: UTF8.self) }

    /// Makes the file anew.
    func write(_ text: String) throws {
        let file = try FileDescriptor.open(
            self, .writeOnly, options: [.create, .truncate], permissions: [.ownerReadWrite, .groupRead, .otherRead])
        defer { try? file.close() }
        try file.writeAll(text.utf8)
    }

    /// Replaces text that the file must contain.
    func replace(_ old: String, with new: String) throws {
        let parts = try text().split(separator: old, omittingEmptySubsequences: false)
        guard parts.count > 1 else { throw ReplaceError.notFound(text: old, file: string) }
        try write(parts.joined(separator: new))
    }

    /// Whether there is anything at the path.
    var exists: Bool { access(string, F_OK) == 0 }
}

/// Why a file was not changed.
enum ReplaceError: Error, Equatable, CustomStringConvertible {
    case notFound(text: String, file: String)

    var description: String {
        switch self {
        case .notFound(let text, let file): "\(file) does not contain '\(text)'"
        }
    }
}
