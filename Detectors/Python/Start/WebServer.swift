import Planning

/// A program that serves WSGI or ASGI applications, and how it is started.
struct WebServer: Sendable {
    /// The project on the index, normalised.
    let requirement: String
    let interface: WebApp.Interface
    /// The words of the command; `{target}` is the application, `${PORT}` the port.
    let words: [String]
    /// The words for a factory; nil where the server cannot call one.
    let factory: [String]?

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
            requirement: "uvicorn", interface: .asgi,
            words: ["uvicorn", "{target}", "--host", "0.0.0.0", "--port", "${PORT}"],
            factory: ["uvicorn", "--factory", "{target}", "--host", "0.0.0.0", "--port", "${PORT}"]),
        WebServer(
            requirement: "hypercorn", interface: .asgi, words: ["hypercorn", "{target}", "--bind", "0.0.0.0:${PORT}"],
            factory: ["hypercorn", "{target}()", "--bind", "0.0.0.0:${PORT}"]),
        WebServer(
            requirement: "daphne", interface: .asgi, words: ["daphne", "-b", "0.0.0.0", "-p", "${PORT}", "{target}"],
            factory: nil),
    ]

    /// The server of an interface that the requirements bring along.
    static func installed(_ interface: WebApp.Interface, in requirements: RequirementSet?) -> (WebServer, Requirement)?
    {
        for server in all where server.interface == interface {
            if let found = requirements?.requirement(server.requirement) { return (server, found) }
            // FastAPI's own extras bring uvicorn.
            if server.requirement == "uvicorn", let fastapi = requirements?.requirement("fastapi"),
                !Set(fastapi.extras).isDisjoint(with: ["standard", "all"])
            {
                return (server, fastapi)
            }
        }
        return nil
    }

    /// The command for an application.
    func command(_ target: String, isFactory: Bool) -> [String]? {
        (isFactory ? factory : words)?.map { $0.replacing("{target}", with: target) }
    }
}
