package import OCI

/// What fixes a base to exact bytes.
package enum Pin: Codable, Hashable, Sendable {
    /// A registry image's manifest or index.
    case digest(digest: Digest)
    /// Debian packages; the base's digest follows from assembling them.
    case debian(packages: DebianPin)
}

/// The exact packages of a base of the `debian` family.
package struct DebianPin: Codable, Hashable, Sendable {
    package let suite: String
    package let architecture: String
    /// Sorted by name.
    package let packages: [PinnedPackage]

    package init(suite: String, architecture: String, packages: [PinnedPackage]) {
        self.suite = suite
        self.architecture = architecture
        self.packages = packages.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
    }

    /// Fails with `MalformedPin` where a name is not Debian's: pins come from a file that anybody may have written.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            checking: container.decode(String.self, forKey: .suite),
            architecture: container.decode(String.self, forKey: .architecture),
            packages: container.decode([PinnedPackage].self, forKey: .packages))
    }

    /// The same for names from another form of the file.
    package init(checking suite: String, architecture: String, packages: [PinnedPackage]) throws(MalformedPin) {
        guard DebianName.isSuite(suite) else { throw .badSuite(suite) }
        guard DebianName.isArchitecture(architecture) else { throw .badArchitecture(architecture) }
        self.init(suite: suite, architecture: architecture, packages: packages)
    }
}

/// One Debian package by name, version and the SHA-256 of its `.deb`.
package struct PinnedPackage: Codable, Hashable, Sendable {
    package let name: String
    package let version: String
    package let sha256: Digest

    package init(name: String, version: String, sha256: Digest) {
        self.name = name
        self.version = version
        self.sha256 = sha256
    }

    /// Fails with `MalformedPin` where name or version is not Debian's.
    package init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        try self.init(
            checking: container.decode(String.self, forKey: .name),
            version: container.decode(String.self, forKey: .version),
            sha256: container.decode(Digest.self, forKey: .sha256))
    }

    /// The same for names from another form of the file.
    package init(checking name: String, version: String, sha256: Digest) throws(MalformedPin) {
        guard DebianName.isPackage(name) else { throw .badName(name) }
        guard DebianName.isVersion(version) else { throw .badVersion(package: name, version) }
        self.init(name: name, version: version, sha256: sha256)
    }
}

/// The contents of `autoimage.lock`: what was resolved once at the edge and is reused from then on.
///
/// Every key ends in `@PLATFORM`, so that one file serves all platforms of a service.
package struct Pins: Hashable, Sendable {
    /// Pins by `Base.key`.
    package var bases: [String: Pin]
    /// The references that digest pins were resolved from, by `Base.key`: a pin of another reference is not taken.
    package var references: [String: String]
    /// Shared libraries that a build found missing in the runtime and took from the builder, by
    /// `BuildPlan.librariesKey`; an empty list says that a build found none missing.
    package var libraries: [String: [LibraryAddition]]
    /// Images that artifacts are copied from, by `reference@platform`: the digest of the platform's manifest.
    package var images: [String: Digest]
    /// Versions of the programs that install dependencies (pip, uv, poetry …), by `name@platform`.
    package var installers: [String: String]
    /// What builds resolved where no lock of the service fixes it, by `BuildPlan.resolutionKey`.
    package var resolutions: [String: Resolution]

    package init(
        bases: [String: Pin] = [:], references: [String: String] = [:], libraries: [String: [LibraryAddition]] = [:],
        images: [String: Digest] = [:], installers: [String: String] = [:], resolutions: [String: Resolution] = [:]
    ) {
        self.bases = bases
        self.references = references
        self.libraries = libraries
        self.images = images
        self.installers = installers
        self.resolutions = resolutions
    }

    /// Records the pin of a base, and for a digest also what it was resolved from.
    package mutating func set(_ pin: Pin, for base: Base) {
        bases[base.key] = pin
        if case .digest = pin { references[base.key] = base.entry.reference } else { references[base.key] = nil }
    }

    /// Only what these plans use; the libraries of a plan that was never built are none.
    package func pruned(to plans: [BuildPlan]) -> Pins {
        let bases = Set(plans.flatMap { [$0.builder.base.key, $0.runtime.base.key] })
        let images = Set(plans.flatMap(\.images).map(\.key))
        let libraries = Set(plans.map(\.librariesKey))
        let platforms = Set(plans.map { "@\($0.platform)" })
        // A record of other inputs stays until the build that resolves those.
        let resolved = Set(plans.filter { $0.open != nil || $0.resolved != nil }.map(\.resolutionKey))
        return Pins(
            bases: self.bases.filter { bases.contains($0.key) },
            references: references.filter { bases.contains($0.key) },
            libraries: self.libraries.filter { libraries.contains($0.key) },
            images: self.images.filter { images.contains($0.key) },
            installers: installers.filter { entry in platforms.contains { entry.key.hasSuffix($0) } },
            resolutions: resolutions.filter { resolved.contains($0.key) })
    }

    /// The pin of a base, if it still fits.
    ///
    /// A digest fits the same reference, packages the same suite if they hold everything the base needs. A catalog or a
    /// plan that changed makes it nil, and the base is resolved again.
    package func pin(of base: Base) -> Pin? {
        guard let pin = bases[base.key] else { return nil }
        switch pin {
        case .digest:
            let reference = references[base.key] ?? base.entry.reference
            return reference == base.entry.reference && base.entry.debian == nil ? pin : nil
        case .debian(let packages):
            guard let recipe = base.entry.debian else { return pin }
            guard recipe.suite == packages.suite else { return nil }
            let names = Set(packages.packages.map(\.name))
            return (recipe.packages + base.packages.map(\.value)).allSatisfy(names.contains) ? pin : nil
        }
    }
}

extension BuildPlan {
    /// Under which `autoimage.lock` keeps the shared libraries of the plan: `APP@PLATFORM`, with `.` where no program
    /// was named.
    package var librariesKey: String { "\(app ?? ".")@\(platform)" }
}

/// Shared libraries of one package that cross from the builder to the runtime because an artifact needs them.
package struct LibraryAddition: Codable, Hashable, Sendable {
    /// The Debian package, or nil where no package of the builder has the files.
    package let package: String?
    package let version: String?
    /// The image beside the builder that they come from; nil for the builder.
    package let image: String?
    /// The library files and links, and the package's `status.d` record: the same paths in builder and image, sorted.
    package let files: [ImagePath]
    /// The ELF files that name a library of `files`, sorted.
    package let neededBy: [ImagePath]

    package init(
        package: String?, version: String?, image: String? = nil, files: [ImagePath], neededBy: [ImagePath]
    ) {
        self.package = package
        self.version = version
        self.image = image
        self.files = files.sorted()
        self.neededBy = neededBy.sorted()
    }
}

/// Why a pin is refused.
package enum MalformedPin: Error, Equatable, CustomStringConvertible {
    case badName(String)
    case badVersion(package: String, String)
    case badSuite(String)
    case badArchitecture(String)

    /// The refused text is shown with its control characters escaped.
    package var description: String {
        switch self {
        case .badName(let name): "a pin names the package \(name.debugDescription), which is not the name of any"
        case .badVersion(let package, let version):
            "the pin of the package '\(package)' has the version \(version.debugDescription), which is not a version"
        case .badSuite(let suite): "a pin names the suite \(suite.debugDescription), which is not the name of any"
        case .badArchitecture(let name):
            "a pin names the architecture \(name.debugDescription), which is not the name of any"
        }
    }
}
