import Planning

/// What one package of the npm registry takes from the system, and what a user should know of it.
///
/// Debian's packages are named as in Debian 12; `DebianNames` knows what later releases call them.
struct NativePackage: Sendable {
    /// The package's name.
    let name: String
    /// How its machine code comes to the service.
    let code: Code
    /// Packages of the builder beside the compilers, where it is compiled.
    var build: [String] = []
    /// Packages of the builder that its installation asks for, compiled or not.
    var setup: [String] = []
    /// Packages of the image that no ELF file names: programs that are run, and libraries that are opened by name.
    var runtime: [String] = []
    /// The first version that needs none of this, as `0.33.0`.
    var until: SemanticVersion?
    /// Variables of the installation: browsers that are not shipped are not downloaded.
    var environment: [String: String] = [:]
    /// What no package can mend.
    var note: String?

    enum Code: Sendable, Hashable {
        /// It has none of its own.
        case none
        /// It lies in the package, or in packages for one platform each that it names.
        case brought
        /// Its installation downloads it, and compiles where there is none for the machine.
        case downloaded
        /// Its installation always compiles it.
        case compiled
    }

    /// Packages of Debian as one text, `"libpq-dev pkg-config"`, for a table that can be read.
    init(
        _ name: String, _ code: Code, build: String = "", setup: String = "", runtime: String = "",
        until: String? = nil,
        environment: [String: String] = [:], note: String? = nil
    ) {
        func list(_ text: String) -> [String] { text.split(separator: " ").map(String.init) }
        self.name = name
        self.code = code
        self.build = list(build)
        self.setup = list(setup)
        self.runtime = list(runtime)
        self.until = until.flatMap { SemanticVersion($0) }
        self.environment = environment
        self.note = note
    }

    /// Whether a version still is what the row says.
    func applies(to version: String) -> Bool {
        guard let until, let version = SemanticVersion(version) else { return true }
        return version < until
    }
}
