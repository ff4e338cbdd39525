/// One call of `autoimage build`.
struct BuildRequest: Sendable {
    let arguments: PlanArguments
    let tags: [String]
    let outputs: [OutputArgument]
    let target: Target
    let useCache: Bool
    let metadataFile: String?
    let caches: CacheArguments

    enum Target: Sendable { case builder, runtime }
}
