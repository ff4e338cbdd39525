import ArgumentParser
import OCI

/// `autoimage config`.
struct ConfigCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "config", abstract: "About autoimage.toml.", subcommands: [Schema.self])

    struct Schema: ParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Prints the JSON Schema of autoimage.toml.")

        func run() throws {
            let bytes = try CanonicalJSON.encodePretty(ConfigKey.jsonSchema())
            Terminal.standardOutput.write(String(decoding: bytes, as: UTF8.self))
        }
    }
}
