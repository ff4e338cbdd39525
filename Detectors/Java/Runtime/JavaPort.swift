import Formats
import Planning

/// The port that the service listens on, and the variables that let PORT change it.
struct JavaPort: Sendable {
    /// nil where nothing says that it listens.
    let port: Decided<Int>?
    let environment: [String: Decided<String>]

    /// Frameworks that take every setting from a variable and put variables into its value, with the variable's name.
    private static let variables = [
        "spring-boot": "SERVER_PORT", "quarkus": "QUARKUS_HTTP_PORT", "micronaut": "MICRONAUT_SERVER_PORT",
    ]

    /// Frameworks that serve the web, with the port where nobody says another.
    private static let ports = [
        "spring-boot": 8080, "quarkus": 8080, "micronaut": 8080, "dropwizard": 8080, "helidon": 8080, "ktor": 8080,
        "vertx": 8080, "vert.x": 8080, "javalin": 7070, "spark": 4567, "jetty": 8080, "undertow": 8080,
        "tomcat": 8080, "war": 8080,
    ]

    private static func framework(_ build: JavaBuild) -> String? {
        build.framework.map { $0.value.lowercased().replacing(" ", with: "-") }
    }

    /// Whether the framework replaces `${PORT:8080}` in a setting by the variable's value at start.
    static func putsVariablesIn(_ build: JavaBuild) -> Bool { framework(build).flatMap { variables[$0] } != nil }

    /// The port in the files, else the framework's own.
    static func usual(_ build: JavaBuild) -> Int {
        build.port?.value ?? framework(build).flatMap { ports[$0] } ?? 8080
    }

    static func read(_ project: JavaProject, _ build: JavaBuild) -> JavaPort {
        let name = framework(build)
        let usual = build.port ?? frameworkPort(name, build)
        let asked = project.options.port.map { Decided($0.value, $0.reason) }
        guard let port = asked ?? usual else { return JavaPort(port: nil, environment: [:]) }
        var environment: [String: Decided<String>] = [:]
        if let variable = name.flatMap({ variables[$0] }) {
            environment[variable] = Decided(
                "${PORT:\(port.value)}", .usual(why: "\(name ?? "") puts PORT in, so that it changes the port at start"))
        } else {
            environment["PORT"] = port.map(String.init)
        }
        return JavaPort(port: port, environment: environment)
    }

    private static func frameworkPort(_ name: String?, _ build: JavaBuild) -> Decided<Int>? {
        if let name, let port = ports[name] {
            return Decided(port, .usual(why: "the usual port of \(build.framework?.value ?? name)"))
        }
        return build.packaging.value == "war" ? Decided(8080, .usual(why: "the usual port of servlet containers")) : nil
    }

    /// The configuration that Dropwizard's `server` takes, beside the build files.
    static func dropwizardFile(_ project: JavaProject) throws -> (path: SourcePath, port: Decided<Int>?)? {
        for name in ["config.yml", "config.yaml", "configuration.yml", "config/config.yml"] {
            let path = try project.path(name)
            if project.tree.hasFile(path) { return (path, nil) }
        }
        return nil
    }
}
