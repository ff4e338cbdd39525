/// What a request needs to be allowed: actions in one repository (token specification, "resource scope").
package struct RegistryScope: Hashable, Sendable, CustomStringConvertible {
    /// The repository's path, as in `Repository.name`.
    package let repository: String
    package let mayPush: Bool

    package static func pull(_ repository: String) -> RegistryScope {
        RegistryScope(repository: repository, mayPush: false)
    }

    package static func push(_ repository: String) -> RegistryScope {
        RegistryScope(repository: repository, mayPush: true)
    }

    /// As token servers read it: `repository:library/python:pull`.
    package var description: String { "repository:\(repository):\(mayPush ? "pull,push" : "pull")" }
}

/// The scopes that a token is asked for: ours in their order, and what challenges added.
///
/// The one to push to comes first: some servers look at no other.
struct ScopeSet: Hashable {
    private var scopes: [Scope]
    private let own: [Scope]

    private struct Scope: Hashable {
        /// Type and name, as in `repository:library/python`.
        let resource: String
        var actions: [String]

        init(resource: String, actions: [String]) {
            self.resource = resource
            self.actions = actions
        }

        init?(_ text: Substring) {
            guard let colon = text.lastIndex(of: ":"), colon > text.startIndex else { return nil }
            resource = String(text[..<colon])
            actions = text[text.index(after: colon)...].split(separator: ",").map(String.init)
        }

        var text: String { "\(resource):\(actions.joined(separator: ","))" }
    }

    init(_ wanted: [RegistryScope], added: [String]) {
        let sorted = wanted.filter(\.mayPush) + wanted.filter { !$0.mayPush }
        scopes = []
        for scope in sorted.compactMap({ Scope(Substring($0.description)) }) { Self.merge(scope, into: &scopes) }
        own = scopes
        for text in added { if let scope = Scope(Substring(text)) { Self.merge(scope, into: &scopes) } }
    }

    /// The set with those of a challenge, separated by spaces.
    func adding(_ texts: String) -> ScopeSet {
        var result = self
        // A challenge is not trusted to be short.
        for text in texts.split(separator: " ").prefix(16) {
            if let scope = Scope(text) { Self.merge(scope, into: &result.scopes) }
        }
        return result
    }

    /// What challenges brought.
    var added: [String] { scopes.filter { !own.contains($0) }.map(\.text) }

    /// As they stand in a request.
    var texts: [String] { scopes.map(\.text) }

    private static func merge(_ scope: Scope, into scopes: inout [Scope]) {
        guard let index = scopes.firstIndex(where: { $0.resource == scope.resource }) else {
            return scopes.append(scope)
        }
        for action in scope.actions where !scopes[index].actions.contains(action) {
            scopes[index].actions.append(action)
        }
    }
}
