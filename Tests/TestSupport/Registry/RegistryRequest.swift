import OCI

/// A request taken apart.
struct RegistryRequest {
    let method: String
    let path: String
    /// Names and values of the query, decoded; in order.
    let query: [(name: String, value: String)]
    /// By lower-case name.
    let headers: [String: String]
    var body: [UInt8] = []
    /// What the path stands for; nil for one that is not of the specification.
    let target: Target?

    /// What paths stand for.
    enum Target: Hashable {
        case ping
        case token
        case manifest(repository: String, reference: String)
        case blob(repository: String, digest: String)
        case uploads(repository: String)
        case upload(repository: String, id: String)
        case referrers(repository: String, digest: String)
        case tags(repository: String)
    }

    init(method: String, uri: String, headers: [String: String]) {
        let parts = uri.split(separator: "?", maxSplits: 1, omittingEmptySubsequences: false)
        self.method = method
        path = String(parts[0])
        query = parts.count > 1 ? Self.pairs(String(parts[1])) : []
        self.headers = headers
        target = Self.target(path)
    }

    /// The first value of a name in the query.
    func query(_ name: String) -> String? { query.first { $0.name == name }?.value }

    /// Which call of the specification it is.
    var call: RegistryFault.Call? {
        switch (method, target) {
        case (_, nil): nil
        case (_, .ping): .ping
        case ("POST", .token): .refreshToken
        case (_, .token): .token
        case ("HEAD", .manifest): .headManifest
        case ("PUT", .manifest(_, let reference)): reference.contains(":") ? .putManifest : .putTag
        case ("DELETE", .manifest): .deleteManifest
        case (_, .manifest): .getManifest
        case ("HEAD", .blob): .headBlob
        case (_, .blob): .getBlob
        case (_, .uploads): query("mount") == nil ? .startUpload : .mount
        case ("PATCH", .upload): .patchUpload
        case ("PUT", .upload): .putUpload
        case ("DELETE", .upload): .cancelUpload
        case (_, .upload): .getUpload
        case (_, .referrers): .getReferrers
        case (_, .tags): .listTags
        }
    }

    /// The repository that the path names, and what must be allowed there.
    var scope: (repository: String, action: String)? {
        let action = method == "GET" || method == "HEAD" ? "pull" : method == "DELETE" ? "delete" : "push"
        switch target {
        case .upload(let repository, _): return (repository, "push")
        case .manifest(let repository, _), .blob(let repository, _), .uploads(let repository),
            .referrers(let repository, _), .tags(let repository):
            return (repository, action)
        case .ping, .token, nil: return nil
        }
    }

    private static func target(_ path: String) -> Target? {
        if path == "/v2/" || path == "/v2" { return .ping }
        if path == "/token" { return .token }
        let parts = path.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard parts.count >= 5, parts[0].isEmpty, parts[1] == "v2" else { return nil }
        let (last, kind) = (parts[parts.count - 1], parts[parts.count - 2])
        func repository(without count: Int) -> String { parts[2..<(parts.count - count)].joined(separator: "/") }
        switch kind {
        case "manifests": return .manifest(repository: repository(without: 2), reference: last)
        case "referrers": return .referrers(repository: repository(without: 2), digest: last)
        case "tags" where last == "list": return .tags(repository: repository(without: 2))
        case "uploads" where parts.count >= 6 && parts[parts.count - 3] == "blobs":
            return last.isEmpty
                ? .uploads(repository: repository(without: 3)) : .upload(repository: repository(without: 3), id: last)
        case "blobs" where last == "uploads": return .uploads(repository: repository(without: 2))
        case "blobs": return .blob(repository: repository(without: 2), digest: last)
        default: return nil
        }
    }

    /// Names and values of a query or a form.
    static func pairs(_ text: String) -> [(name: String, value: String)] {
        text.split(separator: "&").map { pair in
            let parts = pair.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
            return (decoded(parts[0]), parts.count > 1 ? decoded(parts[1]) : "")
        }
    }

    private static func decoded(_ text: Substring) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            let digits = String(decoding: rest.prefix(2), as: UTF8.self)
            if byte == UInt8(ascii: "%"), digits.utf8.count == 2, let value = UInt8(digits, radix: 16) {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte == UInt8(ascii: "+") ? UInt8(ascii: " ") : byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// What is sent back.
struct RegistryAnswer {
    var status: Int
    var headers: [String: String] = [:]
    var body: [UInt8] = []

    init(_ status: Int, _ headers: [String: String] = [:], body: [UInt8] = []) {
        self.status = status
        self.headers = headers
        self.body = body
    }

    /// An error document (OCI distribution-spec, "Error Codes").
    static func error(_ status: Int, _ code: String, _ message: String) -> RegistryAnswer {
        let text = #"{"errors":[{"code":"\#(code)","message":"\#(message)"}]}"#
        return RegistryAnswer(status, ["Content-Type": "application/json"], body: Array(text.utf8))
    }
}
