import Images
import SystemPackage

/// One call of `autoimage build`.
struct BuildRequest: Sendable {
    let arguments: PlanArguments
    var tags: [String]
    var outputs: [OutputArgument]
    let target: Target
    let useCache: Bool
    var metadataFile: String?
    let caches: CacheArguments

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
            request.outputs = try outputs.map { try $0.filled(with: app, isShared: !one) }
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

extension OutputArgument {
    /// The destination with the program's name in place of `{app}`; fails where several programs cannot share it.
    fileprivate func filled(with app: String, isShared: Bool) throws -> OutputArgument {
        guard !isShared || names.isEmpty else {
            throw Failure(
                .usage, "--output: several programs cannot be named \(names[0]); name them with -t NAME-{app}")
        }
        func path(_ path: FilePath) throws -> FilePath {
            guard !isShared || path.string.contains("{app}") else {
                throw Failure(
                    .usage, "--output \(type):\(path): holds one image; put {app} where the program's name goes")
            }
            return FilePath(path.string.replacing("{app}", with: app))
        }
        func archive(_ place: ArchivePlace) throws -> ArchivePlace {
            if case .file(let file) = place { return .file(try path(file)) }
            guard !isShared else {
                throw Failure(.usage, "standard output takes one archive; write several programs to files")
            }
            return place
        }
        var result =
            switch place {
            case .registry, .daemon: self
            // A layout holds any number of images by their names.
            case .layout(let folder):
                OutputArgument(.layout(FilePath(folder.string.replacing("{app}", with: app))))
            case .layoutArchive(let place): OutputArgument(.layoutArchive(try archive(place)))
            case .dockerArchive(let place): OutputArgument(.dockerArchive(try archive(place)))
            case .files(let folder): OutputArgument(.files(try path(folder)))
            }
        result.names = names
        return result
    }
}
