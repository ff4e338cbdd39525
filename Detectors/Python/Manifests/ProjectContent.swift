import Formats
import Planning

/// What a build system finds to pack in a project's folder.
struct ProjectContent {
    /// What it looks for and does not find; nil where it finds something, or where only its build knows.
    let missing: String?

    init(of folder: SourcePath, in tree: any SourceTree, _ manifest: PyProject?) throws {
        let layout = Layout(of: folder, in: tree)
        let backend = try manifest?.buildSystem()?.backend ?? "setuptools"
        let name = manifest?.name ?? ""
        switch backend.prefix(while: { $0 != "." && $0 != ":" }) {
        case "setuptools": missing = try Self.setuptools(layout, folder, tree, manifest)
        case "hatchling":
            let isSet = ["packages", "include", "only-include", "sources", "force-include", "artifacts"].contains {
                manifest?.has("tool", "hatch", "build", "targets", "wheel", $0) == true
                    || manifest?.has("tool", "hatch", "build", $0) == true
            }
            missing = isSet ? nil : layout.missing(name, namespaces: false)
        case "poetry":
            missing = manifest?.has("tool", "poetry", "packages") == true ? nil : layout.missing(name)
        case "flit_core", "flit": missing = layout.missing(name)
        case "uv_build":
            let isSet = manifest?.has("tool", "uv", "build-backend") == true
            missing = isSet ? nil : layout.missing(name)
        case "pdm":
            let isSet = manifest?.has("tool", "pdm", "build") == true
            let isThere = !layout.packages.isEmpty || !layout.sourcePackages.isEmpty || !layout.modules.isEmpty
            missing = isSet || isThere ? nil : "there is no package in it"
        default: missing = nil
        }
    }

    /// What setuptools finds by itself: everything in `src`, else the only package, else the only module.
    private static func setuptools(
        _ layout: Layout, _ folder: SourcePath, _ tree: any SourceTree, _ manifest: PyProject?
    ) throws -> String? {
        let setup = try SetupFiles.read(in: folder, of: tree)
        let keys = ["packages", "py-modules", "package-dir", "ext-modules"]
        if setup?.namesPackages == true || keys.contains(where: { manifest?.has("tool", "setuptools", $0) == true }) {
            return nil
        }
        if layout.hasSourceFolder { return layout.sourcePackages.isEmpty ? "there is no package in src" : nil }
        let packages = layout.folders.filter { !flatExcluded.contains($0.lowercased()) }
        if packages.count == 1 { return nil }
        let modules = layout.modules.filter { !moduleExcluded.contains($0) }
        let found = packages.isEmpty ? modules : packages
        if found.count == 1 { return nil }
        return found.isEmpty
            ? "there is no package in it"
            : "setuptools takes one package, and there are \(found.joined(separator: ", ")) (tool.setuptools.packages chooses)"
    }

    /// Folders and files that setuptools never takes for a package (its automatic discovery, flat layout).
    private static let flatExcluded: Set<String> = Set(
        """
        ci bin debian doc docs documentation manpages news newsfragments changelog test tests unit_test unit_tests
        integration_test integration_tests example examples scripts tools util utils python build benchmark benchmarks
        exercise exercises htmlcov tasks fabfile site_scons website dist
        """.split(whereSeparator: \.isWhitespace).map(String.init))
    private static let moduleExcluded: Set<String> = Set(
        """
        setup conftest test tests example examples build toxfile noxfile pavement dodo tasks fabfile conanfile manage
        benchmark benchmarks exercise exercises
        """.split(whereSeparator: \.isWhitespace).map(String.init))
}

/// The packages and modules that lie in a folder and in its `src`.
struct Layout {
    /// Folders that could be names of Python, whatever they hold; sorted.
    private(set) var folders: [String] = []
    /// Folders with Python files in them.
    private(set) var packages: Set<String> = []
    /// Folders with an `__init__.py`.
    private(set) var initialised: Set<String> = []
    private(set) var modules: [String] = []
    private(set) var sourcePackages: Set<String> = []
    private(set) var hasSourceFolder = false

    init(of folder: SourcePath, in tree: any SourceTree) {
        let depth = folder.components.count
        for entry in tree.entries where entry.path.isInside(folder) && entry.path != folder {
            let parts = entry.path.components.dropFirst(depth).map { $0 }
            let isPython = entry.isFile && parts[parts.count - 1].hasSuffix(".py")
            if parts.count == 1, entry.isFile {
                if isPython, parts[0].first.map({ $0 != "_" && $0 != "." }) == true {
                    modules.append(String(parts[0].dropLast(3)))
                }
            } else if parts[0] == "src" {
                hasSourceFolder = true
                if isPython, parts.count > 1 {
                    sourcePackages.insert(parts.count == 2 ? String(parts[1].dropLast(3)) : parts[1])
                    if parts.count == 3, parts[2] == "__init__.py" { initialised.insert("src/\(parts[1])") }
                }
            } else if parts[0].wholeMatch(of: /[A-Za-z][A-Za-z0-9_]*/) != nil {
                if folders.last != parts[0] { folders.append(parts[0]) }
                if isPython { packages.insert(parts[0]) }
                if parts.count == 2, parts[1] == "__init__.py" { initialised.insert(parts[0]) }
            }
        }
    }

    /// What of `NAME`, `src/NAME` and `NAME.py` is looked for, where none of them is there.
    func missing(_ name: String, namespaces: Bool = true) -> String? {
        let module = name.replacing(/[-.]+/, with: "_").lowercased()
        let inside = packages.contains { $0.lowercased() == module && (namespaces || initialised.contains($0)) }
        let source = sourcePackages.contains {
            $0.lowercased() == module && (namespaces || initialised.contains("src/\($0)"))
        }
        guard !inside, !source, !modules.contains(where: { $0.lowercased() == module }) else { return nil }
        return "there is no \(module)/, src/\(module)/ or \(module).py to pack"
    }
}
