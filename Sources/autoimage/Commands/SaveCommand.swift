import ArgumentParser

/// `autoimage save`.
struct SaveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "save", abstract: "Writes an image of the local store to files, a daemon or a registry.")

    @Argument(help: "Name, digest or beginning of a digest.")
    var name: String

    @OptionGroup(title: "Where to") var output: OutputOptions

    @OptionGroup(title: "Registries") var registries: RegistryArguments

    func validate() throws {
        if output.all.isEmpty { throw ValidationError("say where to: --output TYPE:PLACE, --load or --push") }
    }

    func run() async throws {
        let progress = Progress(.auto)
        try await guarded {
            try await interruptible { try await StoredDelivery(name, registries, progress).run(output.all, names: []) }
        }
    }
}
