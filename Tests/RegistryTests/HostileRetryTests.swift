import Glibc
import Images
import OCI
import Registry
import TestSupport
import Testing

extension HostileTests {
    /// Registries that say "later".
    struct HostileRetryTests {
        private func serving(
            _ change: (inout RegistryOptions) -> Void = { _ in },
            _ body: (ScriptedRegistry, TestClient) async throws -> Void
        ) async throws {
            try await Workshop.using { workshop in
                let store = try workshop.store("store")
                let image = try workshop.image(in: store, layers: [Workshop.bytes(100, seed: 1)])
                try await ScriptedRegistry.serving { registry in
                    try registry.load(ImageSet(image), from: store)
                    try await TestClient.using(workshop, change) { client in try await body(registry, client) }
                }
            }
        }

        @Test func `after 429 with seconds the client waits that long`() async throws {
            try await serving { registry, client in
                registry.fault(.getManifest, .answer(429, headers: ["Retry-After": "7"]))
                _ = try await client.registry.manifest(registry.reference())
                #expect(client.waits == [.seconds(7)])
                #expect(registry.requests(.getManifest).map(\.status) == [429, 200])
                let said = "\(registry.host) is too busy for \(registry.wanted()): 429 Too Many Requests"
                #expect(client.notes == ["\(said); trying again in 7 s"])
            }
        }

        @Test func `after 429 with a date the client waits until then`() async throws {
            try await serving { registry, client in
                let headers = [
                    "Date": "Sun, 06 Nov 1994 08:49:37 GMT", "Retry-After": "Sun, 06 Nov 1994 08:49:42 GMT",
                ]
                registry.fault(.getManifest, .answer(429, headers: headers))
                _ = try await client.registry.manifest(registry.reference())
                #expect(client.waits == [.seconds(5)])
            }
        }

        @Test func `a wait longer than the budget ends at once`() async throws {
            try await serving { registry, client in
                registry.fault(.getManifest, .answer(429, headers: ["Retry-After": "3600"]), times: nil)
                try await expectFailure(
                    .busy(host: registry.host, wanted: registry.wanted(), said: "429 Too Many Requests")
                ) {
                    try await client.registry.manifest(registry.reference())
                }
                #expect(client.waits == [])
                #expect(registry.requests(.getManifest).count == 1)
            }
        }

        @Test func `429 for ever ends within the budget and names the host`() async throws {
            try await serving { registry, client in
                registry.fault(
                    .getManifest,
                    .answer(429, body: #"{"errors":[{"code":"TOOMANYREQUESTS","message":"rate limit reached"}]}"#),
                    times: nil)
                try await expectFailure(
                    .busy(
                        host: registry.host, wanted: registry.wanted(),
                        said: "429 Too Many Requests (TOOMANYREQUESTS: rate limit reached)")
                ) {
                    try await client.registry.manifest(registry.reference())
                }
                #expect(client.waits == [.milliseconds(500), .seconds(1), .seconds(2), .seconds(4)])
                #expect(client.waits.reduce(.zero, +) <= .seconds(10))
            }
        }

        @Test(arguments: [408, 429, 499, 500, 502, 503, 504, 522])
        func `a status that may pass is asked again`(_ status: Int) async throws {
            try await serving { registry, client in
                registry.fault(.getManifest, .answer(status), times: 2)
                _ = try await client.registry.manifest(registry.reference())
                #expect(registry.requests(.getManifest).map(\.status) == [status, status, 200])
                #expect(client.waits == [.milliseconds(500), .seconds(1)])
            }
        }

        @Test(arguments: [
            (400, "400 Bad Request"), (403, "403 Forbidden"), (404, "404 Not Found"), (405, "405 Method Not Allowed"),
            (410, "410 Gone"), (451, "451 Unavailable For Legal Reasons"), (501, "501 Not Implemented"),
            (505, "505 HTTP Version Not Supported"),
        ])
        func `a status that will not pass is not asked again`(_ status: Int, _ text: String) async throws {
            try await serving { registry, client in
                registry.fault(.getManifest, .answer(status), times: nil)
                let error = try await failure { try await client.registry.manifest(registry.reference()) }
                let (host, wanted) = (registry.host, registry.wanted())
                let expected: RegistryError =
                    switch status {
                    case 403: .denied(host: host, wanted: wanted, said: text, tried: nil)
                    case 404: .notFound(host: host, wanted: wanted, said: text)
                    default: .refused(host: host, wanted: wanted, said: text)
                    }
                #expect(error == expected)
                #expect(registry.requests(.getManifest).count == 1)
                #expect(client.waits == [])
            }
        }

        @Test func `nobody listening ends after a few attempts`() async throws {
            try await Workshop.using { workshop in
                let host = try await ScriptedRegistry.serving { $0.host }
                try await TestClient.using(workshop) { client in
                    let reference = try Reference(parsing: "\(host)/team/web:1")
                    try await expectFailure(
                        .unreachable(host: host, wanted: "\(host)/team/web:1", reason: "connection refused")
                    ) {
                        try await client.registry.manifest(reference)
                    }
                    #expect(client.waits == [.milliseconds(500), .seconds(1), .seconds(2)])
                }
            }
        }
    }
}
