import Glibc
package import SystemPackage

/// A system call on a host path that failed.
package struct SystemError: Error, Equatable, CustomStringConvertible {
    /// What was tried, as in `open`, `write`, `rename`.
    package let operation: String
    package let path: FilePath
    package let code: Errno

    package init(_ operation: String, _ path: FilePath, _ code: Errno) {
        self.operation = operation
        self.path = path
        self.code = code
    }

    /// The error of the call that just failed on this thread.
    package static func last(_ operation: String, _ path: FilePath) -> SystemError {
        SystemError(operation, path, Errno(rawValue: errno))
    }

    package var description: String {
        let way =
            switch code {
            case .noSpace: "; free some space, or point AUTOIMAGE_HOME at another disk"
            case .permissionDenied, .notPermitted: "; check who owns it, or point AUTOIMAGE_HOME elsewhere"
            default: ""
            }
        return "cannot \(operation) \(path): \(code)\(way)"
    }
}
