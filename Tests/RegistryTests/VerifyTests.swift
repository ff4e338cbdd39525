import Registry
import Synchronization
import TestSupport
import Testing

/// `autoimage login` asks the registry first.
@Suite struct VerifyTests {
    private func verify(
        _ password: String, at registry: ScriptedRegistry, user: String = "joe"
    ) async throws -> Bool {
        var options = RegistryOptions()
        options.environment = [:]
        let client = try RegistryClient(
            options, credentials: CredentialFinder(environment: ["XDG_RUNTIME_DIR": "/nonexistent"])
        ) { _ in }
        do {
            let result = try await client.verify(
                Credential(.password(user: user, password: password), origin: "the test"), at: registry.host)
            await client.shutdown()
            return result
        } catch {
            await client.shutdown()
            throw error
        }
    }

    private func options(_ authentication: ScriptedRegistryOptions.Authentication) -> ScriptedRegistryOptions {
        var options = ScriptedRegistryOptions()
        options.authentication = authentication
        options.users = ["joe": "s:ecret"]
        return options
    }

    @Test(arguments: [ScriptedRegistryOptions.Authentication.basic, .bearer()])
    func `accepts the right password and denies a wrong one`(
        authentication: ScriptedRegistryOptions.Authentication
    ) async throws {
        try await ScriptedRegistry.serving(options(authentication)) { registry in
            let wasAsked = try await verify("s:ecret", at: registry)
            #expect(wasAsked)
            let error = await #expect(throws: RegistryError.self) { try await verify("wrong", at: registry) }
            guard case .denied(registry.host, _, _, tried: "the test")? = error else {
                Issue.record("not denied: \(String(describing: error))")
                return
            }
            await #expect(throws: RegistryError.self) { try await verify("s:ecret", at: registry, user: "jim") }
        }
    }

    @Test func `says so where nobody asks`() async throws {
        try await ScriptedRegistry.serving(options(.none)) { registry in
            let wasAsked = try await verify("anything", at: registry)
            #expect(!wasAsked)
            #expect(registry.requests.allSatisfy { $0.headers["authorization"] == nil })
        }
    }
}
