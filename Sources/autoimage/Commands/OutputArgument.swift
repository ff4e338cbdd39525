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
            place = try Self.place(String(text[..<colon]), fields, isShort: true)
            return
        }
        let fields = try Self.fields(of: text)
        guard let type = fields["type"] else { throw .noType }
        place = try Self.place(type.last ?? "", fields, isShort: false)
        for name in (fields["name"] ?? []).flatMap({ $0.split(separator: ",") }) {
            do { names.append(try Reference(parsing: String(name))) } catch { throw .badName("\(error)") }
        }
        if let name = names.first(where: { $0.digest != nil }) { throw .nameWithDigest(name.description) }
    }

    /// Every type with what its destination is.
    static let types = [
        "registry", "oci", "oci-archive", "docker-archive", "docker", "podman", "dir",
    ]

    private static func place(
        _ type: String, _ fields: [String: [String]], isShort: Bool
    ) throws(OutputError) -> Place {
        let known: Set<String> = ["type", "dest", "name"]
        if let key = fields.keys.filter({ !known.contains($0) }).sorted().first { throw .unknownKey(key) }
        let destination = fields["dest"]?.last ?? ""
        if (fields["dest"]?.count ?? 0) > 1 { throw .severalDestinations }
        switch type {
        case "registry", "podman":
            guard destination.isEmpty else { throw .noDestinationWanted(type: type) }
            return type == "registry" ? .registry : .daemon(.podman)
        // As buildx: with a file it is an archive, without one it is the daemon.
        case "docker": return destination.isEmpty ? .daemon(.docker) : .dockerArchive(Self.archive(destination))
        case "oci", "dir", "local":
            guard !destination.isEmpty else { throw .noDestination(type: type) }
            guard destination != "-" else { throw .folderToOutput(type: type) }
            if type != "oci" { return .files(FilePath(destination)) }
            guard isShort || !destination.hasSuffix(".tar") else { throw .folderNamedTar(destination) }
            return .layout(FilePath(destination))
        case "oci-archive", "docker-archive":
            guard !destination.isEmpty else { throw .noDestination(type: type) }
            let archive = Self.archive(destination)
            return type == "oci-archive" ? .layoutArchive(archive) : .dockerArchive(archive)
        default: throw .unknownType(type)
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
        if isQuoted { throw .openQuote }
        var result: [String: [String]] = [:]
        for part in parts {
            let pair = part.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
            guard pair.count == 2, !pair[1].isEmpty else { throw .malformed(part) }
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

/// Why an argument of `--output` is not a destination; the parser of the command line says which one.
enum OutputError: Error, Equatable, CustomStringConvertible {
    case noType
    case unknownType(String)
    case unknownKey(String)
    case malformed(String)
    case openQuote
    case noDestination(type: String)
    case noDestinationWanted(type: String)
    case severalDestinations
    case folderToOutput(type: String)
    case folderNamedTar(String)
    case badName(String)
    case nameWithDigest(String)

    var description: String {
        switch self {
        case .noType: "write type=TYPE,dest=PLACE or TYPE:PLACE; the types are \(Self.types)"
        case .unknownType(let type): "there is no type '\(type)'; the types are \(Self.types)"
        case .unknownKey(let key): "unknown key '\(key)'; the keys are type, dest and name"
        case .malformed(let part):
            "'\(part)' is not KEY=VALUE; write type=TYPE,dest=PLACE, a value with a comma in double quotes"
        case .openQuote: "a double quote is not closed"
        case .noDestination(let type): "type \(type) needs a place, as in type=\(type),dest=PLACE"
        case .noDestinationWanted("registry"):
            "a registry has no dest; the image goes where its names say, or give name=HOST/NAME"
        case .noDestinationWanted(let type): "\(type) has no dest; for a file write docker-archive:FILE"
        case .severalDestinations: "give dest once, and --output several times"
        case .folderToOutput(let type):
            "type \(type) is a folder; standard output takes oci-archive or docker-archive"
        case .folderNamedTar(let path):
            "type oci is a folder; for the file \(path) write type=oci-archive,dest=\(path)"
        case .badName(let problem): problem
        case .nameWithDigest(let name): "a name to give has no digest: \(name)"
        }
    }

    private static var types: String { OutputArgument.types.joined(separator: ", ") }
}
