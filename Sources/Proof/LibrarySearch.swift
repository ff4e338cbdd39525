import Planning

/// Finds libraries in one tree as the dynamic loader of glibc or musl does (ld.so(8), "DESCRIPTION").
///
/// `LD_LIBRARY_PATH`, `/etc/ld.so.preload` and the folders of processor-specific variants are left out of account.
struct LibrarySearch {
    let tree: any FileTree
    private let isMusl: Bool
    private let isMultiarch: Bool
    private let configured: [ImagePath]
    private let machine: ELFMachine
    private let known = Known()

    /// What was looked up before: programs of one image need the same libraries over and over.
    private final class Known {
        var files: [ImagePath: ELFFile?] = [:]
        var system: [String: (path: ImagePath, file: ELFFile)?] = [:]
    }

    init(_ tree: any FileTree, machine: ELFMachine) throws {
        self.tree = tree
        self.machine = machine
        isMusl = try Self.hasMusl(tree)
        isMultiarch =
            try machine.triplet.map { triplet in
                try [ImagePath("/usr/lib"), ImagePath("/lib")].contains {
                    try tree.resolve($0.resolving(triplet)) != nil
                }
            } ?? false
        // Only `ldconfig` makes glibc look where its configuration says.
        let hasCache = try tree.resolve(ImagePath("/etc/ld.so.cache")) != nil
        configured = isMusl || !hasCache ? [] : try Self.configuration(tree, ImagePath("/etc/ld.so.conf"), depth: 0)
    }

    /// A library or program that was found, by the path that led to it.
    struct Object {
        let path: ImagePath
        let file: ELFFile
        /// Search paths of whoever loaded it, nearest first, as glibc and musl hand them down.
        let inherited: [ImagePath]
    }

    /// The search paths that what `object` needs is looked up in before any others, and those it hands down.
    func ownPaths(_ object: Object) -> (direct: [ImagePath], inherited: [ImagePath]) {
        let folder = object.path.parent ?? .root
        let rpath = expand(object.file.rpath, folder)
        let runpath = expand(object.file.runpath, folder)
        if isMusl {
            let all = (runpath.isEmpty ? rpath : runpath) + object.inherited
            return (all, all)
        }
        // Where both are written, RPATH is void; RUNPATH also shuts out what was handed down, for this object alone.
        guard object.file.runpath.isEmpty else { return (runpath, object.inherited) }
        return (rpath + object.inherited, rpath + object.inherited)
    }

    /// Looks a name up; gives the path that a loader would open and its contents.
    func find(_ name: String, for object: Object) throws -> Object? {
        let own = ownPaths(object)
        if name.contains("/") {
            let text = expand([name], object.path.parent ?? .root)
            return try text.first.flatMap { try load($0, inherited: own.inherited) }
        }
        for folder in own.direct {
            if let found = try load(folder.resolving(name), inherited: own.inherited) { return found }
        }
        return try findInSystem(name, inherited: own.inherited)
    }

    /// The first file for another machine that stands where a name is looked up.
    func findForeign(_ name: String, for object: Object) throws -> (path: ImagePath, machine: ELFMachine)? {
        guard !name.contains("/") else { return nil }
        for folder in ownPaths(object).direct + configured + systemFolders {
            let path = folder.resolving(name)
            if let file = try known.files[path] ?? read(path), file.machine != machine { return (path, file.machine) }
        }
        return nil
    }

    /// Looks a name up where every program looks.
    func findInSystem(_ name: String, inherited: [ImagePath] = []) throws -> Object? {
        if let answer = known.system[name] {
            return answer.map { Object(path: $0.path, file: $0.file, inherited: inherited) }
        }
        let found = try searchSystem(name, inherited: inherited)
        known.system[name] = .some(found.map { ($0.path, $0.file) })
        return found
    }

    private func searchSystem(_ name: String, inherited: [ImagePath]) throws -> Object? {
        for folder in configured {
            let path = folder.resolving(name)
            guard let found = try load(path, inherited: inherited) else { continue }
            // The cache was written when the base was made and does not know what came later.
            if let image = tree as? ImageView, let real = try tree.resolve(path), try !image.isFromRuntime(real) {
                continue
            }
            return found
        }
        for folder in systemFolders {
            if let found = try load(folder.resolving(name), inherited: inherited) { return found }
        }
        return nil
    }

    /// Looks a name up in the builder for a file of the image: in the file's own absolute paths, then the usual places.
    ///
    /// Paths relative to the file mean the image, where they were looked at already.
    func findOutside(_ name: String, for object: Object) throws -> Object? {
        guard !name.contains("/") else { return nil }
        for text in object.file.rpath + object.file.runpath where text.hasPrefix("/") && !text.contains("$") {
            if let found = try load(ImagePath.root.resolving(text).resolving(name), inherited: []) { return found }
        }
        return try findInSystem(name)
    }

