/// One call of `autoimage build`.
struct BuildRequest: Sendable {
    let arguments: PlanArguments
    var tags: [String]
    let outputs: [OutputArgument]
    let target: Target
    let useCache: Bool
    var metadataFile: String?

    enum Target: Sendable { case builder, runtime }

    /// The request as it is for each of several programs: `{app}` in a text stands for the program's name.
    ///
    /// Fails where two images would get one name or be written to one file.
    func forEach(of services: [PlannedService]) throws -> [BuildRequest] {
        let one = services.count == 1
        func fill(_ text: String, _ option: String, _ app: String) throws -> String {
            guard one || text.contains("{app}") else {
                throw Failure(
                    .usage,
                    "\(option) \(text): \(services.count) programs cannot share it; put {app} where the "
                        + "program's name goes, as in \(option) \(Self.example(text))")
            }
            return text.replacing("{app}", with: app)
        }
        return try services.map { service in
            var request = self
            let app = service.appName
            request.tags = try tags.map { try fill($0, "-t", app) }
            request.metadataFile = try metadataFile.map { try fill($0, "--metadata-file", app) }
            return request
        }
    }

    /// The text with a place for the program: before the tag or the file's ending.
    private static func example(_ text: String) -> String {
        let name = text.split(separator: "/", omittingEmptySubsequences: false).last ?? ""
        guard let mark = name.lastIndex(where: { $0 == ":" || $0 == "." }) else { return text + "-{app}" }
        return text[..<mark] + "-{app}" + text[mark...]
    }
}
