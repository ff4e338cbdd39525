import Glibc
import Images
import OCI
import Registry
import SystemPackage

/// Where to write an image to: `type=TYPE,dest=PLACE,name=NAME` as buildx has it, or `TYPE:PLACE`.
struct OutputArgument: Hashable, Sendable {
    let place: Place
    /// Names in place of the image's own; empty for those.
    var names: [Reference] = []

    enum Place: Hashable, Sendable {
        case registry
        case layout(FilePath)
        case layoutArchive(ArchivePlace)
        case dockerArchive(ArchivePlace)
        /// A running daemon; nil for the first that is found.
        case daemon(DaemonKind?)
        case files(FilePath)
    }

    init(_ place: Place) { self.place = place }

    /// Parses an argument of `--output`; fails with an `OutputError` that says what to write.
    init(parsing text: String) throws(OutputError) {
        if let colon = text.firstIndex(of: ":"), !text[..<colon].contains("=") {
            let fields = ["dest": [String(text[text.index(after: colon)...])]]
            place = try Self.place(String(text[..<colon]), fields, text, isShort: true)
            return
        }
        let fields = try Self.fields(of: text)
        guard let type = fields["type"] else { throw .noType(text) }
        place = try Self.place(type.last ?? "", fields, text, isShort: false)
        for name in (fields["name"] ?? []).flatMap({ $0.split(separator: ",") }) {
            do { names.append(try Reference(parsing: String(name))) } catch { throw .badName(text, "\(error)") }
        }
        if let name = names.first(where: { $0.digest != nil }) { throw .nameWithDigest(text, name.description) }
    }

    /// Every type with what its destination is.
    static let types = [
        "registry", "oci", "oci-archive", "docker-archive", "docker", "podman", "dir",
    ]

    private static func place(
        _ type: String, _ fields: [String: [String]], _ text: String, isShort: Bool
    ) throws(OutputError) -> Place {
        let known: Set<String> = ["type", "dest", "name"]
        if let key = fields.keys.filter({ !known.contains($0) }).sorted().first { throw .unknownKey(text, key) }
        let destination = fields["dest"]?.last ?? ""
        if (fields["dest"]?.count ?? 0) > 1 { throw .severalDestinations(text) }
        switch type {
        case "registry", "podman":
            guard destination.isEmpty else { throw .noDestinationWanted(text, type: type) }
            return type == "registry" ? .registry : .daemon(.podman)
        // As buildx: with a file it is an archive, without one it is the daemon.
        case "docker": return destination.isEmpty ? .daemon(.docker) : .dockerArchive(Self.archive(destination))
        case "oci", "dir", "local":
            guard !destination.isEmpty else { throw .noDestination(text, type: type) }
            guard destination != "-" else { throw .folderToOutput(text, type: type) }
            if type != "oci" { return .files(FilePath(destination)) }
            guard isShort || !destination.hasSuffix(".tar") else { throw .folderNamedTar(destination) }
            return .layout(FilePath(destination))
        case "oci-archive", "docker-archive":
            guard !destination.isEmpty else { throw .noDestination(text, type: type) }
            let archive = Self.archive(destination)
            return type == "oci-archive" ? .layoutArchive(archive) : .dockerArchive(archive)
        default: throw .unknownType(text, type)
        }
    }

    private static func archive(_ destination: String) -> ArchivePlace {
        destination == "-" ? .stream(.standardOutput, name: "standard output") : .file(FilePath(destination))
    }

    /// The fields of a line of comma-separated values; one with commas in it stands in double quotes.
    private static func fields(of text: String) throws(OutputError) -> [String: [String]] {
        var parts = [""]
        var isQuoted = false
        for character in text {
            switch character {
            case "\"": isQuoted.toggle()
            case "," where !isQuoted: parts.append("")
            default: parts[parts.count - 1].append(character)
            }
        }
        if isQuoted { throw .openQuote(text) }
        var result: [String: [String]] = [:]
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, !pair[1].isEmpty else { throw .malformed(text, part) }
            result[pair[0], default: []].append(pair[1])
        }
        return result
    }
}

extension OutputArgument {
    /// The type's name in options, metadata and messages.
    var type: String {
        switch place {
        case .registry: "registry"
        case .layout: "oci"
        case .layoutArchive: "oci-archive"
        case .dockerArchive: "docker-archive"
        case .daemon(let kind): kind?.rawValue ?? "load"
        case .files: "dir"
        }
    }

    /// The file or folder that is written.
    var path: FilePath? {
        switch place {
        case .layout(let path), .layoutArchive(.file(let path)), .dockerArchive(.file(let path)), .files(let path): path
        case .registry, .daemon, .layoutArchive(.stream), .dockerArchive(.stream): nil
        }
    }

    /// Whether the archive goes to standard output, which then has room for nothing else.
    var isStandardOutput: Bool {
        switch place {
        case .layoutArchive(.stream), .dockerArchive(.stream): true
        default: false
        }
    }
}

/// Why an argument of `--output` is not a destination.
enum OutputError: Error, Equatable, CustomStringConvertible {
    case noType(String)
    case unknownType(String, String)
    case unknownKey(String, String)
    case malformed(String, String)
    case openQuote(String)
    case noDestination(String, type: String)
    case noDestinationWanted(String, type: String)
    case severalDestinations(String)
    case folderToOutput(String, type: String)
    case folderNamedTar(String)
    case badName(String, String)
    case nameWithDigest(String, String)

    var description: String {
        switch self {
        case .noType(let text):
            "--output \(text): write type=TYPE,dest=PLACE or TYPE:PLACE; the types are \(Self.types)"
        case .unknownType(let text, let type):
            "--output \(text): there is no type '\(type)'; the types are \(Self.types)"
        case .unknownKey(let text, let key): "--output \(text): unknown key '\(key)'; the keys are type, dest and name"
        case .malformed(let text, let part):
            "--output \(text): '\(part)' is not KEY=VALUE; a value with a comma stands in double quotes"
        case .openQuote(let text): "--output \(text): a double quote is not closed"
        case .noDestination(let text, let type):
            "--output \(text): type \(type) needs a place, as in type=\(type),dest=PLACE"
        case .noDestinationWanted(let text, let type):
            type == "registry"
                ? "--output \(text): a registry has no dest; the image goes where its names say, or name=HOST/NAME"
                : "--output \(text): \(type) has no dest; for a file write docker-archive:FILE"
        case .severalDestinations(let text): "--output \(text): give dest once, and --output several times"
        case .folderToOutput(let text, let type):
            "--output \(text): type \(type) is a folder; standard output takes oci-archive or docker-archive"
        case .folderNamedTar(let path):
            "--output type=oci,dest=\(path): type oci is a folder; for the file \(path) write type=oci-archive,dest=\(path)"
        case .badName(let text, let problem): "--output \(text): \(problem)"
        case .nameWithDigest(let text, let name): "--output \(text): a name to give has no digest: \(name)"
        }
    }

    private static var types: String { OutputArgument.types.joined(separator: ", ") }
}
