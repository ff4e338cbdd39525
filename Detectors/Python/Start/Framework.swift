/// A web framework: the classes whose instances are applications, and what serves them.
struct Framework: Sendable, Hashable {
    /// `Flask`.
    let name: String
    /// The project that has it on the index, normalised.
    let requirement: String
    let serving: Serving
    /// Classes and functions that make an application, by their full names; the first and last part must fit.
    let makers: [String]

    /// What it takes to serve an application.
    enum Serving: Sendable, Hashable {
        case wsgi
        case asgi
        /// Sanic's own server for production.
        case sanic
        /// gunicorn with aiohttp's workers, else the script that calls `run_app`.
        case aiohttp
        /// A script that listens by itself once it makes one of these calls; the variables tell it where.
        case script(calls: [String], variables: [String])
        case streamlit
        /// The object is no application: one of its attributes is.
        case attribute(String)
    }

    init(_ name: String, _ requirement: String, _ serving: Serving, _ makers: [String]) {
        self.name = name
        self.requirement = requirement
        self.serving = serving
        self.makers = makers
    }

    static let all = [
        Framework("Flask", "flask", .wsgi, ["flask.Flask"]),
        Framework("APIFlask", "apiflask", .wsgi, ["apiflask.APIFlask"]),
        Framework("Bottle", "bottle", .wsgi, ["bottle.Bottle", "bottle.default_app", "bottle.app"]),
        Framework("Falcon", "falcon", .wsgi, ["falcon.App", "falcon.API"]),
        Framework("Falcon", "falcon", .asgi, ["falcon.asgi.App"]),
        Framework("Pyramid", "pyramid", .wsgi, []),
        Framework("Django", "django", .wsgi, ["django.core.wsgi.get_wsgi_application"]),
        Framework("Django", "django", .asgi, ["django.core.asgi.get_asgi_application"]),
        Framework("FastAPI", "fastapi", .asgi, ["fastapi.FastAPI"]),
        Framework("Starlette", "starlette", .asgi, ["starlette.applications.Starlette"]),
        Framework("Litestar", "litestar", .asgi, ["litestar.Litestar"]),
        Framework("Quart", "quart", .asgi, ["quart.Quart"]),
        Framework("FastHTML", "python-fasthtml", .asgi, ["fasthtml.FastHTML", "fasthtml.fast_app"]),
        Framework("BlackSheep", "blacksheep", .asgi, ["blacksheep.Application"]),
        Framework("Connexion", "connexion", .asgi, ["connexion.AsyncApp", "connexion.FlaskApp", "connexion.App"]),
        Framework("Socket.IO", "python-socketio", .asgi, ["socketio.ASGIApp"]),
        Framework("Socket.IO", "python-socketio", .wsgi, ["socketio.WSGIApp"]),
        Framework("Sanic", "sanic", .sanic, ["sanic.Sanic"]),
        Framework("aiohttp", "aiohttp", .aiohttp, ["aiohttp.web.Application"]),
        Framework("Dash", "dash", .attribute("server"), ["dash.Dash"]),
    ]

    /// Frameworks whose scripts listen by themselves, by the package that they import.
    static let scripts = [
        Framework("Streamlit", "streamlit", .streamlit, []),
        Framework(
            "Gradio", "gradio",
            .script(
                calls: ["launch"], variables: ["GRADIO_SERVER_NAME=0.0.0.0", "GRADIO_SERVER_PORT=${PORT}"]), []),
        Framework("Tornado", "tornado", .script(calls: ["listen", "bind"], variables: []), []),
        Framework(
            "Robyn", "robyn", .script(calls: ["start"], variables: ["ROBYN_HOST=0.0.0.0", "ROBYN_PORT=${PORT}"]), []),
        Framework("aiohttp", "aiohttp", .script(calls: ["run_app"], variables: []), []),
    ]

    /// Classes that give an application another interface than the one they are given.
    static let adapters: [String: Serving] = [
        "asgiref.wsgi.WsgiToAsgi": .asgi, "a2wsgi.WSGIMiddleware": .asgi, "a2wsgi.ASGIMiddleware": .wsgi,
        "uvicorn.middleware.wsgi.WSGIMiddleware": .asgi,
    ]

    /// The framework whose application a call of `origin` makes.
    static func made(by origin: String) -> Framework? {
        if let exact = all.first(where: { $0.makers.contains(origin) }) { return exact }
        let parts = origin.split(separator: ".")
        guard let package = parts.first, let name = parts.last, parts.count > 1 else { return nil }
        return all.first { framework in
            framework.makers.contains { maker in
                let own = maker.split(separator: ".")
                return own.first == package && own.last == name && !(own.count > 2 && framework.name == "Falcon")
            }
        }
    }

    /// The same framework with another way of being served.
    func served(by serving: Serving) -> Framework { Framework(name, requirement, serving, makers) }
}
