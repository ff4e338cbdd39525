import ArgumentParser
import Planning

/// The options that decide the plan: `build`, `plan`, `lock` and `bases save` share them.
struct PlanArguments: ParsableArguments {
    @Argument(help: "The service's folder.")
    var path: String

    @Option(help: "Base images: auto, debian, official, or a catalog file.")
    var bases: String?

    @Option(help: "Language to build, where several are found.")
    var language: String?

    @Option(help: "Program to ship, where the service has several; a,b builds an image of each.")
    var app: String?

    @Option(help: "Platforms to build for, as in linux/amd64,linux/arm64; this machine's by default.")
    var platform: String?

    @Option(help: "Process that the image starts: a name of the Procfile or of [processes].")
    var process: String?

    @Option(name: .customLong("set"), help: "Set a key of autoimage.toml, as in --set python.version=3.13.")
    var assignments: [String] = []

    @Option(name: .customLong("build-env"), help: "Variable of the build's steps; it never reaches the image.")
    var buildEnvironment: [String] = []

    @Option(
        name: .customLong("secret"), help: "Secret for the steps that name it: id=NAME,src=FILE or id=NAME,env=VAR.")
    var secrets: [String] = []

    @Flag(help: "Forward the SSH agent to steps that use the network.")
    var ssh = false

    @Option(name: .customLong("debian-mirror"), help: "Address of a Debian mirror; the host's own by default.")
    var debianMirror: String?

    @Flag(
        name: .customLong("allow-expired-suites"),
        help: "Accept Debian suites whose Release file has passed its Valid-Until date.")
    var allowExpiredSuites = false

    @OptionGroup(title: "Lock and network") var lock: LockArguments

    @OptionGroup(title: "Registries") var registries: RegistryArguments
}

/// The form in which a plan is printed.
enum PlanFormat: String, ExpressibleByArgument, CaseIterable { case text, json, dockerfile }