    /// The same search in a tree that has more files.
    func searching(_ tree: any FileTree) -> LibrarySearch { LibrarySearch(tree: tree, like: self) }

    private init(tree: any FileTree, like other: LibrarySearch) {
        self.tree = tree
        isMusl = other.isMusl
        isMultiarch = other.isMultiarch
        configured = other.configured
        machine = other.machine
    }

    /// Where the loader looks when nobody tells it otherwise.
    private var systemFolders: [ImagePath] {
        let lib = ImagePath("/lib")
        let usr = ImagePath("/usr/lib")
        if isMusl { return [lib, ImagePath("/usr/local/lib"), usr] }
        if isMultiarch, let triplet = machine.triplet {
            return [lib.resolving(triplet), usr.resolving(triplet), lib, usr]
        }
        return machine.is64Bit ? [ImagePath("/lib64"), ImagePath("/usr/lib64"), lib, usr] : [lib, usr]
    }

    /// A file counts if it is for the same machine; glibc goes on searching past any other.
    private func load(_ path: ImagePath, inherited: [ImagePath]) throws -> Object? {
        let file = try known.files[path] ?? read(path)
        known.files[path] = .some(file)
        guard let file, file.machine == machine, file.type == .sharedObject else { return nil }
        return Object(path: path, file: file, inherited: inherited)
    }

    private func read(_ path: ImagePath) throws -> ELFFile? {
        guard let real = try tree.resolve(path) else { return nil }
        // A loader passes over a damaged file as well.
        do { return try ELFFile(at: real, in: tree) } catch is ELFError { return nil }
    }

    private func expand(_ paths: [String], _ origin: ImagePath) -> [ImagePath] {
        let library = isMultiarch ? "lib/" + (machine.triplet ?? "") : machine.is64Bit ? "lib64" : "lib"
        return paths.compactMap { text in
            var text = text
            for (name, value) in [("ORIGIN", origin.description), ("LIB", library), ("PLATFORM", platform)] {
                text = text.replacing("${\(name)}", with: value).replacing("$\(name)", with: value)
            }
            // A relative path depends on where the program is started: nothing can be said about it.
            guard text.hasPrefix("/") else { return nil }
            return ImagePath.root.resolving(text)
        }
    }

    private var platform: String { machine.triplet.map { String($0.prefix { $0 != "-" }) } ?? "" }

    private static func hasMusl(_ tree: any FileTree) throws -> Bool {
        guard let lib = try tree.resolve(ImagePath("/lib")) else { return false }
        guard case .folder? = try tree.entry(at: lib)?.kind else { return false }
        return try tree.children(of: lib).contains { $0.hasPrefix("ld-musl-") }
    }

    /// The folders of `ld.so.conf`, with the files that it includes.
    private static func configuration(_ tree: any FileTree, _ path: ImagePath, depth: Int) throws -> [ImagePath] {
        guard depth < 4, let real = try tree.resolve(path), case .file? = try tree.entry(at: real)?.kind else {
            return []
        }
        var result: [ImagePath] = []
        for line in String(decoding: try tree.contents(of: real, limit: 1 << 20), as: UTF8.self).split(separator: "\n")
        {
            let words = line.prefix { $0 != "#" }.split { $0 == " " || $0 == "\t" || $0 == "," || $0 == ":" }
            guard let first = words.first else { continue }
            if first == "include" {
                for pattern in words.dropFirst() {
                    for file in try included(tree, (path.parent ?? .root).resolving(String(pattern))) {
                        result += try configuration(tree, file, depth: depth + 1)
                    }
                }
            } else if first != "hwcap" {
                result += words.filter { $0.hasPrefix("/") }.map { ImagePath.root.resolving(String($0)) }
            }
        }
        return result
    }

    /// The files of `include FOLDER/*.conf`.
    private static func included(_ tree: any FileTree, _ pattern: ImagePath) throws -> [ImagePath] {
        let name = pattern.name
        guard let star = name.firstIndex(of: "*") else { return [pattern] }
        guard let folder = try tree.resolve(pattern.parent ?? .root) else { return [] }
        guard case .folder? = try tree.entry(at: folder)?.kind else { return [] }
        let (start, end) = (name[..<star], name[name.index(after: star)...])
        return try tree.children(of: folder)
            .filter { $0.hasPrefix(start) && $0.hasSuffix(end) && $0.utf8.count >= start.utf8.count + end.utf8.count }
            .map { folder.resolving($0) }
    }
}
