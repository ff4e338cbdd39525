import Files
import Images
import OCI
import Planning
import Proof

/// Whether what an image starts is there and can be loaded: looked up in its unpacked layers, without running it.
struct StartCheck {
    private let image: AssembledImage
    private let tree: OverlayTree

    /// Unpacks the layers that are not unpacked yet.
    init(_ image: AssembledImage, state: State, store: BlobStore) throws {
        self.init(image, in: OverlayTree(try LayerUnpacker(state: state, store: store).unpack(image).reversed()))
    }

    /// `tree` holds the image's files.
    init(_ image: AssembledImage, in tree: OverlayTree) {
        self.image = image
        self.tree = tree
    }

    /// What keeps the image from starting.
    func errors() throws -> [String] { try (entrypoint() + user()).filter { !$0.isAdvice }.map(\.text) }

    /// Everything that would keep the image from starting, and advice.
    func findings() throws -> [Finding] { try entrypoint() + user() + libraries() }

    private func entrypoint() throws -> [Finding] {
        let execution = image.config.config
        guard let program = ((execution.entrypoint ?? []) + (execution.cmd ?? [])).first, !program.isEmpty else {
            return [Finding(text: "the image names neither entrypoint nor command", isAdvice: true)]
        }
        let folders = program.contains("/") ? [""] : searchPath(execution.env ?? []).map { $0 + "/" }
        let base = program.hasPrefix("/") || !program.contains("/") ? "" : (execution.workingDir ?? "/") + "/"
        for folder in folders {
            guard let path = try? ImagePath(parsing: base + folder + program), let real = try tree.resolve(path),
                let entry = try tree.entry(at: real)
            else { continue }
            guard case .file = entry.kind, entry.mode & 0o111 != 0 else {
                return [Finding(text: "the entrypoint \(path) is not an executable file", isAdvice: false)]
            }
            return try interpreter(of: real, path)
        }
        return [Finding(text: "the entrypoint '\(program)' is not in the image", isAdvice: false)]
    }

    /// A script names the program that runs it in its first line.
    private func interpreter(of file: ImagePath, _ path: ImagePath) throws -> [Finding] {
        var bytes = [UInt8](repeating: 0, count: 256)
        let count = try bytes.withUnsafeMutableBytes { try tree.read(file, at: 0, into: $0) }
        let line = String(decoding: bytes[..<count].prefix { $0 != 0x0A }, as: UTF8.self)
        guard line.hasPrefix("#!"), let program = line.dropFirst(2).split(separator: " ").first else { return [] }
        guard let place = try? ImagePath(parsing: String(program)), try tree.resolve(place) != nil else {
            return [Finding(text: "\(path) is run by \(program), which is not in the image", isAdvice: false)]
        }
        return []
    }

    private func searchPath(_ environment: [String]) -> [String] {
        let path = environment.last { $0.hasPrefix("PATH=") }.map { String($0.dropFirst("PATH=".count)) }
        return (path ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin").split(separator: ":").map(
            String.init)
    }

    private func user() throws -> [Finding] {
        let user = image.config.config.user ?? ""
        let name = user.split(separator: ":").first.map(String.init) ?? ""
        guard !name.isEmpty, name != "root", name != "0" else {
            return [Finding(text: "the image runs as root; give it a user of its own", isAdvice: true)]
        }
        let lines = try text(of: ImagePath("/etc/passwd")).split(separator: "\n").map {
            $0.split(separator: ":", omittingEmptySubsequences: false)
        }
        let isNumber = UInt32(name) != nil
        guard !lines.contains(where: { $0.count > 2 && (isNumber ? $0[2] : $0[0]) == name }) else { return [] }
        return [Finding(text: "the user '\(name)' is not in /etc/passwd", isAdvice: isNumber)]
    }

    private func text(of path: ImagePath) throws -> String {
        guard let real = try tree.resolve(path), case .file(let size)? = try tree.entry(at: real)?.kind, size < 1 << 20
        else { return "" }
        var bytes = [UInt8](repeating: 0, count: Int(size))
        let count = try bytes.withUnsafeMutableBytes { try tree.read(real, at: 0, into: $0) }
        return String(decoding: bytes[..<count], as: UTF8.self)
    }

    /// Libraries that some file needs and that are nowhere: a plugin that nobody loads may do without.
    private func libraries() throws -> [Finding] {
        try LibraryClosure.problems(of: tree, in: tree).map { Finding(text: $0.fact, isAdvice: true) }
    }
}

extension LibraryProblem {
    /// What is missing, without what a build could do about it.
    var fact: String { String(description.prefix { $0 != ";" }) }
}
