package import Planning

/// Finds the shared libraries that artifacts need and the runtime base lacks, and takes them from the builder.
package struct LibraryClosure {
    private let builder: any FileTree
    private let packages: PackageRecords
    private let machine: ELFMachine
    private let inBuilder: LibrarySearch
    private var image: ImageView
    private var inImage: LibrarySearch
    /// ELF files of the artifacts by their path in the image.
    private let artifacts: [(path: ImagePath, file: ELFFile)]
    /// Paths of artifacts that answer to a name, for libraries that a program loads by itself before they are needed.
    private let names: Set<String>
    private var carried: [ImagePath: Carried] = [:]
    private var problems: Set<LibraryProblem> = []
    /// Whether a whole image is looked at: then nothing in it is somebody else's affair.
    private var isFinished = false

    /// One real library file that crosses, with the links that lead to it.
    private struct Carried {
        var files: Set<ImagePath>
        var neededBy: Set<ImagePath>
    }

    /// The libraries to add so that every ELF file among the artifacts finds what it needs in the image.
    ///
    /// `machine` is what the image is for; where it is nil, the C library of the runtime or the builder tells.
    /// What the copies themselves bring along is not repeated, so a plan that was completed once needs nothing more.
    /// The result is sorted and the same for the same trees. Fails with a `LibraryError` that holds every library that
    /// is nowhere, and with the trees' errors. A damaged ELF file, and one for another machine, is passed over, as no
    /// loader would take it.
    package static func complete(
        copies: [ArtifactCopy], builder: any FileTree, runtime: any FileTree, machine wanted: ELFMachine? = nil
    ) throws -> [LibraryAddition] {
        let artifacts = try elfFiles(copies, builder)
        guard !artifacts.isEmpty else { return [] }
        let machine = try wanted ?? expectedMachine(builder, runtime) ?? commonMachine(artifacts)
        var closure = try LibraryClosure(copies, artifacts, machine, builder, runtime)
        // What is for another machine was shipped for somebody else, as debugpy ships helpers for every one it knows.
        for artifact in artifacts where artifact.file.machine == machine {
            try closure.follow(artifact.path, artifact.file)
        }
        guard closure.problems.isEmpty else { throw LibraryError(problems: closure.problems.sorted()) }
        return try closure.additions()
    }

    /// A runtime base with libraries that a builder gives it, at the same paths.
    package static func runtime(
        _ base: any FileTree, with libraries: [ImagePath], of builder: any FileTree
    ) throws -> any FileTree {
        try ImageView(copies: [], builder: builder, runtime: base, added: Set(libraries))
    }

    /// Everything that keeps files of a finished image from loading in it, sorted; `files` holds those to look at, at
    /// their paths in the image.
    ///
    /// Nothing is carried anywhere. Fails with the trees' errors.
    package static func problems(of files: any FileTree, in image: any FileTree) throws -> [LibraryProblem] {
        let everything = ArtifactCopy(
            from: "image", path: .root, destination: .root, group: .application, reason: .usual(why: "every file"))
        let artifacts = try elfFiles([everything], files)
        guard !artifacts.isEmpty else { return [] }
        let machine = try expectedMachine(files, image) ?? commonMachine(artifacts)
        var closure = try LibraryClosure([], artifacts, machine, NoFiles(), image)
        closure.isFinished = true
        for artifact in artifacts where artifact.file.machine == machine {
            try closure.follow(artifact.path, artifact.file)
        }
        return closure.problems.sorted()
    }

    private init(
        _ copies: [ArtifactCopy], _ artifacts: [(path: ImagePath, file: ELFFile)], _ machine: ELFMachine,
        _ builder: any FileTree, _ runtime: any FileTree
    ) throws {
        self.builder = builder
        self.artifacts = artifacts
        self.machine = machine
        packages = PackageRecords(builder)
        inBuilder = try LibrarySearch(builder, machine: machine)
        image = try ImageView(copies: copies, builder: builder, runtime: runtime)
        inImage = try LibrarySearch(image, machine: machine)
        let libraries = artifacts.filter { $0.file.type == .sharedObject && $0.file.machine == machine }
        names = Set(libraries.flatMap { [$0.path.name, $0.file.soname ?? $0.path.name] })
    }

    /// Every loadable ELF file of the copies, by its path in the image.
    private static func elfFiles(
        _ copies: [ArtifactCopy], _ builder: any FileTree
    ) throws -> [(path: ImagePath, file: ELFFile)] {
        var found: [ImagePath: ELFFile] = [:]
        for copy in copies {
            guard let source = try builder.resolve(copy.path) else { continue }
            try builder.walk(source) { path, entry in
                // A smaller file has no room for an ELF header.
                guard case .file(let size) = entry.kind, size >= 52 else { return }
                guard let inner = path.relative(to: source) else { return }
                do {
                    guard let file = try ELFFile(at: path, size: size, in: builder) else { return }
                    if case .other = file.type { return }
                    found[copy.destination.appending(inner)] = file
                } catch is ELFError {
                    return
                }
            }
        }
        return found.sorted { $0.key < $1.key }.map { ($0.key, $0.value) }
    }

    /// The machine of the C library, of the runtime or else of the builder.
    private static func expectedMachine(_ builder: any FileTree, _ runtime: any FileTree) throws -> ELFMachine? {
        let lib = [ImagePath("/lib64"), ImagePath("/lib"), ImagePath("/usr/lib")]
        for tree in [runtime, builder] {
            for folder in lib {
                guard let real = try tree.resolve(folder), case .folder? = try tree.entry(at: real)?.kind else {
                    continue
                }
                for name in try tree.children(of: real) where name.hasPrefix("ld-linux") || name.hasPrefix("ld-musl-") {
                    guard let file = try tree.resolve(real.resolving(name)) else { continue }
                    if let loader = try? ELFFile(at: file, in: tree) { return loader.machine }
                }
            }
        }
        return nil
    }

    /// The machine that most artifacts are for, the first of them by path where several are even.
    private static func commonMachine(_ artifacts: [(path: ImagePath, file: ELFFile)]) -> ELFMachine {
        var best = artifacts[0].file.machine
        let counts = Dictionary(artifacts.map { ($0.file.machine, 1) }, uniquingKeysWith: +)
        for artifact in artifacts where counts[artifact.file.machine, default: 0] > counts[best, default: 0] {
            best = artifact.file.machine
        }
        return best
    }

    /// Loads one artifact as a process would, breadth first, and everything it needs.
    private mutating func follow(_ path: ImagePath, _ file: ELFFile) throws {
        if let loader = file.interpreter, try image.resolve(ImagePath.root.resolving(loader)) == nil {
            problems.insert(.noLoader(file: path, loader: loader))
        }
        var loaded: Set<String> = Set([file.soname].compactMap { $0 })
        var byName: [String: ELFFile] = [:]
        var queue = [LibrarySearch.Object(path: path, file: file, inherited: [])]
        var next = 0
        while next < queue.count {
            let object = queue[next]
            next += 1
            for name in object.file.needed where loaded.insert(name).inserted {
                guard let found = try obtain(name, for: object, artifact: path) else { continue }
                byName[name] = found.file
                if let soname = found.file.soname {
                    loaded.insert(soname)
                    byName[soname] = found.file
                }
                queue.append(found)
            }
        }
        for object in queue { try checkVersions(of: object, in: byName) }
    }

    /// Whether the libraries that were found have the symbol versions that a file asks of them.
    ///
    /// A library without any versions satisfies every loader.
    private mutating func checkVersions(of object: LibrarySearch.Object, in loaded: [String: ELFFile]) throws {
        for need in object.file.versionNeeds {
            guard let offered = loaded[need.library]?.versionDefinitions, !offered.isEmpty else { continue }
            let missing = need.versions.filter { !offered.contains($0) }
            guard !missing.isEmpty else { continue }
            problems.insert(
                .olderLibrary(
                    library: need.library, neededBy: try image.resolve(object.path) ?? object.path,
                    versions: missing.sorted()))
        }
    }

    /// Finds one library in the image or carries it over.
    private mutating func obtain(
        _ name: String, for object: LibrarySearch.Object, artifact: ImagePath
    ) throws -> LibrarySearch.Object? {
        if let found = try inImage.find(name, for: object) {
            if !carried.isEmpty, let real = try image.resolve(found.path), carried[real] != nil {
                carried[real]?.neededBy.insert(try image.resolve(object.path) ?? object.path)
            }
            return found
        }
        let needer = try image.resolve(object.path) ?? object.path
        guard !LibraryNames.isPartOfLibc(name) else {
            problems.insert(.noLibc(library: name, neededBy: needer))
            return nil
        }
        if let found = try inBuilder.findOutside(name, for: object) {
            try carry(found.path, neededBy: needer)
            if let arrived = try inImage.find(name, for: object) { return arrived }
            problems.insert(.outOfReach(library: name, place: found.path, neededBy: needer))
            return nil
        }
        // What a library of the base wants beyond the base is the base's affair.
        guard !names.contains(name), try isFinished || !image.isFromRuntime(needer) else { return nil }
        if let foreign = try inImage.findForeign(name, for: object) {
            problems.insert(
                .wrongMachine(
                    library: name, place: foreign.path, neededBy: needer, machine: "\(foreign.machine)",
                    expected: "\(machine)"))
            return nil
        }
        let package = LibraryNames.package(of: name)
        problems.insert(.missing(library: name, neededBy: needer, artifact: artifact, package: package))
        return nil
    }

    /// Takes a library of the builder along: the file and each link on the way, at their own paths.
    private mutating func carry(_ path: ImagePath, neededBy: ImagePath) throws {
        var files: Set<ImagePath> = []
        var place = path
        for _ in 0..<40 {
            guard let folder = try builder.resolve(place.parent ?? .root) else { return }
            place = folder.resolving(place.name)
            files.insert(place)
            guard case .link(let target)? = try builder.entry(at: place)?.kind else { break }
            place = target.hasPrefix("/") ? ImagePath.root.resolving(target) : folder.resolving(target)
        }
        carried[place, default: Carried(files: [], neededBy: [])].files.formUnion(files)
        carried[place]?.neededBy.insert(neededBy)
        image = try image.adding(files)
        inImage = inImage.searching(image)
    }

    /// What was carried, by package.
    private func additions() throws -> [LibraryAddition] {
        var groups: [PackageRecords.Record?: Carried] = [:]
        for (file, item) in carried {
            let record = try packages.owner(of: file)
            groups[record, default: Carried(files: [], neededBy: [])].files.formUnion(item.files)
            groups[record]?.neededBy.formUnion(item.neededBy)
        }
        return try groups.map { record, group in
            var files = group.files
            if let path = record?.path, try image.resolve(path) == nil { files.insert(path) }
            return LibraryAddition(
                package: record?.package, version: record?.version, files: Array(files), neededBy: Array(group.neededBy)
            )
        }
        .sorted { ($0.package ?? "", $0.version ?? "") < ($1.package ?? "", $1.version ?? "") }
    }
}

/// A tree that holds nothing.
private struct NoFiles: FileTree {
    func entry(at path: ImagePath) throws -> FileTreeEntry? {
        path == .root ? FileTreeEntry(kind: .folder, mode: 0o755, owner: .root) : nil
    }

    func children(of path: ImagePath) throws -> [String] { [] }

    func read(_ path: ImagePath, at offset: Int64, into buffer: UnsafeMutableRawBufferPointer) throws -> Int {
        throw FileTreeError.notAFile(path)
    }
}
