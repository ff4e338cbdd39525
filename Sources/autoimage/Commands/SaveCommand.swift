import ArgumentParser
import Files
import Images
import OCI

/// `autoimage save`.
struct SaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Writes an image of the local store to a layout or an archive.")

    @Argument(help: "Name, digest or beginning of a digest.")
    var name: String

    @Option(
        name: .customLong("output"), help: "oci:FOLDER, oci-archive:FILE or docker-archive:FILE; may be repeated.")
    var outputs: [OutputArgument]

    func run() async throws {
        try await guarded {
            let state = try State(environment: ProcessEnvironment.current)
            let use = try StateUse.shared(state)
            defer { withExtendedLifetime(use) {} }
            let store = try LocalStore(state)
            let image = try StoredImage(name, in: store)
            for output in outputs {
                let place = try await output.destination.deliver(
                    image.set, from: store.blobs, names: image.names)
                Terminal.standardError.line("wrote \(Terminal.safe(place))")
            }
        }
    }
}
