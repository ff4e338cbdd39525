package import Files
package import Images
import OCI
package import Planning
import Synchronization
package import SystemPackage

/// Makes bases of the `debian` family from Debian's signed packages: resolves them to exact versions, and assembles a
/// tree from those.
///
/// Assembling depends on the recipe and the pin alone, so a tree has the same bytes on every machine and for every user.
package struct DebianBaseSupplier: Sendable {
    /// Runs a program of an unpacked tree with that tree as its writable root; throws where it fails.
    package typealias RunInterpreter =
        @Sendable (_ root: FilePath, _ arguments: [String], _ environment: [String: String]) async throws -> Void

    /// Runs a program of an unpacked tree, which is not written, with another tree at a place in it that is, and with
    /// some of its folders empty; throws where it fails.
    package typealias RunBeside =
        @Sendable (
            _ root: FilePath, _ other: FilePath, _ place: ImagePath, _ emptied: [ImagePath], _ arguments: [String],
            _ environment: [String: String]
        ) async throws -> Void

    private let state: State
    private let mirror: DebianMirror?
    private let access: DebianAccess
    private let note: @Sendable (String) -> Void
    private let runInterpreter: RunInterpreter
    private let runBeside: RunBeside?
    private let refreshed = Refreshed()

    /// Counts up when the same recipe and pin give another tree than before.
    private static let assemblyVersion = 3

    /// Supplies into `state` from `mirror`, with what `access` allows; without a mirror, from what was downloaded before.
    package init(
        state: State, mirror: DebianMirror?, access: DebianAccess = DebianAccess(),
        note: @escaping @Sendable (String) -> Void,
        runInterpreter: @escaping RunInterpreter, runBeside: RunBeside? = nil
    ) {
        self.state = state
        self.mirror = mirror
        self.access = access
        self.note = note
        self.runInterpreter = runInterpreter
        self.runBeside = runBeside
    }

    /// Resolves the packages of a base, and those the plan adds, to the versions the suite has now.
    package func resolve(_ base: Base) async throws -> Pin {
        guard !access.isOffline else { throw DebianBaseError.unresolvedOffline(base: base.key) }
        let (recipe, root) = try await recipeAndRoot(base)
        let names = Array(Set(recipe.packages + base.packages.map(\.value))).sorted {
            $0.utf8.lexicographicallyPrecedes($1.utf8)
        }
        if let bad = names.first(where: { !DebianName.isPackage($0) }) { throw DebianBaseError.badPackageName(bad) }
        let files = try await root.locked {
            if refreshed.isNew(root.folder) { try await refresh(root) }
            let known = try await root.names()
            if let name = names.first(where: { !known.contains($0) }) {
                throw DebianBaseError.unknownPackage(
                    name: name, suite: recipe.suite, nearest: PackageName.nearest(to: name, in: known))
            }
            guard recipe.closed else { return try await root.filesWithDependencies(of: names) }
            let listed = try await root.files(of: recipe.packages)
            guard !base.packages.isEmpty else { return listed }
            let own = Set(recipe.packages)
            let added = try await root.filesWithDependencies(of: names)
            return listed + added.filter { !own.contains($0.name) && !AddedPackages.onlyInstalling.contains($0.name) }
        }
        let missing = names.filter { name in !files.contains { $0.name == name } }
        guard missing.isEmpty else {
            throw DebianBaseError.missingFromClosedList(names: missing, suite: recipe.suite)
        }
        return .debian(
            packages: DebianPin(
                suite: recipe.suite, architecture: root.architecture, packages: files.map(\.pinned)))
    }

    /// The pin with these packages, and what must move with them, at the versions the suite has now; everything else
    /// stays as pinned.
    ///
    /// Where that is not possible, since a package that stays cannot be asked for its dependencies any more or would have
    /// to go, the whole base is resolved again, and a note says so.
    package func resolve(_ base: Base, from pin: DebianPin, updating names: Set<String>) async throws -> Pin {
        guard !access.isOffline else { throw DebianBaseError.unresolvedOffline(base: base.key) }
        let (recipe, root) = try await recipeAndRoot(base)
        let renewal = PinRenewal(
            root: root, store: store(), pin: pin, recipe: recipe, added: base.packages.map(\.value))
        let renewed = try await root.locked {
            if refreshed.isNew(root.folder) { try await refresh(root) }
            return try await renewal.renewing(names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) })
        }
        switch renewed {
        case .pin(let pin): return .debian(packages: pin)
        case .impossible(let why):
            note(
                "\(base.key): \(names.sorted().joined(separator: ", ")) cannot be renewed alone (\(why)); all of it is")
            return try await resolve(base)
        }
    }

    /// The tree of a pinned base: the one from an earlier run, or a new one.
    ///
    /// With the tree at hand no program is run and nothing is fetched.
    ///
    /// What makes the bytecode of a base for another platform is the interpreter of `compiler`, a base of this machine's
    /// platform that has it at the same path and in the same version.
    package func assemble(_ base: Base, compiler: AssembledBase? = nil) async throws -> AssembledBase {
        guard case .debian(let pin)? = base.pin else { throw DebianBaseError.notPinned(base: base.entry.id) }
        guard let recipe = base.entry.debian else { throw DebianBaseError.noRecipe(base: base.entry.id) }
        let isForeign = !recipe.bytecode.isEmpty && base.platform.architecture != Platform.host.architecture
        let compiler = isForeign ? compiler : nil
        let key = try key(of: base.entry, recipe, pin, compiler)
        let home = state.bases.appending(key.hex)
        if let done = try AssembledBase.load(key, from: home) { return done }
        guard !isForeign || (compiler != nil && runBeside != nil) else {
            throw DebianBaseError.foreignPlatform(base: base.entry.id, platform: base.platform.description)
        }
        let lock = try await FileLock.acquire(state.lock("base-" + key.hex)) {
            note("waiting for another build to assemble \(base.entry.id)")
        }
        defer { Self.keep(lock) }
        if let done = try AssembledBase.load(key, from: home) { return done }
        return try await make(base, pin, key, home, compiler)
    }

    private static func keep(_ lock: borrowing FileLock) {}

    private func make(
        _ base: Base, _ pin: DebianPin, _ key: Digest, _ home: FilePath, _ compiler: AssembledBase?
    ) async throws -> AssembledBase {
        guard let recipe = base.entry.debian else { throw DebianBaseError.noRecipe(base: base.entry.id) }
        let files = try await store().fetch(pin, of: base.key, refresh: { try await refresh($0) }) {
            let snapshot = try await access.snapshot.asyncMap { try await aptRoot(recipe, base, $0, isSnapshot: true) }
            return (try await recipeAndRoot(base).1, snapshot)
        }
        note("assembling \(base.entry.id) from \(files.count) packages")
        let work = try state.makeTemporary("base")
        let tree = work.path.appending("new").appending("root")
        try HostFiles.makeFolder(tree)
        let unpacked = try await unpack(pin.packages, files, into: tree, recipe)
        let finisher = try BaseFinisher(
            root: tree, entry: base.entry, recipe: recipe, architecture: pin.architecture)
        try finisher.finish(unpacked.alternatives)
        if Self.hasAdded(pin, recipe) {
            try LoaderCache.write(in: tree, architecture: pin.architecture)
            try await Registrations.make(in: tree, of: base, architecture: pin.architecture, by: runInterpreter)
        }
        try await makeBytecode(base.entry, recipe, tree, compiler)
        let size = try finisher.settleModes(unpacked.folders)
        let owners = unpacked.owners.merging(BaseFinisher.owners) { _, own in own }
        let result = AssembledBase(key: key, home: home, owners: owners, packages: pin.packages, size: size)
        try result.save(in: work.path.appending("new"))
        // From its name on nobody looks at its bytes again, so they have to be on the disk before.
        try HostFolder(tree).flushFileSystem()
        try HostFiles.remove(home)
        _ = try work.move(work.path.appending("new"), to: home)
        try HostFolder(state.bases).flushNames()
        return result
    }

    /// Whether a plan added packages to a closed list.
    private static func hasAdded(_ pin: DebianPin, _ recipe: DebianRecipe) -> Bool {
        recipe.closed && !Set(pin.packages.map(\.name)).isSubset(of: recipe.packages)
    }

    /// Two packages at a time: one decompresses while the other is written.
    private func unpack(
        _ packages: [PinnedPackage], _ files: [FilePath], into tree: FilePath, _ recipe: DebianRecipe
    ) async throws -> PackageUnpacker.Unpacked {
        // What a recipe drops are files of its own packages that a base never needs; a package that a plan adds to a
        // closed list is wanted for its programs.
        let isLarger = recipe.closed && !Set(packages.map(\.name)).isSubset(of: recipe.packages)
        let own = UnpackRules(drop: recipe.drop + (isLarger ? ["!/usr/sbin/ldconfig"] : []))
        let added = UnpackRules(drop: [])
        let listed = Set(recipe.packages)
        let unpacker = PackageUnpacker(root: tree)
        let parts = try await withThrowingTaskGroup(of: (Int, PackageUnpacker.Unpacked).self) { group in
            var parts = [PackageUnpacker.Unpacked](repeating: .init(), count: packages.count)
            var next = 0
            func start() {
                guard next < packages.count else { return }
                let rank = next
                next += 1
                let package = packages[rank]
                let rules = recipe.closed && !listed.contains(package.name) ? added : own
                group.addTask { (rank, try await unpacker.unpack(package, from: files[rank], rank: rank, by: rules)) }
            }
            start()
            start()
            while let (rank, part) = try await group.next() {
                parts[rank] = part
                start()
            }
            return parts
        }
        return parts.reduce(into: PackageUnpacker.Unpacked()) { sum, part in
            sum.owners.merge(part.owners) { _, later in later }
            sum.folders.merge(part.folders) { _, later in later }
            sum.alternatives += part.alternatives
        }
    }

    /// Bytecode that is checked against nothing, made by one process in a fixed order with a fixed hash seed.
    private func makeBytecode(
        _ entry: BaseEntry, _ recipe: DebianRecipe, _ tree: FilePath, _ compiler: AssembledBase?
    ) async throws {
        let folder = try HostFolder(tree)
        let sources = try BytecodeSources(entry: entry, recipe: recipe).find(in: folder)
        guard !sources.isEmpty, let interpreter = entry.interpreter else { return }
        note("compiling \(sources.count) modules of \(entry.id)")
        let list = ImagePath("/tmp/bytecode-sources")
        let prefix = compiler == nil ? "" : "\(Self.beside)"
        do { try folder.write(sources.map { "\(prefix)\($0)\n" }.joined(), to: list) } catch UnpackError.linkInPath {
            throw DebianBaseError.blocked(base: entry.id, path: list.description)
        }
        let arguments = [
            interpreter.description, "-B", "-s", "-m", "compileall", "-q", "-f", "-l", "--invalidation-mode",
            "unchecked-hash", "-i", prefix + list.description,
        ]
        let environment = [
            "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "PYTHONHASHSEED": "0", "PYTHONDONTWRITEBYTECODE": "1",
        ]
        do {
            if let compiler, let runBeside {
                // The names in the bytecode are those that the files have in their own base, and the interpreter starts
                // as a new base's does: without bytecode of its own or packages, which show in what it writes.
                let names = ["-s", "\(Self.beside)", "-p", "/"]
                let emptied = try BytecodeSources.caches(in: HostFolder(compiler.root), below: recipe.bytecode)
                try await runBeside(
                    compiler.root, tree, Self.beside, emptied, arguments + names, environment)
            } else {
                try await runInterpreter(tree, arguments, environment)
            }
        } catch is CancellationError {
            throw CancellationError()
        } catch {
            throw DebianBaseError.interpreterFailed(base: entry.id, said: String(describing: error))
        }
        try folder.remove(at: list)
    }

    private func refresh(_ root: AptRoot) async throws {
        note("fetching Debian's index of \(root.suite) for \(root.architecture)")
        try await root.update()
        refreshed.add(root.folder)
    }

    private func store() -> PackageStore {
        PackageStore(folder: state.debian.appending("packages"), state: state, access: access, note: note)
    }

    private func recipeAndRoot(_ base: Base) async throws -> (DebianRecipe, AptRoot) {
        guard let recipe = base.entry.debian else { throw DebianBaseError.noRecipe(base: base.entry.id) }
        guard let mirror else { throw DebianBaseError.noMirror }
        return (recipe, try await aptRoot(recipe, base, mirror, isSnapshot: false))
    }

    private func aptRoot(
        _ recipe: DebianRecipe, _ base: Base, _ mirror: DebianMirror, isSnapshot: Bool
    ) async throws -> AptRoot {
        try AptRoot(
            state: state, mirror: mirror, settings: mirror.usesHostSettings ? await AptSettings.ofHost() : [:],
            recipe: recipe, architecture: base.platform.debianName, access: access, isSnapshot: isSnapshot)
    }

    /// Where the tree of another platform stands beside the interpreter that compiles its modules.
    private static let beside = ImagePath("/beside")

    private func key(
        of entry: BaseEntry, _ recipe: DebianRecipe, _ pin: DebianPin, _ compiler: AssembledBase?
    ) throws -> Digest {
        struct Ingredients: Encodable {
            let assemblyVersion: Int
            let interpreter: ImagePath?
            let shell: ImagePath?
            let recipe: DebianRecipe
            let usual: [String]
            let pin: DebianPin
            /// What compiled the modules, where the base's own interpreter could not.
            let compiler: [String]?
        }
        return Digest(
            of: try CanonicalJSON.encode(
                Ingredients(
                    assemblyVersion: Self.assemblyVersion, interpreter: entry.interpreter, shell: entry.shell,
                    recipe: recipe, usual: UnpackRules.usual, pin: pin,
                    compiler: compiler?.packages.filter { $0.name.contains(entry.interpreter?.name ?? "") }
                        .map { "\($0.name) \($0.version)" })))
    }

    /// The indexes that this process has fetched: once is enough.
    private final class Refreshed: Sendable {
        private let folders = Mutex<Set<FilePath>>([])

        func isNew(_ folder: FilePath) -> Bool { folders.withLock { !$0.contains(folder) } }
        func add(_ folder: FilePath) { folders.withLock { _ = $0.insert(folder) } }
    }
}

extension Platform {
    /// Debian's name of the architecture.
    var debianName: String {
        switch (architecture, variant) {
        case ("386", _): "i386"
        case ("arm", "v5"?), ("arm", "v6"?): "armel"
        case ("arm", _): "armhf"
        case ("ppc64le", _): "ppc64el"
        default: architecture
        }
    }
}

extension Optional {
    /// `map` with a closure that waits.
    fileprivate func asyncMap<Value>(_ body: (Wrapped) async throws -> Value) async throws -> Value? {
        guard let self else { return nil }
        return try await body(self)
    }
}
