import OCI
import Planning

extension StaticSite {
    /// How an image of the site starts: Caddy alone, on the port that `PORT` says.
    func config(on runtime: BaseEntry, _ options: PlanOptions) -> RuntimeConfig {
        let port =
            options.port.map { Decided($0.value, $0.reason) }
            ?? Decided(Self.port, .usual(why: "the usual port of a site; PORT changes it at start"))
        var variables = runtime.environment.mapValues { Decided($0, .usual(why: "the base expects it")) }
        variables["PORT"] = port.map(String.init)
        let server = runtime.interpreter ?? ImagePath("/usr/bin/caddy")
        return RuntimeConfig(
            entrypoint: Decided(
                ["\(server)", "run", "--config", "\(Self.configuration)", "--adapter", "caddyfile"],
                .usual(why: "a static server sends the files of \(output.value)")),
            environment: variables.map { EnvironmentVariable($0.key, $0.value) }.sorted { $0.name < $1.name },
            workingDirectory: Self.root, user: Decided(.nonroot, .usual(why: "no site needs root")), ports: [port])
    }
}
