import Files
import Formats
import Foundation
import SystemPackage

/// A file with credentials: Docker's `config.json`, Podman's `auth.json`, or the legacy `.dockercfg`.
struct CredentialFile: Sendable {
    let path: FilePath
    var document: JSONDocument
    /// Without the `auths` around its entries.
    private let isLegacy: Bool

    /// Reads a file; nil where none is.
    init?(reading path: FilePath, isLegacy: Bool = false) throws {
        let bytes: [UInt8]?
        do {
            bytes = try HostFiles.read(path)
        } catch let error as SystemError {
            // A folder on the way that is a file, as in HOME=/dev/null.
            if error.code == .notDirectory { return nil }
            throw RegistryError.badConfiguration(place: path.string, problem: "cannot be read: \(error.code)")
        }
        guard let bytes else { return nil }
        try self.init(bytes, path: path, isLegacy: isLegacy)
    }

    init(_ bytes: [UInt8], path: FilePath, isLegacy: Bool = false) throws {
        self.path = path
        self.isLegacy = isLegacy
        guard let text = String(validating: bytes, as: UTF8.self) else {
            throw RegistryError.badConfiguration(place: path.string, problem: "is not UTF-8 text")
        }
        // Docker leaves an empty file behind where the disk was full.
        let isEmpty = text.allSatisfy(\.isWhitespace)
        do {
            document = try JSONDocument(parsing: isEmpty ? "{}" : text, file: path.string)
        } catch .malformed(let file, let line, let what) {
            throw RegistryError.badConfiguration(place: "\(file):\(line)", problem: what)
        } catch {
            throw RegistryError.badConfiguration(place: path.string, problem: "\(error)")
        }
        guard case .object = document.root else {
            throw RegistryError.badConfiguration(
                place: "\(path):1", problem: "holds \(document.root.kind); expected an object")
        }
    }

    /// The helper that keeps a registry's credentials; nil where the file itself does.
    func helper(for candidates: [String]) throws -> HelperChoice? {
        for candidate in candidates {
            for member in try object("credHelpers").members where CredentialName.canonical(member.key) == candidate {
                let name = try text(member)
                // An empty name takes the registry out of the store.
                return name.isEmpty
                    ? nil : HelperChoice(name: name, origin: "credHelpers of \(path)", line: member.line)
            }
        }
        guard !isLegacy, let store = root.members.last(where: { $0.key == "credsStore" }) else { return nil }
        let name = try text(store)
        return name.isEmpty ? nil : HelperChoice(name: name, origin: "credsStore of \(path)", line: store.line)
    }

    /// The names under which a helper may know a registry: Docker's own, and those that the file's keys use.
    func servers(for registry: String) throws -> [String] {
        let host = CredentialName.canonicalHost(registry)
        var result = [CredentialName.server(registry)]
        for member in try entries() + object("credHelpers").members
        where CredentialName.canonical(member.key) == host && !result.contains(member.key) {
            result.append(member.key)
        }
        return result
    }

    /// What the file itself holds for the first of the names that has an entry.
    func credential(for candidates: [String]) throws -> Credential? {
        let entries = try entries()
        for candidate in candidates {
            let matching = entries.filter { CredentialName.canonical($0.key) == candidate }
            // The plain name wins over its other spellings.
            for member in matching.filter({ $0.key == candidate }) + matching.filter({ $0.key != candidate }) {
                if let secret = try secret(of: member) { return Credential(secret, origin: path.string) }
            }
        }
        return nil
    }

    /// The members of `auths`.
    func entries() throws -> [JSONMember] { isLegacy ? root.members : try object("auths").members }

    private var root: JSONObject { if case .object(let object) = document.root { object } else { JSONObject() } }

    private func object(_ key: String) throws -> JSONObject {
        guard !isLegacy, let member = root.members.last(where: { $0.key == key }) else { return JSONObject() }
        switch member.value {
        case .object(let object): return object
        case .null: return JSONObject()
        default: throw wrongKind(member, expected: "an object")
        }
    }

    private func secret(of member: JSONMember) throws -> Credential.Secret? {
        guard case .object(let entry) = member.value else {
            if case .null = member.value { return nil }
            throw wrongKind(member, expected: "an object")
        }
        var fields: [String: (text: String, line: Int)] = [:]
        for field in entry.members
        where ["auth", "username", "password", "identitytoken", "registrytoken"].contains(field.key) {
            if case .null = field.value { continue }
            let text = try text(field)
            fields[field.key] = text.isEmpty ? nil : (text, field.line)
        }
        if let token = fields["registrytoken"] { return .registryToken(token.text) }
        if let token = fields["identitytoken"] { return .identityToken(token.text) }
        if let auth = fields["auth"] { return try Self.password(of: auth.text, "\(path):\(auth.line)", member.key) }
        guard let user = fields["username"] else { return nil }
        return .password(user: user.text, password: fields["password"]?.text ?? "")
    }

    /// `user:password` in base64; the password may have colons.
    private static func password(of auth: String, _ place: String, _ key: String) throws -> Credential.Secret {
        let padded = auth + String(repeating: "=", count: (4 - auth.utf8.count % 4) % 4)
        guard let data = Data(base64Encoded: padded), let text = String(validating: data, as: UTF8.self) else {
            throw RegistryError.badConfiguration(
                place: place, problem: "the 'auth' of '\(key)' is not base64; log in again")
        }
        guard let colon = text.firstIndex(of: ":") else {
            throw RegistryError.badConfiguration(
                place: place, problem: "the 'auth' of '\(key)' is not user:password in base64; log in again")
        }
        // Old clients pad with NUL.
        var password = text[text.index(after: colon)...]
        while password.hasSuffix("\0") { password.removeLast() }
        return .password(user: String(text[..<colon]), password: String(password))
    }

    private func text(_ member: JSONMember) throws -> String {
        guard case .string(let text) = member.value else { throw wrongKind(member, expected: "a string") }
        return text
    }

    private func wrongKind(_ member: JSONMember, expected: String) -> RegistryError {
        .badConfiguration(
            place: "\(path):\(member.line)", problem: "'\(member.key)' is \(member.value.kind); expected \(expected)")
    }
}

/// A helper that a file names.
struct HelperChoice: Hashable, Sendable {
    /// The end of the program's name, as in `pass`.
    let name: String
    /// Where it is named, as in `credsStore of /root/.docker/config.json`.
    let origin: String
    let line: Int
}
