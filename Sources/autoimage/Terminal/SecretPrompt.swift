import Glibc

/// Asks a person at the terminal, and reads secrets without showing them.
enum SecretPrompt {
    /// Whether somebody is there to ask.
    static var isPossible: Bool { isatty(STDIN_FILENO) == 1 }

    /// The most that a password may be, in bytes.
    private static let limit = 64 << 10

    /// All of standard input without the line feed at its end.
    static func readAll() throws -> String {
        var bytes: [UInt8] = []
        while let byte = readByte() {
            bytes.append(byte)
            guard bytes.count <= limit else { throw Failure(.usage, "standard input is longer than a password may be") }
        }
        if bytes.last == UInt8(ascii: "\n") { bytes.removeLast() }
        if bytes.last == UInt8(ascii: "\r") { bytes.removeLast() }
        return try text(bytes)
    }

    /// One line from the terminal, after a question on standard error.
    ///
    /// Where it is not shown the keys are read one by one, so that Ctrl-C gives the terminal back as it was.
    static func ask(_ question: String, isShown: Bool) throws -> String {
        Terminal.standardError.write(question)
        if isShown { return try line { $0 == UInt8(ascii: "\n") } }
        var before = termios()
        guard tcgetattr(STDIN_FILENO, &before) == 0 else {
            throw Failure(.usage, "the terminal cannot be told to hide the password; use --password-stdin")
        }
        var hidden = before
        hidden.c_lflag &= ~tcflag_t(ECHO | ICANON | ISIG)
        guard tcsetattr(STDIN_FILENO, TCSANOW, &hidden) == 0 else {
            throw Failure(.usage, "the terminal cannot be told to hide the password; use --password-stdin")
        }
        defer {
            tcsetattr(STDIN_FILENO, TCSANOW, &before)
            Terminal.standardError.write("\n")
        }
        return try line { $0 == UInt8(ascii: "\n") || $0 == UInt8(ascii: "\r") }
    }

    private static func line(endsWith isEnd: (UInt8) -> Bool) throws -> String {
        var bytes: [UInt8] = []
        while let byte = readByte() {
            switch byte {
            case _ where isEnd(byte): return try text(bytes)
            // Ctrl-C, Ctrl-\, Ctrl-Z.
            case 3, 0x1C, 0x1A: throw Failure(.interrupted, "interrupted")
            case 4 where bytes.isEmpty: throw Failure(.interrupted, "interrupted")
            // Backspace takes the whole character; Ctrl-U takes all.
            case 8, 0x7F: while let last = bytes.popLast(), last & 0xC0 == 0x80 {}
            case 0x15: bytes = []
            default: bytes.append(byte)
            }
            guard bytes.count <= limit else { throw Failure(.usage, "that is longer than a password may be") }
        }
        guard !bytes.isEmpty else { throw Failure(.interrupted, "interrupted") }
        return try text(bytes)
    }

    private static func readByte() -> UInt8? {
        var byte: UInt8 = 0
        while true {
            let count = read(STDIN_FILENO, &byte, 1)
            if count < 0, errno == EINTR { continue }
            return count == 1 ? byte : nil
        }
    }

    private static func text(_ bytes: [UInt8]) throws -> String {
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw Failure(.usage, "what was entered is not UTF-8 text")
        }
        return text
    }
}
