/// A name that stays out of the source wherever it lies, until an exception names it.
package struct DefaultIgnore: Sendable {
    /// When the name alone does not decide.
    package enum Condition: Hashable, Sendable {
        case always
        /// Only a folder that holds a file of this name.
        case holdsFile(String)
        /// Only a file that `holdsToken`.
        case holdsToken
    }

    /// Whether the text of an `.npmrc` holds a credential itself; `${NPM_TOKEN}` only names one.
    package static func holdsToken(_ text: String) -> Bool {
        text.split(whereSeparator: \.isNewline).contains { line in
            guard let sign = line.firstIndex(of: "="), !line.hasPrefix("#"), !line.hasPrefix(";") else { return false }
            let key = line[..<sign].filter { !$0.isWhitespace }
            let value = line[line.index(after: sign)...].drop { $0.isWhitespace || $0 == "\"" }
            let isCredential = ["_auth", "_authToken", "_password"].contains { key == $0 || key.hasSuffix(":" + $0) }
            return isCredential && !value.isEmpty && !value.hasPrefix("${")
        }
    }

    let pattern: PathPattern
    let condition: Condition
    /// Lets the name in, against the patterns that follow.
    let isException: Bool
    /// What a name that matches begins with; nil where that may be anything.
    let firstByte: UInt8?

    private init?(_ name: String, _ condition: Condition = .always, isException: Bool = false) {
        guard let pattern = PathPattern("**/" + name) else { return nil }
        self.pattern = pattern
        self.condition = condition
        self.isException = isException
        firstByte = name.utf8.first.flatMap { "*?[\\".utf8.contains($0) ? nil : $0 }
    }

    /// What is never shipped unasked: version control, secrets, what package managers and tools make, and our own files.
    package static let all: [DefaultIgnore] =
        [".env.example", ".env.sample", ".env.template"].compactMap { DefaultIgnore($0, isException: true) }
        + (versionControl + secrets + products + tools + own).compactMap { DefaultIgnore($0) }
        + [
            DefaultIgnore("venv", .holdsFile("pyvenv.cfg")),
            DefaultIgnore("env", .holdsFile("pyvenv.cfg")),
            DefaultIgnore(".npmrc", .holdsToken),
        ].compactMap { $0 }

    private static let versionControl = [
        ".git", ".gitignore", ".gitattributes", ".gitmodules", ".hg", ".hgignore", ".svn",
    ]
    private static let secrets = [
        ".env", ".env.*", "*.pem", "id_rsa*", "id_ed25519*", "id_ecdsa*", "id_dsa*", ".aws", ".ssh", ".gnupg", ".netrc",
        ".pypirc",
    ]
    private static let products = ["node_modules", ".venv", "__pycache__", "*.pyc"]
    private static let tools = [
        ".DS_Store", ".idea", ".vscode", ".pytest_cache", ".mypy_cache", ".ruff_cache", ".tox", ".nox",
    ]
    private static let own = [
        "Dockerfile", "Dockerfile.*", ".dockerignore", "autoimage.toml", "autoimage.lock", ".tmp-autoimage-*",
    ]
}
