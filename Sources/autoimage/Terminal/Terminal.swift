import Glibc
import Synchronization

/// One of the process's output streams; lines of concurrent writers do not mix.
struct Terminal: Sendable {
    private let descriptor: Int32
    private static let gate = Mutex(())

    static let standardOutput = Terminal(descriptor: STDOUT_FILENO)
    static let standardError = Terminal(descriptor: STDERR_FILENO)

    /// Whether a person looks at it.
    var isInteractive: Bool { isatty(descriptor) == 1 }

    /// Writes a text and a line feed.
    func line(_ text: String) { write(text + "\n") }

    /// Writes a text as it is; a closed pipe is not an error worth a crash.
    func write(_ text: String) {
        Self.gate.withLock { _ in
            var bytes = Array(text.utf8)[...]
            while !bytes.isEmpty {
                let count = bytes.withUnsafeBytes { Glibc.write(descriptor, $0.baseAddress, $0.count) }
                if count < 0, errno == EINTR { continue }
                guard count > 0 else { return }
                bytes = bytes.dropFirst(count)
            }
        }
    }

    /// The text with control characters made visible, so that nothing from a service's files steers the terminal.
    static func safe(_ text: some StringProtocol) -> String {
        var result = ""
        for scalar in text.unicodeScalars {
            if scalar == "\n" || scalar == "\t" || (scalar.value >= 0x20 && !(0x7F...0x9F).contains(scalar.value)) {
                result.unicodeScalars.append(scalar)
            } else {
                result += "\\u{\(String(scalar.value, radix: 16))}"
            }
        }
        return result
    }
}
