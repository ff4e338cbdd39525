import Planning

/// What one project of the index takes from the system, and what a user should know of it.
///
/// Packages are named as in Debian 12; `DebianNames` knows what later releases call them.
struct SystemPackage: Sendable {
    /// The project, normalised (PEP 503).
    let project: String
    /// Packages of the builder, where the project is compiled from its sources.
    var build: [String] = []
    /// Packages of the builder that have the libraries which the project's wheels name and do not bring: those files alone
    /// are carried into the image.
    var linked: [String] = []
    /// Packages of the image that no ELF file names: programs that are run, and libraries that are opened by name.
    var runtime: [String] = []
    /// Whether the index has no wheels for Linux, so that it is always compiled.
    var isAlwaysBuilt = false
    /// Whether it is compiled by cargo, whose crates are fetched while it is built.
    var isRust = false
    /// Names that are imported, where they are not the project's own with `_` for `-`.
    var imports: [String] = []
    /// Projects and extras (`[c]`) beside which the packages of the image are not needed.
    var unless: [String] = []
    /// Projects that this one always brings and that have a row: they count where nothing is resolved yet.
    var brings: [String] = []
    /// What no package can mend.
    var note: String?

    /// Whether the installed project has compiled code of its own, which is for one platform.
    var holdsCode: Bool { isAlwaysBuilt || isRust || !build.isEmpty || !linked.isEmpty }

    /// `"libpq-dev pkg-config"`, for a table that can be read.
    init(
        _ project: String, build: String = "", linked: String = "", runtime: String = "", always: Bool = false,
        rust: Bool = false, imports: String = "", unless: String = "", brings: String = "", note: String? = nil
    ) {
        func list(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
        self.project = project
        self.build = list(build) + (rust ? ["cargo", "rustc"] : [])
        self.linked = list(linked)
        self.runtime = list(runtime)
        isAlwaysBuilt = always
        isRust = rust
        self.imports = list(imports)
        self.unless = list(unless)
        self.brings = list(brings)
        self.note = note
    }
}

/// Debian packages whose names differ from release to release.
enum DebianNames {
    /// The name in a release (`debian-13`, `debian-testing`) of what Debian 12 calls so; a later release than the table knows keeps the
    /// newest name.
    static func name(_ package: String, in release: String) -> String {
        guard release.hasPrefix("debian-") else { return package }
        // `debian-testing` is newer than any number.
        let number = Int(release.dropFirst("debian-".count)) ?? .max
        return renamed[package]?.last { $0.since <= number }?.name ?? package
    }

    /// By the name of Debian 12: most got a new name with the 64-bit time of Debian 13.
    private static let renamed: [String: [(since: Int, name: String)]] = [
        "libasound2": [(13, "libasound2t64")], "libcups2": [(13, "libcups2t64")], "libdmtx0b": [(13, "libdmtx0t64")],
        "libgdal32": [(13, "libgdal36"), (14, "libgdal39")], "libgeos-c1v5": [(13, "libgeos-c1t64")],
        "libgirepository1.0-dev": [(13, "libgirepository-2.0-dev")], "libglib2.0-0": [(13, "libglib2.0-0t64")],
        "libmagic1": [(13, "libmagic1t64")], "libmagickwand-6.q16-6": [(13, "libmagickwand-7.q16-10")],
        "libarchive13": [(13, "libarchive13t64")],
        "libvips42": [(13, "libvips42t64")], "libzbar0": [(13, "libzbar0t64")],
        "libtidy5deb1": [(13, "libtidy58")],
    ]
}
