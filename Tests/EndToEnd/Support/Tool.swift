import Glibc

/// What a machine may lack.
///
/// In CI nothing is optional: there every probe says yes, and a test that finds its tool missing fails.
enum Tool {
    static let isCI = getenv("CI").map { String(cString: $0) } == "true"

    /// Whether all the programs are installed.
    static func has(_ programs: String...) -> Bool { isCI || programs.allSatisfy(isInstalled) }

    /// Whether the tests run as root, with all the programs installed.
    static func hasAsRoot(_ programs: String...) -> Bool {
        isCI || (User.isRoot && programs.allSatisfy(isInstalled))
    }

    private static func isInstalled(_ program: String) -> Bool {
        if program.hasPrefix("/") { return access(program, X_OK) == 0 }
        let path = getenv("PATH").map { String(cString: $0) } ?? ""
        let folders: [Substring] = path.split(separator: ":") + ["/usr/sbin"]
        return folders.contains { access("\($0)/\(program)", X_OK) == 0 }
    }
}
