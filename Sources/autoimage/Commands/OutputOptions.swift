import ArgumentParser
import Images
import OCI

/// The options that say where an image goes: `build` and `save` share them.
struct OutputOptions: ParsableArguments {
    @Option(
        name: .customLong("output"),
        help: ArgumentHelp(
            "Write the image to type=TYPE,dest=PLACE[,name=NAME], or TYPE:PLACE; may be repeated.",
            discussion: """
                Types: registry, oci (a layout's folder), oci-archive, docker-archive, docker, podman, dir (the image's \
                files). dest=- writes an archive to standard output; what stands there otherwise goes to standard error.
                """),
        transform: OutputArgument.init(parsing:))
    var outputs: [OutputArgument] = []

    @Flag(help: "Push the image under every name; short for --output type=registry.")
    var push = false

    @Flag(help: "Load the image into the running Docker, else Podman.")
    var load = false

    /// Everything that was asked for, in order: what is local first, for it fails first.
    var all: [OutputArgument] {
        outputs + (load ? [OutputArgument(.daemon(nil))] : []) + (push ? [OutputArgument(.registry)] : [])
    }
}
