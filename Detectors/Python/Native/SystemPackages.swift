import Planning

/// Which Debian packages a service's requirements take: in the builder to be compiled, in the image to be used.
///
/// A lock says of every requirement, named or brought along, which file is installed; without one only what is named
/// counts, and what those projects are known to bring.
enum SystemPackages {
    /// The packages to add to a builder, each with the line that asks for it.
    static func needed(for requirements: RequirementSet, python: String, builder: BaseEntry) -> [Decided<String>] {
        var result: [Decided<String>] = []
        func add(_ names: [String], _ reason: Reason) {
            for name in names.map({ DebianNames.name($0, in: builder.release) })
            where !result.contains(where: { $0.value == name }) && !isThere(name, builder) {
                result.append(Decided(name, reason))
            }
        }
        let compiler = builder.tools.contains("gcc") ? [] : ["gcc", "libc6-dev", "python\(python)-dev"]
        for requirement in requirements.requirements {
            if case .url(let address) = requirement.source, address.hasPrefix("git+"), !builder.tools.contains("git") {
                add(["git"], .found(evidence: [requirement.evidence]))
            }
            guard let name = requirement.name else { continue }
            let forced = requirements.noBinary[name] ?? requirements.noBinary[":all:"]
            let reason = Reason.found(evidence: [requirement.evidence] + (forced.map { [$0] } ?? []))
            for row in rows(name, in: requirements) {
                if isBuilt(row, requirement, isForced: forced != nil) {
                    add(compiler + row.build, reason)
                } else {
                    add(row.linked, .found(evidence: [requirement.evidence]))
                }
            }
            if row(name) == nil, forced != nil || requirement.file == .source { add(compiler, reason) }
        }
        // A project of the source tree may bring C of its own; only its build knows.
        return sorted(result)
    }

    /// The packages to add to the image, each with the line that asks for it: programs that are run and libraries that are
    /// opened by name.
    static func needed(
        for requirements: RequirementSet, django: DjangoNeeds?, runtime: BaseEntry
    ) -> [Decided<String>] {
        var result: [Decided<String>] = []
        func add(_ names: [String], _ evidence: Evidence) {
            for name in names.map({ DebianNames.name($0, in: runtime.release) })
            where !result.contains(where: { $0.value == name }) && !isThere(name, runtime) {
                result.append(Decided(name, .found(evidence: [evidence])))
            }
        }
        for requirement in requirements.requirements {
            guard let name = requirement.name else { continue }
            for row in rows(name, in: requirements)
            where !row.unless.contains(where: { has($0, of: requirement, requirements) }) {
                add(row.runtime, requirement.evidence)
            }
        }
        if let evidence = django?.geography { add(geography, evidence) }
        return sorted(result)
    }

    /// What the user should know: drivers that are missing, programs that no package has, compilers that are too old.
    static func warnings(
        for requirements: RequirementSet, django: DjangoNeeds?, builder: BaseEntry
    ) -> [String] {
        var result: [String] = []
        for requirement in requirements.requirements {
            guard let name = requirement.name, let row = row(name) else { continue }
            if let note = row.note { result.append("\(requirement.evidence): \(note)") }
            let forced = requirements.noBinary[name] ?? requirements.noBinary[":all:"]
            if row.isRust, isBuilt(row, requirement, isForced: forced != nil) {
                let version = rust[builder.release].map { "version \($0)" } ?? "its own version"
                result.append(
                    "\(requirement.evidence): '\(name)' is compiled by cargo, which fetches crates while it builds; Debian's rustc has \(version), and a project that asks for a newer one fails: prefer its wheel"
                )
            }
        }
        for driver in django?.drivers ?? []
        where !driver.projects.contains(where: { requirements.requirement($0) != nil }) {
            // Where nothing is resolved yet, another project may bring it.
            result.append(
                "\(driver.evidence): the database needs a driver and no requirement names one; add \(driver.projects[0])"
            )
        }
        return result
    }

    /// Every package of the table as a release calls it, sorted.
    static func allPackages(in release: String) -> [String] {
        let names = table.flatMap { $0.build + $0.linked + $0.runtime } + geography
        return Set(names.map { DebianNames.name($0, in: release) }).sorted()
    }

    /// What GeoDjango opens by name.
    private static let geography = ["libgdal32", "libgeos-c1v5", "libproj25"]

    /// Which project has a module, where its name does not say.
    static func project(importing module: String) -> String? {
        table.first { $0.imports.contains(module) }?.project
    }

    /// The row of a project.
    static func row(_ project: String) -> SystemPackage? { byProject[project] }

    private static let byProject = Dictionary(table.map { ($0.project, $0) }, uniquingKeysWith: { first, _ in first })

    /// The compiler of each release.
    private static let rust = ["debian-12": "1.63", "debian-13": "1.85"]

    /// The rows that a named project stands for: a closed set names what it brings itself.
    private static func rows(_ project: String, in requirements: RequirementSet) -> [SystemPackage] {
        guard let row = row(project) else { return [] }
        return requirements.isClosed ? [row] : [row] + row.brings.flatMap { rows($0, in: requirements) }
    }

    /// Whether a project is compiled: a lock knows its file, else the table and `--no-binary` do.
    static func isBuilt(_ row: SystemPackage, _ requirement: Requirement, isForced: Bool) -> Bool {
        isForced || requirement.file.map { $0 == .source } ?? row.isAlwaysBuilt
    }

    /// Whether a set has a project, or a requirement an extra: `psycopg-c`, `[c]`.
    private static func has(_ word: String, of requirement: Requirement, _ requirements: RequirementSet) -> Bool {
        guard word.hasPrefix("[") else { return requirements.requirement(word) != nil }
        return requirement.extras.contains(String(word.dropFirst().dropLast()))
    }

    /// Whether a base is known to have a package or the program of the name.
    private static func isThere(_ package: String, _ base: BaseEntry) -> Bool {
        base.tools.contains(package) || base.debian?.packages.contains(package) == true
    }

    private static func sorted(_ packages: [Decided<String>]) -> [Decided<String>] {
        packages.sorted { $0.value.utf8.lexicographicallyPrecedes($1.value.utf8) }
    }
}
