import Planning

/// A program that serves WSGI or ASGI applications, and how it is started.
struct WebServer: Sendable {
    /// The project on the index, normalised.
    let requirement: String
    let interface: Framework.Serving
    /// The words of the command; `{target}` is the application, `${PORT}` the port.
    let words: [String]
    /// The words for a factory; nil where the server cannot call one.
    let factory: [String]?
    /// A project that must be there too for the server to be taken.
    var companion: String?

    private static let uvicornPlace = ["--host", "0.0.0.0", "--port", "${PORT}"]
    private static let granianPlace = ["--host", "0.0.0.0", "--port", "${PORT}", "{target}"]
    private static let asgiGunicorn = ["gunicorn", "--worker-class", "uvicorn_worker.UvicornWorker"]

    /// By rank: the first in the requirements serves.
    static let all = [
        // gunicorn listens on 0.0.0.0:$PORT by itself where PORT is set.
        WebServer(
            requirement: "gunicorn", interface: .wsgi, words: ["gunicorn", "{target}"],
            factory: ["gunicorn", "{target}()"]),
        WebServer(
            requirement: "waitress", interface: .wsgi, words: ["waitress-serve", "--listen=*:${PORT}", "{target}"],
            factory: ["waitress-serve", "--listen=*:${PORT}", "--call", "{target}"]),
        WebServer(
            requirement: "granian", interface: .wsgi, words: ["granian", "--interface", "wsgi"] + granianPlace,
            factory: ["granian", "--interface", "wsgi", "--factory"] + granianPlace),
        WebServer(
            requirement: "uwsgi", interface: .wsgi,
            words: [
                "uwsgi", "--http-socket", "0.0.0.0:${PORT}", "--master", "--die-on-term", "--need-app", "--module",
                "{target}",
            ],
            factory: [
                "uwsgi", "--http-socket", "0.0.0.0:${PORT}", "--master", "--die-on-term", "--need-app", "--module",
                "{target}()",
            ]),
        WebServer(
            requirement: "cheroot", interface: .wsgi, words: ["cheroot", "--bind", "0.0.0.0:${PORT}", "{target}"],
            factory: nil),
        // Who installs gunicorn's worker class for ASGI means gunicorn.
        WebServer(
            requirement: "gunicorn", interface: .asgi, words: asgiGunicorn + ["{target}"],
            factory: asgiGunicorn + ["{target}()"], companion: "uvicorn-worker"),
        WebServer(
            requirement: "uvicorn", interface: .asgi, words: ["uvicorn", "{target}"] + uvicornPlace,
            factory: ["uvicorn", "--factory", "{target}"] + uvicornPlace),
        WebServer(
            requirement: "hypercorn", interface: .asgi, words: ["hypercorn", "{target}", "--bind", "0.0.0.0:${PORT}"],
            factory: ["hypercorn", "{target}()", "--bind", "0.0.0.0:${PORT}"]),
        WebServer(
            requirement: "granian", interface: .asgi, words: ["granian", "--interface", "asgi"] + granianPlace,
            factory: ["granian", "--interface", "asgi", "--factory"] + granianPlace),
        WebServer(
            requirement: "daphne", interface: .asgi, words: ["daphne", "-b", "0.0.0.0", "-p", "${PORT}", "{target}"],
            factory: nil),
    ]

    /// Projects that always bring another along, or with one of these extras.
    private static let brought: [(project: String, by: String, extras: Set<String>)] = [
        ("uvicorn", "fastapi", ["standard", "all"]), ("uvicorn", "fastapi-cli", []),
        ("uvicorn", "litestar", ["standard", "full"]),
        ("uvicorn", "connexion", ["uvicorn"]), ("uvicorn", "python-fasthtml", []), ("uvicorn", "gradio", []),
        ("hypercorn", "quart", []), ("daphne", "channels", ["daphne"]),
        ("fastapi-cli", "fastapi", ["standard", "all"]), ("uvicorn", "uvicorn-worker", []),
        ("gunicorn", "uvicorn-worker", []),
    ]

    /// The requirement that brings a project: its own, or that of a project that depends on it.
    static func requirement(_ name: String, in requirements: RequirementSet?) -> Requirement? {
        if let own = requirements?.requirement(name) { return own }
        for row in brought where row.project == name {
            guard let found = requirements?.requirement(row.by) else { continue }
            if row.extras.isEmpty || !row.extras.isDisjoint(with: found.extras) { return found }
        }
        return nil
    }

    /// The server of an interface that the requirements bring along.
    static func installed(_ interface: Framework.Serving, in requirements: RequirementSet?) -> (WebServer, Requirement)?
    {
        for server in all where server.interface == interface {
            if let companion = server.companion, requirement(companion, in: requirements) == nil { continue }
            if let found = requirement(server.requirement, in: requirements) { return (server, found) }
        }
        return nil
    }

    /// The command for an application, or for a factory with what it needs; nil where the server cannot call it.
    func command(_ target: String, _ needs: ModuleObjects.Needs?) -> [String]? {
        switch needs {
        case nil: words.map { $0.replacing("{target}", with: target) }
        case .nothing: factory?.map { $0.replacing("{target}", with: target) }
        case .settings where requirement == "gunicorn": words.map { $0.replacing("{target}", with: "\(target)({})") }
        default: nil
        }
    }
}
