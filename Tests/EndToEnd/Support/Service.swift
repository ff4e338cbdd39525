import SystemPackage

/// A copy of a service that a test may change.
struct Service: Sendable {
    /// The services in `Services/`.
    enum Name: String, CaseIterable, Sendable {
        case driftwood
        case flaskHello = "flask-hello"
        case fastapiHello = "fastapi-hello"
        case goHello = "go-hello"
        case poetryHello = "poetry-hello"
        case pdmHello = "pdm-hello"
        case pipenvHello = "pipenv-hello"
        case pep621Hello = "pep621-hello"
        case goWorkspace = "go-workspace"
        case flaskFactory = "flask-factory"
        case djangoASGI = "django-asgi"
        case streamlitHello = "streamlit-hello"
        case script
        case uvHello = "uv-hello"
        case uvWorkspace = "uv-workspace"
    }

    let folder: FilePath

    /// A copy of a service, in a folder with the service's name.
    init(copying name: Name, for user: User? = nil) async throws {
        try await self.init(copyingFolder: name.rawValue, for: user)
    }

    /// A copy of a folder of `Services/`, for a service that only its own tests can build.
    init(copyingFolder name: String, for user: User? = nil) async throws {
        let parent = try Workspace.here().makeFolder("service")
        folder = parent.appending(name)
        let original = FilePath(#filePath).removingLastComponent().removingLastComponent()
            .appending("Services").appending(name)
        try await Command("cp", "-R", original.string, folder.string).succeed()
        try await give(parent, to: user)
    }

    /// A service of these files, by path.
    init(named name: String = "service", _ files: [String: String], for user: User? = nil) async throws {
        let parent = try Workspace.here().makeFolder("service")
        folder = parent.appending(name)
        try await Command("mkdir", folder.string).succeed()
        for (path, text) in files {
            let file = folder.pushing(FilePath(path))
            try await Command("mkdir", "-p", file.removingLastComponent().string).succeed()
            try file.write(text)
        }
        try await give(parent, to: user)
    }

    /// A file of the service.
    subscript(path: String) -> FilePath { folder.pushing(FilePath(path)) }

    private func give(_ folder: FilePath, to user: User?) async throws {
        guard let user else { return }
        try await Command("chown", "-R", "\(user.id):\(user.group)", folder.string).succeed()
    }
}
