import Glibc

/// Somebody to run a program as.
struct User: Sendable {
    let id: UInt32
    let group: UInt32

    /// What runs a program as this user, without any privilege.
    var prefix: [String] {
        ["setpriv", "--reuid=\(id)", "--regid=\(group)", "--clear-groups", "--inh-caps=-all", "--no-new-privs"]
    }

    /// A user of this system by name.
    init(named name: String) throws {
        guard let entry = getpwnam(name) else { throw UserError.unknown(name: name) }
        id = entry.pointee.pw_uid
        group = entry.pointee.pw_gid
    }

    /// An ordinary user: no privilege, no subordinate ids.
    static func ordinary() throws -> User { try User(named: "nobody") }

    /// Whether the tests run as root.
    static var isRoot: Bool { geteuid() == 0 }
}

/// Why there is no such user.
enum UserError: Error, Equatable, CustomStringConvertible {
    case unknown(name: String)

    var description: String {
        switch self {
        case .unknown(let name): "there is no user '\(name)' on this machine"
        }
    }
}
