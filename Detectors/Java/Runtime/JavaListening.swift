import Formats
import Planning

/// Where the service listens, and the variables that let PORT change it.
struct JavaListening: Sendable {
    /// nil where nothing says that it listens.
    let port: Decided<Int>?
    let environment: [String: Decided<String>]

    /// Frameworks that serve the web, with the port where nobody names another.
    private static let ports = [
        "spring-boot": 8080, "quarkus": 8080, "micronaut": 8080, "dropwizard": 8080, "helidon": 8080, "ktor": 8080,
        "vert.x": 8080, "javalin": 7070, "spark": 4567, "jetty": 8080, "undertow": 8080, "thorntail": 8080,
        "payara-micro": 8080, "open-liberty": 9080,
    ]

    /// Whether the framework replaces `${PORT:8080}` in a setting by the variable's value at start.
    static func putsVariablesIn(_ build: JavaBuild) -> Bool { build.uses("spring-boot", "quarkus", "micronaut") }

    /// The port in the files, else the framework's own.
    static func usual(_ build: JavaBuild) -> Int {
        build.port?.value ?? build.framework.flatMap { ports[$0.value] } ?? 8080
    }

    static func read(_ project: JavaProject, _ build: JavaBuild) -> JavaListening {
        var environment = build.environment
        let asked = project.options.port.map { Decided($0.value, $0.reason) }
        guard let port = asked ?? build.port ?? usualPort(build) else {
            return JavaListening(port: nil, environment: environment)
        }
        if environment.isEmpty { environment["PORT"] = port.map(String.init) }
        if let asked {
            // The option is the port where PORT does not say another.
            for (name, value) in environment {
                let text = value.value.replacing(#/\$\{PORT:\d+\}/#, with: "${PORT:\(asked.value)}")
                environment[name] = Decided(text, value.reason)
            }
        }
        return JavaListening(port: port, environment: environment)
    }

    private static func usualPort(_ build: JavaBuild) -> Decided<Int>? {
        if let name = build.framework?.value, let port = ports[name] {
            return Decided(port, .usual(why: "the usual port of \(name)"))
        }
        return build.packaging.value == "war" ? Decided(8080, .usual(why: "the usual port of servlet containers")) : nil
    }

    /// The configuration that Dropwizard's `server` takes, beside the build files.
    static func dropwizardFile(_ project: JavaProject) throws -> SourcePath? {
        try ["config.yml", "config.yaml", "configuration.yml", "config/config.yml"].map(project.path)
            .first(where: project.tree.hasFile)
    }
}
