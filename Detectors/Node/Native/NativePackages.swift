import Planning

/// Which packages of an installation are or need machine code, and the Debian packages that take part.
///
/// A lock says which packages there are; without one what manifests name counts.
struct NativePackages: Sendable {
    /// A package that is installed, with its place.
    struct Found: Sendable {
        let name: String
        let version: String
        let isDevelopment: Bool
        let evidence: Evidence
        /// What the table says of this version; nil for a package that it does not know.
        let row: NativePackage?
        /// Whether the lock says that it runs a script, which most often compiles.
        let runsScript: Bool
        /// Whether the lock says that it is for some machines alone.
        let isForMachine: Bool
    }

    let found: [Found]

    init(_ lock: NodeLock?, _ manifests: [PackageJSON]) {
        if let lock, lock.isReadable {
            found = lock.packages.compactMap { package in
                let isForMachine = !package.cpu.isEmpty || !package.libc.isEmpty
                let row = Self.row(package.name, package.version)
                guard row != nil || package.hasInstallScript == true || isForMachine else { return nil }
                // What is for other systems alone is never installed.
                guard package.os.isEmpty || package.os.contains(where: { $0 == "linux" || $0.hasPrefix("!") }),
                    !package.os.contains("!linux")
                else { return nil }
                return Found(
                    name: package.name, version: package.version, isDevelopment: package.isDevelopment,
                    evidence: lock.evidence(package.line, "\(package.name) \(package.version)"), row: row,
                    runsScript: package.hasInstallScript == true, isForMachine: isForMachine)
            }
        } else {
            let kinds: [PackageJSON.Kind] = [.dependencies, .optionalDependencies, .devDependencies]
            found = manifests.flatMap { manifest in
                kinds.flatMap { kind in
                    manifest.dependencies(kind).compactMap { name, entry in
                        Self.row(name, "").map {
                            Found(
                                name: name, version: "", isDevelopment: kind == .devDependencies,
                                evidence: entry.evidence, row: $0, runsScript: false, isForMachine: false)
                        }
                    }
                }
            }
        }
    }

    /// The row of a package in a version.
    static func row(_ name: String, _ version: String) -> NativePackage? {
        guard let row = byName[name], row.applies(to: version) else { return nil }
        return row
    }

    private static let byName = Dictionary(table.map { ($0.name, $0) }, uniquingKeysWith: { one, _ in one })

    /// The compiler of node-gyp; its Python, make and Node's headers are in every builder.
    static let compilers = ["g++"]

    /// What makes the installed tree one machine's own; nil where it is JavaScript alone.
    ///
    /// `isShipped`: whether only what production installs counts.
    func machineCode(isShipped: Bool) -> Evidence? {
        found.first { one in
            if isShipped, one.isDevelopment { return false }
            return one.runsScript || one.isForMachine || one.row.map { $0.code != .none } ?? false
        }?.evidence
    }

    /// The packages to add to a builder, each with the line that asks for it.
    ///
    /// What is downloaded may have to be compiled, on another machine or where the download fails; a script that the table
    /// does not know may compile, too. `needsDevelopment`: whether what only development needs is installed.
    func builderPackages(_ builder: BaseEntry, needsDevelopment: Bool) -> [Decided<String>] {
        collect(builder) { one in
            if one.isDevelopment, !needsDevelopment { return [] }
            guard let row = one.row else { return one.runsScript ? Self.compilers : [] }
            switch row.code {
            case .compiled, .downloaded: return Self.compilers + row.build + row.setup
            case .none, .brought: return row.setup
            }
        }
    }

    /// The packages to add to the image: programs that are run and libraries that are opened by name.
    func runtimePackages(_ runtime: BaseEntry) -> [Decided<String>] {
        collect(runtime) { $0.isDevelopment ? [] : $0.row?.runtime ?? [] }
    }

    private func collect(_ base: BaseEntry, _ packages: (Found) -> [String]) -> [Decided<String>] {
        var result: [Decided<String>] = []
        for one in found {
            for name in packages(one).map({ DebianNames.name($0, in: base.release) })
            where !result.contains(where: { $0.value == name }) && !isThere(name, base) {
                result.append(Decided(name, .found(evidence: [one.evidence])))
            }
        }
        return result.sorted { $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }
    }

    /// Whether a base is known to have a package, or the program of the name; images with gcc have all of GNU's compilers.
    private func isThere(_ package: String, _ base: BaseEntry) -> Bool {
        base.tools.contains(package) || base.debian?.packages.contains(package) == true
            || (package == "g++" && base.debian == nil && base.tools.contains("gcc"))
    }

    /// Variables of the installation that keep it from downloading what is not shipped.
    var environment: [String: String] {
        found.reduce(into: [:]) { result, one in
            result.merge(one.row?.environment ?? [:]) { one, _ in one }
        }
    }

    /// What the user should know.
    var warnings: [String] {
        var seen: Set<String> = []
        return found.compactMap { one in
            guard !one.isDevelopment, let note = one.row?.note, seen.insert(one.name).inserted else { return nil }
            return "\(one.evidence): \(one.name) \(note)"
        }
    }

    /// Every Debian package of the table as a release calls it, sorted.
    static func allPackages(in release: String) -> [String] {
        let names = table.flatMap { $0.build + $0.setup + $0.runtime } + compilers
        return Set(names.map { DebianNames.name($0, in: release) }).sorted()
    }
}
