import Files
import Formats
import Glibc
import Subprocess
import SystemPackage

/// A program `docker-credential-NAME` that keeps credentials in a keychain (docker-credential-helpers protocol).
///
/// Its action is the only argument, its input comes on standard input, what went wrong on standard output.
struct CredentialHelper: Sendable {
    let choice: HelperChoice
    let environment: [String: String]
    var timeLimit: Duration = .seconds(30)

    /// How messages name it.
    var origin: String { "\(program) (\(choice.origin))" }

    private var program: String { "docker-credential-\(choice.name)" }

    /// What it keeps for a server; nil for nothing.
    func get(_ server: String) async throws -> Credential.Secret? {
        let output = try await run("get", input: server)
        guard output.isSuccess else {
            if Self.saysNotFound(output) { return nil }
            throw failed("get", output)
        }
        guard case .object(let answer)? = try? JSONDocument(parsing: output.text, file: program).root else {
            throw problem("'\(program) get' printed something that is not a JSON object")
        }
        func field(_ name: String) throws -> String {
            switch answer[name] {
            case .string(let text)?: return text
            case nil, .null?: return ""
            default: throw problem("'\(program) get' printed a '\(name)' that is not a string")
            }
        }
        let (user, secret) = (try field("Username"), try field("Secret"))
        if user.isEmpty && secret.isEmpty { return nil }
        return user == "<token>" ? .identityToken(secret) : .password(user: user, password: secret)
    }

    /// Gives it a password to keep.
    func store(_ server: String, user: String, password: String) async throws {
        let input = JSONDocument(
            root: .object(
                JSONObject([
                    JSONMember(key: "ServerURL", value: .string(server), line: 0),
                    JSONMember(key: "Username", value: .string(user), line: 0),
                    JSONMember(key: "Secret", value: .string(password), line: 0),
                ])), file: program)
        let output = try await run("store", input: input.text(indent: ""))
        // What it says is not repeated where it might repeat the password.
        guard output.isSuccess else {
            throw failed("store", output.contains(password) ? Output(isSuccess: false, text: "", errors: "") : output)
        }
    }

    /// Lets it forget a server; one that it does not know is fine.
    func erase(_ server: String) async throws {
        let output = try await run("erase", input: server)
        guard output.isSuccess || Self.saysNotFound(output) else { throw failed("erase", output) }
    }

    // MARK: - The program

    private struct Output: Sendable {
        let isSuccess: Bool
        let text: String
        let errors: String

        func contains(_ secret: String) -> Bool { !secret.isEmpty && (text + errors).contains(secret) }
    }

    private func run(_ action: String, input text: String) async throws -> Output {
        let path = try find()
        let input: FileDescriptor
        do {
            input = try Self.pipe(holding: text)
        } catch {
            throw problem("'\(program) \(action)' cannot be given its input: \(error)")
        }
        let body: @Sendable () async throws -> Output = {
            var options = PlatformOptions()
            // A session of its own, so that what the helper starts ends with it.
            options.createSession = true
            options.teardownSequence = [.gracefulShutDown(toProcessGroup: true, allowedDurationToNextStep: .seconds(1))]
            let result = try await Subprocess.run(
                .path(path), arguments: [action], environment: custom(environment), platformOptions: options,
                input: .fileDescriptor(input, closeAfterSpawningProcess: true),
                output: .string(limit: 64 << 10), error: .string(limit: 64 << 10))
            return Output(
                isSuccess: result.terminationStatus.isSuccess, text: result.standardOutput, errors: result.standardError
            )
        }
        do {
            return try await limited(body, action)
        } catch let error as SubprocessError {
            try Task.checkCancellation()
            throw problem("'\(program) \(action)' failed: \(error.description)")
        }
    }

    private func limited(
        _ body: @escaping @Sendable () async throws -> Output, _ action: String
    ) async throws -> Output {
        try await withThrowingTaskGroup(of: Output?.self) { group in
            group.addTask { try await body() }
            group.addTask {
                try await Task.sleep(for: timeLimit)
                return nil
            }
            defer { group.cancelAll() }
            guard let first = try await group.next(), let output = first else {
                throw problem(
                    "'\(program) \(action)' did not answer within \(timeLimit.components.seconds) seconds; "
                        + "it may wait for a keychain to be unlocked")
            }
            return output
        }
    }

    /// A pipe that holds the text already: writing to a program that ended without reading would end this one.
    private static func pipe(holding text: String) throws -> FileDescriptor {
        let ends = try FileDescriptor.pipe()
        defer { try? ends.writeEnd.close() }
        do {
            guard fcntl(ends.readEnd.rawValue, F_SETFD, FD_CLOEXEC) == 0,
                fcntl(ends.writeEnd.rawValue, F_SETFD, FD_CLOEXEC) == 0,
                // What does not fit fails instead of waiting for a reader.
                fcntl(ends.writeEnd.rawValue, F_SETFL, O_NONBLOCK) == 0
            else { throw Errno(rawValue: errno) }
            try ends.writeEnd.writeAll(text.utf8)
        } catch {
            try? ends.readEnd.close()
            throw error
        }
        return ends.readEnd
    }

    /// The program in PATH; only absolute folders count.
    private func find() throws -> FilePath {
        guard !choice.name.contains("/") else { throw problem("'\(choice.name)' is no name of a credential helper") }
        for folder in (environment["PATH"] ?? "/usr/local/bin:/usr/bin:/bin").split(separator: ":")
        where folder.hasPrefix("/") {
            let path = FilePath(String(folder)).appending(program)
            if access(path.string, X_OK) == 0, !HostFiles.isFolder(path) { return path }
        }
        throw problem(
            "the credential helper \(program) is not in PATH; install it, or remove it from \(choice.origin)")
    }

    private func custom(_ environment: [String: String]) -> Environment {
        .custom(
            Dictionary(
                uniqueKeysWithValues: environment.compactMap { name, value in
                    Environment.Key(rawValue: name).map { ($0, value) }
                }))
    }

    private static func saysNotFound(_ output: Output) -> Bool {
        (output.text + output.errors).contains("credentials not found in native keychain")
    }

    private func failed(_ action: String, _ output: Output) -> RegistryError {
        // A secret would stand in JSON; messages never do.
        let said = [output.text, output.errors].map { $0.trimmingSpaces() }
            .filter { !$0.isEmpty && !$0.contains("{") && !$0.contains("Secret") }
            .joined(separator: "; ").prefix(300)
        return problem(
            "'\(program) \(action)' failed"
                + (said.isEmpty ? "" : ": \(said.split(whereSeparator: \.isNewline).joined(separator: "; "))"))
    }

    private func problem(_ text: String) -> RegistryError {
        let file = choice.origin.split(separator: " ").last.map(String.init) ?? choice.origin
        return .badConfiguration(place: "\(file):\(choice.line)", problem: text)
    }
}
