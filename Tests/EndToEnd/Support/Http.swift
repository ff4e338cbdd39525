import Glibc
import SystemPackage
import Testing

/// A loopback address that nothing listens on.
struct FreePort: Sendable, CustomStringConvertible {
    let number: UInt16

    /// Lets the kernel choose.
    init() throws {
        let descriptor = socket(AF_INET, Int32(SOCK_STREAM.rawValue), 0)
        guard descriptor >= 0 else { throw Errno(rawValue: errno) }
        defer { close(descriptor) }
        var address = sockaddr_in()
        address.sin_family = sa_family_t(AF_INET)
        address.sin_addr.s_addr = UInt32(0x7F00_0001).bigEndian
        var size = socklen_t(MemoryLayout<sockaddr_in>.size)
        let status = withUnsafeMutablePointer(to: &address) { pointer in
            pointer.withMemoryRebound(to: sockaddr.self, capacity: 1) {
                bind(descriptor, $0, size) == 0 ? getsockname(descriptor, $0, &size) : -1
            }
        }
        guard status == 0 else { throw Errno(rawValue: errno) }
        number = UInt16(bigEndian: address.sin_port)
    }

    var description: String { "\(number)" }
}

/// A server on loopback.
struct Site: Sendable {
    let port: FreePort
    /// What is asked when the server does not answer.
    let server: RunningCommand

    /// The body of a page.
    ///
    /// Tries until the server answers, fails after `seconds` or with a status of 400 or more.
    func get(_ path: String, seconds: Int = 60) async throws -> String {
        try await fetch(["--fail-with-body", "http://127.0.0.1:\(port)\(path)"], seconds: seconds)
    }

    /// The status line and header lines of a page.
    func head(_ path: String) async throws -> String {
        try await fetch(["--head", "--compressed", "http://127.0.0.1:\(port)\(path)"], seconds: 60)
    }

    /// Posts JSON.
    func post(_ path: String, json: String) async throws -> String {
        try await fetch(
            [
                "--fail-with-body", "--header", "content-type: application/json", "--data", json,
                "http://127.0.0.1:\(port)\(path)",
            ], seconds: 60)
    }

    private func fetch(_ words: [String], seconds: Int) async throws -> String {
        for _ in 0..<(seconds * 5) {
            let outcome = try await Command(["curl", "-sS", "--noproxy", "*", "--max-time", "10"] + words).run()
            // 7: nobody listens yet; 52 and 56: the server is just starting.
            if ![7, 52, 56].contains(outcome.status) {
                guard outcome.status == 0 else { throw SiteFailure(outcome: outcome, log: try server.log.text()) }
                return outcome.output
            }
            try await Task.sleep(for: .milliseconds(200))
        }
        throw WaitFailure(awaited: words.last ?? "", log: try server.log.text())
    }
}

/// A page that could not be had.
struct SiteFailure: Error, CustomStringConvertible {
    let outcome: Outcome
    let log: String

    var description: String {
        "\(outcome.words.last ?? ""): \(outcome.errors)\(outcome.output.suffix(2000))\nthe server's log:\n"
            + log.suffix(4000)
    }
}
