import ArgumentParser
import Files
import Images
import OCI

/// `autoimage images`.
struct ImagesCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "images", abstract: "Lists the images of the local store.",
        subcommands: [List.self, Remove.self], defaultSubcommand: List.self)

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(abstract: "Lists names, digests and sizes.")

        func run() async throws {
            try await guarded {
                let store = try LocalStore(try State(environment: ProcessEnvironment.current))
                var rows = [["NAME", "DIGEST", "STAGE", "PLATFORM", "UNPACKED", "COMPRESSED"]]
                for image in try store.list() {
                    // A damaged image still has a name, by which it can be removed. The sizes are of what runs here.
                    let images = try? ImageSet(image.descriptor, in: store.blobs)
                    let shown = images?.image(for: .host)
                    let record = try ImageRecord.read(from: store, (shown?.descriptor ?? image.descriptor).digest)
                    rows.append([
                        image.name, image.descriptor.digest.short, record?.stage ?? "-",
                        images?.images.map(\.platform.description).joined(separator: ",") ?? "damaged",
                        record.map { Size.text($0.unpackedSize) } ?? "-",
                        record.map { Size.text($0.layers.reduce(0) { $0 + $1.size }) } ?? "-",
                    ])
                }
                Terminal.standardOutput.write(Table.text(rows))
            }
        }
    }

    struct Remove: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            commandName: "remove", abstract: "Takes names out of the store; 'cache prune' frees their space.")

        @Argument(help: "Names to remove.")
        var names: [String]

        func run() async throws {
            try await guarded {
                let store = try LocalStore(try State(environment: ProcessEnvironment.current))
                for name in names {
                    let reference = try Reference(parsing: name)
                    guard try store.untag(reference) else {
                        throw Failure(.inputMissing, "no image '\(name)' in the local store")
                    }
                }
            }
        }
    }
}

/// Columns of text, two spaces apart.
enum Table {
    static func text(_ rows: [[String]]) -> String {
        let widths = (0..<(rows.first?.count ?? 0)).map { column in rows.map { $0[column].count }.max() ?? 0 }
        return rows.map { row in
            let cells = zip(row, widths).map { $0 + String(repeating: " ", count: $1 - $0.count) }
            var line = cells.joined(separator: "  ")
            while line.hasSuffix(" ") { line.removeLast() }
            return line + "\n"
        }.joined()
    }
}
