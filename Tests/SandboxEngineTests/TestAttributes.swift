import CAttributes
import SystemPackage

/// Extended attributes of test files.
enum TestAttributes {
    static func set(_ name: String, _ value: String, on path: FilePath) throws {
        guard setxattr(path.string, name, value, value.utf8.count, 0) == 0 else { throw Errno(rawValue: 95) }
    }
}
