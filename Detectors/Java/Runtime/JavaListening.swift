import Formats
import Planning

/// Where the service listens, and the variables that let PORT change it.
struct JavaListening: Sendable {
    /// nil where nothing says that it listens.
    let port: Decided<Int>?
    let environment: [String: Decided<String>]

    /// Whether the framework replaces `${PORT:8080}` in a setting by the variable's value at start.
    static func putsVariablesIn(_ build: JavaBuild) -> Bool { build.uses("spring-boot", "quarkus", "micronaut") }

    /// The port that the files name, or the framework.
    static func usual(_ build: JavaBuild) -> Int {
        build.port?.value ?? 8080
    }

    static func read(
        _ project: JavaProject, _ build: JavaBuild, _ container: ServletContainer?
    ) -> JavaListening {
        var environment = build.environment
        let asked = project.options.port.map { Decided($0.value, $0.reason) }
        let usual = container.map { _ in Decided(8080, Reason.usual(why: "the usual port of servlet containers")) }
        guard let port = asked ?? build.port ?? usual else {
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

    /// The configuration that Dropwizard's `server` takes, beside the build files.
    static func dropwizardFile(_ project: JavaProject) throws -> SourcePath? {
        try ["config.yml", "config.yaml", "configuration.yml", "config/config.yml"].map(project.path)
            .first(where: project.tree.hasFile)
    }
}
