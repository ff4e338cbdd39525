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
        let suite = try container.decode(String.self, forKey: .suite)
        guard DebianName.isSuite(suite) else { throw MalformedPin.badSuite(suite) }
        let architecture = try container.decode(String.self, forKey: .architecture)
        guard DebianName.isArchitecture(architecture) else { throw MalformedPin.badArchitecture(architecture) }
        self.init(
            suite: suite, architecture: architecture,
            packages: try container.decode([PinnedPackage].self, forKey: .packages))
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
        name = try container.decode(String.self, forKey: .name)
        guard DebianName.isPackage(name) else { throw MalformedPin.badName(name) }
        version = try container.decode(String.self, forKey: .version)
        guard DebianName.isVersion(version) else { throw MalformedPin.badVersion(package: name, version) }
        sha256 = try container.decode(Digest.self, forKey: .sha256)
    }
}

/// The contents of `autoimage.lock`: what was resolved once at the edge and is reused from then on.
package struct Pins: Codable, Hashable, Sendable {
    package let schemaVersion: Int
    /// Pins by `Base.key`.
    package var bases: [String: Pin]
    /// Shared libraries that a build found missing in the runtime and took from the builder.
    package var libraries: [LibraryAddition]?
    /// Images that artifacts are copied from, by `reference@platform`: the digest of the platform's manifest.
    package var images: [String: Digest]?
    /// Versions of the programs that install dependencies (pip, uv, poetry …), by name.
    package var installers: [String: String]?

    package init(
        bases: [String: Pin] = [:], libraries: [LibraryAddition]? = nil, images: [String: Digest]? = nil,
        installers: [String: String]? = nil
    ) {
        schemaVersion = 1
        self.bases = bases
        self.libraries = libraries
        self.images = images
        self.installers = installers
    }
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
