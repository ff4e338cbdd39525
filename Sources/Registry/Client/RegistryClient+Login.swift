import NIOHTTP1

extension RegistryClient {
    /// Shows a registry who we are, and returns whether it asked at all.
    ///
    /// Fails with `RegistryError.denied` where it does not accept the credential; nothing else of this client uses it.
    package func verify(_ credential: Credential, at registry: String) async throws -> Bool {
        let wanted = "the login"
        try needNetwork(wanted)
        let host = newHost(registry, credentials: CredentialFinder(only: credential))
        let call = Call(method: .GET, place: .path("/v2/"), wanted: wanted, expected: [200])
        do {
            try await host.exchange(host.makeBudget(), { call }) { await $0.drain() }
        } catch RegistryError.denied(_, _, let said, tried: nil) {
            throw RegistryError.refused(
                host: registry, wanted: wanted, said: "\(said); it asks for another proof than user and password")
        }
        return host.tried != nil
    }
}
