import Files
import Formats
import Foundation
import Glibc
package import SystemPackage

/// Keeps credentials where Docker keeps them: by the helper that its `config.json` names, else in that file.
///
/// What else the file holds stays as it is, in its order. Fails with `RegistryError.badConfiguration` where the file or
/// the helper cannot be used, and with a `SystemError` where the file cannot be written.
package struct CredentialStore: Sendable {
    /// The file, also where a helper keeps the credentials.
    package let file: FilePath
    private let environment: [String: String]

    /// Where credentials are kept.
    package enum Place: Hashable, Sendable {
        /// A helper, as messages name it.
        case helper(String)
        /// A file that holds the password in base64.
        case file(FilePath)
    }

    /// Takes another file of that form, or Docker's own: in `$DOCKER_CONFIG` or `~/.docker`.
    package init(file: FilePath?, environment: [String: String]) throws {
        func folder(_ name: String) -> FilePath? { environment[name].flatMap { $0.isEmpty ? nil : FilePath($0) } }
        guard
            let file = file
                ?? (folder("DOCKER_CONFIG") ?? folder("HOME")?.appending(".docker"))?.appending("config.json")
        else {
            throw RegistryError.badConfiguration(
                place: "config.json", problem: "neither DOCKER_CONFIG nor HOME is set; name a file with --authfile")
        }
        self.file = file
        self.environment = environment
    }

    /// Keeps a password for a registry, in place of what was kept for it.
    package func store(user: String, password: String, for registry: String) async throws -> Place {
        let server = CredentialName.server(registry)
        if let helper = try helper(for: registry) {
            try await helper.store(server, user: user, password: password)
            // What the file held from before would only be read where the helper fails.
            if try CredentialFile(reading: file).map({ try Self.holds($0, registry) }) == true {
                try edit { try Self.remove(registry, from: &$0) }
            }
            return .helper(helper.origin)
        }
        try edit { file in
            var auths = try Self.auths(of: file)
            var entry = JSONObject()
            if case .object(let old)? = auths[server] { entry = old }
            for key in ["username", "password", "identitytoken", "registrytoken"] { entry[key] = nil }
            entry["auth"] = .string(Data("\(user):\(password)".utf8).base64EncodedString())
            auths.members.removeAll {
                $0.key != server && CredentialName.canonical($0.key) == CredentialName.canonicalHost(registry)
            }
            auths[server] = .object(entry)
            Self.set("auths", to: auths, in: &file.document)
        }
        return .file(file)
    }

    /// Forgets what is kept for a registry, and returns the places that had something.
    package func erase(_ registry: String) async throws -> [Place] {
        guard let kept = try CredentialFile(reading: file) else { return [] }
        var places: [Place] = []
        if let helper = try helper(for: registry) {
            for server in try kept.servers(for: registry) {
                guard try await helper.get(server) != nil else { continue }
                try await helper.erase(server)
                if places.isEmpty { places.append(.helper(helper.origin)) }
            }
        }
        if try kept.entries().contains(where: { Self.isOf(registry, $0) }) {
            if try Self.holds(kept, registry) { places.append(.file(file)) }
            try edit { try Self.remove(registry, from: &$0) }
        }
        return places
    }

    private func helper(for registry: String) throws -> CredentialHelper? {
        let candidates = [CredentialName.canonicalHost(registry)]
        return try CredentialFile(reading: file)?.helper(for: candidates).map {
            CredentialHelper(choice: $0, environment: environment)
        }
    }

    // MARK: - The file

    /// Reads the file, changes it and puts it in its place: one process after the other, readable by its owner only.
    private func edit(_ change: (inout CredentialFile) throws -> Void) throws {
        let folder = file.removingLastComponent()
        if !folder.isEmpty { try HostFiles.makeFolder(folder, mode: 0o700) }
        let lock = try Self.lock(folder.isEmpty ? "." : folder)
        defer { close(lock) }
        // A link, as people who keep such files under version control have one, stays.
        let place = HostFiles.realPath(file) ?? file
        var content = try CredentialFile(reading: file) ?? CredentialFile(Array("{}".utf8), path: file)
        try change(&content)
        let new = try AtomicFile(in: place.removingLastComponent().isEmpty ? "." : place.removingLastComponent())
        guard fchmod(new.descriptor.rawValue, 0o600) == 0 else { throw SystemError.last("write", file) }
        let bytes = Array(content.document.text().utf8)
        try bytes.withUnsafeBytes { try new.write($0) }
        try new.commit(as: place)
    }

    /// Locks the folder itself: no file is left behind in it.
    private static func lock(_ folder: FilePath) throws -> Int32 {
        let descriptor = open(folder.string, O_RDONLY | O_DIRECTORY | O_CLOEXEC)
        guard descriptor >= 0 else { throw SystemError.last("lock", folder) }
        while flock(descriptor, LOCK_EX) != 0 {
            guard errno == EINTR else {
                let error = SystemError.last("lock", folder)
                close(descriptor)
                throw error
            }
        }
        return descriptor
    }

    private static func auths(of file: CredentialFile) throws -> JSONObject { JSONObject(try file.entries()) }

    private static func isOf(_ registry: String, _ member: JSONMember) -> Bool {
        CredentialName.canonical(member.key) == CredentialName.canonicalHost(registry)
    }

    /// Whether the file itself holds something secret of a registry, beyond the empty entry that Docker leaves there.
    private static func holds(_ file: CredentialFile, _ registry: String) throws -> Bool {
        try file.entries().contains { member in
            guard isOf(registry, member), case .object(let entry) = member.value else { return false }
            return !entry.members.isEmpty
        }
    }

    private static func remove(_ registry: String, from file: inout CredentialFile) throws {
        var auths = try auths(of: file)
        auths.members.removeAll { isOf(registry, $0) }
        set("auths", to: auths, in: &file.document)
    }

    private static func set(_ key: String, to object: JSONObject, in document: inout JSONDocument) {
        guard case .object(var root) = document.root else { return }
        root[key] = .object(object)
        document.root = .object(root)
    }
}

extension CredentialStore.Place: CustomStringConvertible {
    package var description: String {
        switch self {
        case .helper(let origin): origin
        case .file(let path): path.string
        }
    }
}
