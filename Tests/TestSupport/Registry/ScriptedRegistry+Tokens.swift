import Foundation
import OCI
import Synchronization

/// Tokens that were given out.
struct TokenTable {
    var scopes: [String: Set<String>] = [:]
    var uses: [String: Int] = [:]
    var count = 0
}

/// Who may do what (the Docker registry's token authentication, and Basic).
extension ScriptedRegistry {
    /// The refusal of a request that nobody may make who sends what it sends; nil where it may pass.
    func refusal(of request: RegistryRequest) -> RegistryAnswer? {
        switch options.authentication {
        case .none: nil
        case .basic: basicRefusal(of: request)
        case .bearer(let uses, _): bearerRefusal(of: request, uses: uses)
        }
    }

    /// Forgets all tokens.
    package func revokeTokens() { tokens.withLock { $0.scopes = [:] } }

    /// How many tokens were given out.
    package var tokenCount: Int { tokens.withLock { $0.count } }

    private func basicRefusal(of request: RegistryRequest) -> RegistryAnswer? {
        if user(of: request) == nil {
            if options.isPublic, let scope = request.scope, scope.action == "pull" { return nil }
            return challenge(#"Basic realm="scripted""#)
        }
        return isForbidden(request) ? .error(403, "DENIED", "requested access to the resource is denied") : nil
    }

    private func bearerRefusal(of request: RegistryRequest, uses: Int?) -> RegistryAnswer? {
        let wanted = request.scope.map { "repository:\($0.repository):\($0.action == "pull" ? "pull" : "pull,push")" }
        func ask(_ error: String?) -> RegistryAnswer {
            var text = #"Bearer realm="\#(options.realm ?? url + "/token")",service="scripted""#
            if let wanted { text += #",scope="\#(wanted)""# }
            if let error { text += #",error="\#(error)""# }
            return challenge(text)
        }
        guard let header = request.headers["authorization"], header.hasPrefix("Bearer ") else { return ask(nil) }
        let token = String(header.dropFirst("Bearer ".count))
        return tokens.withLock { table in
            guard let scopes = table.scopes[token] else { return ask("invalid_token") }
            if let uses, table.uses[token, default: 0] >= uses { return ask("invalid_token") }
            table.uses[token, default: 0] += 1
            if let scope = request.scope, !scopes.contains("\(scope.repository):\(scope.action)") {
                return ask("insufficient_scope")
            }
            return nil
        }
    }

    /// Gives a token for the scopes asked for, as far as the user may have them.
    func issueToken(_ request: RegistryRequest) -> RegistryAnswer {
        guard case .bearer(_, let expiresIn) = options.authentication else {
            return .error(404, "UNSUPPORTED", "page not found")
        }
        let form = request.method == "POST" ? RegistryRequest.pairs(String(decoding: request.body, as: UTF8.self)) : []
        let asked = (request.method == "POST" ? form : request.query).filter { $0.name == "scope" }
        let isUser: Bool
        if request.method == "POST" {
            isUser = form.contains { $0.name == "refresh_token" && options.users.values.contains($0.value) }
            guard isUser else { return .error(401, "UNAUTHORIZED", "refresh token unknown") }
        } else {
            isUser = user(of: request) != nil
            if !isUser, request.headers["authorization"] != nil {
                return .error(401, "UNAUTHORIZED", "incorrect username or password")
            }
        }
        var granted: Set<String> = []
        for scope in asked.flatMap({ $0.value.split(separator: " ") }) {
            let parts = scope.split(separator: ":")
            guard parts.count == 3 else { continue }
            for action in parts[2].split(separator: ",") where mayHave(String(action), String(parts[1]), isUser) {
                granted.insert("\(parts[1]):\(action)")
            }
        }
        let token = tokens.withLock { table in
            table.count += 1
            table.scopes["token-\(table.count)"] = granted
            return "token-\(table.count)"
        }
        let life = expiresIn.map { ",\"expires_in\":\($0)" } ?? ""
        return RegistryAnswer(
            200, ["Content-Type": "application/json"], body: Array("{\"token\":\"\(token)\"\(life)}".utf8))
    }

    private func mayHave(_ action: String, _ repository: String, _ isUser: Bool) -> Bool {
        if action == "pull" { return isUser || options.isPublic }
        return isUser && !options.readOnly.contains(repository)
    }

    private func isForbidden(_ request: RegistryRequest) -> Bool {
        guard let scope = request.scope, scope.action != "pull" else { return false }
        return options.readOnly.contains(scope.repository)
    }

    private func user(of request: RegistryRequest) -> String? {
        guard let header = request.headers["authorization"], header.hasPrefix("Basic "),
            let data = Data(base64Encoded: String(header.dropFirst("Basic ".count)))
        else { return nil }
        let parts = String(decoding: data, as: UTF8.self).split(
            separator: ":", maxSplits: 1, omittingEmptySubsequences: false)
        guard parts.count == 2, options.users[String(parts[0])] == String(parts[1]) else { return nil }
        return String(parts[0])
    }

    private func challenge(_ text: String) -> RegistryAnswer {
        var answer = RegistryAnswer.error(401, "UNAUTHORIZED", "authentication required")
        answer.headers["WWW-Authenticate"] = text
        return answer
    }
}
