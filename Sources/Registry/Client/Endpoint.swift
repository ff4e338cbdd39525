import NIOHTTP1
import OCI

/// A repository where it is really asked: at its registry or at a mirror.
struct Endpoint: Sendable {
    let host: RegistryHost
    /// The repository's path there.
    let name: String
    let isMirror: Bool

    /// A call below `/v2/<name>/`.
    func call(_ method: HTTPMethod, _ path: String, wanted: String, expected: Set<Int>?) -> Call {
        Call(
            method: method, place: .path("/v2/\(name)/\(path)"), wanted: wanted, scopes: [.pull(name)],
            expected: expected)
    }

    /// A call that writes.
    func pushCall(_ method: HTTPMethod, _ path: String, wanted: String, expected: Set<Int>?) -> Call {
        var call = call(method, path, wanted: wanted, expected: expected)
        call.scopes = [.push(name)]
        return call
    }
}
