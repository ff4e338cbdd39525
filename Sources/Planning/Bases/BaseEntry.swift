/// One base image of the catalog: a starting file tree and what is known about it.
package struct BaseEntry: Codable, Hashable, Sendable {
    /// Unique in the catalog, as in `debian/bookworm/python-3.11-runtime`.
    package let id: String
    /// `debian`, assembled from packages; `official`, pulled by reference; in files of users any other.
    package let family: String
    /// `python`; `static`, `base` and `cc` for runtimes of programs that need no interpreter.
    package let language: String
    /// The language's version as far as the base promises it: `3.11`.
    package let version: String
    package let role: Role
    /// How an engine or a Dockerfile names the base.
    package let reference: String
    package let libc: LibC
    /// Distribution and release: `debian-12`.
    package let release: String
    /// The interpreter that runs the language, and its ABI tag (`cp311`), where it has one.
    package let interpreter: ImagePath?
    package let abi: String?
    /// A shell, where the base has one.
    package let shell: ImagePath?
    /// `uid:gid` the base's config names; images of ours set their own.
    package let user: String
    /// Programs of interest inside, as `gcc` and `pip`.
    package let tools: [String]
    /// Variables that programs in the base expect.
    package let environment: [String: String]
    /// Year and month, or date, when upstream ends support.
    package let endOfLife: String?
    /// A line for people: `Debian testing, not yet released`.
    package let note: String?
    /// How to make the base from Debian packages; nil for bases pulled by reference.
    package let debian: DebianRecipe?
    /// Where the facts of the entry are from.
    package let source: String?
    /// Packages of interest that a pulled base has, as `libpq-dev`; nil where nobody says.
    package let packages: [String]?
    /// The language's exact version that the base had on the catalog's date: it has this one or a newer one of the same
    /// `version`; nil where nobody says.
    package let exact: String?

    package init(
        id: String, family: String, language: String, version: String, role: Role, reference: String, libc: LibC,
        release: String, interpreter: ImagePath?, abi: String?, shell: ImagePath?, user: String, tools: [String],
        environment: [String: String], endOfLife: String?, note: String?, debian: DebianRecipe?,
        source: String? = nil, packages: [String]? = nil, exact: String? = nil
    ) {
        self.id = id
        self.family = family
        self.language = language
        self.version = version
        self.role = role
        self.reference = reference
        self.libc = libc
        self.release = release
        self.interpreter = interpreter
        self.abi = abi
        self.shell = shell
        self.user = user
        self.tools = tools
        self.environment = environment
        self.endOfLife = endOfLife
        self.note = note
        self.debian = debian
        self.source = source
        self.packages = packages
        self.exact = exact
    }

    package enum Role: String, Codable, Hashable, Sendable { case builder, runtime }
}

/// A C library: binaries linked against one family never meet the other.
package struct LibC: Codable, Hashable, Sendable, CustomStringConvertible {
    package let family: Family
    /// `2.36`; nil for a base without any.
    package let version: String?

    package init(family: Family, version: String?) {
        self.family = family
        self.version = version
    }

    package enum Family: String, Codable, Hashable, Sendable { case glibc, musl, none }

    package var description: String { family.rawValue + (version.map { " \($0)" } ?? "") }
}

/// What a base of the `debian` family is made of.
package struct DebianRecipe: Codable, Hashable, Sendable {
    /// `bookworm`, `trixie`, `testing`; its update and security suites are always consulted.
    package let suite: String
    /// Further suites by name, as `trixie-backports`.
    package let extraSuites: [String]
    /// Package names.
    package let packages: [String]
    /// Whether `packages` is the whole list (a runtime base) or its dependencies are added (a builder base).
    package let closed: Bool
    /// Paths and glob patterns that are not unpacked.
    package let drop: [String]
    /// Symbolic links to make: path to target, in which `{architecture}` is Debian's name of the machine: `amd64`.
    package let links: [String: String]
    /// Folders whose `.py` files get hash-based bytecode from the base's own interpreter.
    package let bytecode: [ImagePath]
    /// Where Java expects the certificate authorities; nil for a base without Java.
    package let trustStore: ImagePath?

    package init(
        suite: String, extraSuites: [String], packages: [String], closed: Bool, drop: [String],
        links: [String: String], bytecode: [ImagePath], trustStore: ImagePath? = nil
    ) {
        self.suite = suite
        self.extraSuites = extraSuites
        self.packages = packages
        self.closed = closed
        self.drop = drop
        self.links = links
        self.bytecode = bytecode
        self.trustStore = trustStore
    }
}
