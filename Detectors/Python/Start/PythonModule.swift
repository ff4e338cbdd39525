import Planning

/// One module of the service: its place on the module path, its statements and what its imports mean.
struct PythonModule: Sendable {
    let path: SourcePath
    /// The folder that must be on the module path.
    let folder: SourcePath
    /// `shop.main`; empty for an `__init__.py` that belongs to no package.
    let name: String
    let source: PythonSource
    /// What each imported name stands for.
    let imports: [String: Import]
    /// Modules whose every name is taken over with `from … import *`.
    let stars: [String]

    /// A name that an import statement makes.
    struct Import: Sendable, Hashable {
        /// `flask.Flask`.
        let origin: String
        let statement: PythonSource.Statement
    }

    init(path: SourcePath, folder: SourcePath, name: String, source: PythonSource) {
        self.path = path
        self.folder = folder
        self.name = name
        self.source = source
        let package = Self.package(of: name, isPackage: path.name == "__init__.py")
        var imports: [String: Import] = [:]
        var stars: [String] = []
        for statement in source.statements {
            for (local, origin) in Self.imported(statement.text, package: package) {
                if local == "*" {
                    stars.append(origin)
                } else if imports[local] == nil || statement.indent == 0 {
                    imports[local] = Import(origin: origin, statement: statement)
                }
            }
        }
        self.imports = imports
        self.stars = stars
    }

    /// What a name of this module may stand for: `f.FastAPI` is `fastapi.FastAPI` after `import fastapi as f`.
    func origins(of dotted: String) -> [String] {
        let parts = dotted.split(separator: ".", maxSplits: 1).map(String.init)
        guard let first = parts.first else { return [] }
        if let found = imports[first] { return [([found.origin] + parts.dropFirst()).joined(separator: ".")] }
        return [name.isEmpty ? dotted : "\(name).\(dotted)"] + stars.map { "\($0).\(dotted)" }
    }

    /// Whether some import reads a package: `import streamlit as st`.
    func imports(package: String) -> Bool {
        imports.values.contains { $0.origin == package || $0.origin.hasPrefix(package + ".") }
            || stars.contains { $0 == package || $0.hasPrefix(package + ".") }
    }

    /// Evidence for one of its statements.
    func evidence(_ statement: PythonSource.Statement) -> Evidence {
        Evidence(path: path, line: statement.line, excerpt: statement.excerpt)
    }

    /// The statement `if __name__ == "__main__":`.
    var mainBlock: PythonSource.Statement? {
        source.topLevel.first {
            $0.text.contains(/^if\s+(?:__name__\s*==\s*['"]__main__['"]|['"]__main__['"]\s*==\s*__name__)/)
        }
    }

    private static func package(of name: String, isPackage: Bool) -> [String] {
        let parts = name.split(separator: ".").map(String.init)
        return isPackage ? parts : Array(parts.dropLast())
    }

    /// The names that an import statement makes, each with what it stands for; none for other statements.
    private static func imported(_ text: String, package: [String]) -> [(String, String)] {
        // A pattern is made anew at each call: most statements are told by their first letters.
        if text.hasPrefix("from"),
            let match = text.wholeMatch(of: /from\s+(\.*)\s*([\w.]*)\s+import\s+\(?(.*?)\)?;?/)?.output
        {
            var base: [String] = []
            if !match.1.isEmpty { base = Array(package.dropLast(match.1.count - 1)) }
            base += match.2.split(separator: ".").map(String.init)
            return match.3.split(separator: ",").compactMap { part in
                let words = part.split(whereSeparator: \.isWhitespace).map(String.init)
                guard let name = words.first else { return nil }
                if name == "*" { return ("*", base.joined(separator: ".")) }
                let local = words.count == 3 && words[1] == "as" ? words[2] : name
                return (local, (base + [name]).joined(separator: "."))
            }
        }
        guard text.hasPrefix("import"), let match = text.wholeMatch(of: /import\s+([\w.,\s]+);?/)?.output else {
            return []
        }
        return match.1.split(separator: ",").compactMap { part in
            let words = part.split(whereSeparator: \.isWhitespace).map(String.init)
            guard let name = words.first else { return nil }
            if words.count == 3, words[1] == "as" { return (words[2], name) }
            let first = String(name.prefix { $0 != "." })
            return (first, first)
        }
    }
}

/// The service's modules, each read once for a plan.
final class ServiceModules {
    let project: PythonProject
    /// Whether the service is installed as a wheel: a module below `src` is then found without its folder.
    let isInstalled: Bool
    private var known: [SourcePath: PythonModule?] = [:]

    init(project: PythonProject, requirements: RequirementSet?) {
        self.project = project
        isInstalled = requirements?.installs(project.tree.service) ?? false
    }

    /// The module of a file; nil where there is none, or where it is no text.
    func module(at path: SourcePath) throws -> PythonModule? {
        if let found = known[path] { return found }
        let module = try project.source(path).map { source in
            let (folder, name) = place(path, source)
            return PythonModule(path: path, folder: folder, name: name, source: source)
        }
        known[path] = module
        return module
    }

    /// The service's module that a dotted name begins with, and the rest of the name.
    func find(_ dotted: String, from folder: SourcePath) throws -> (module: PythonModule, rest: [String])? {
        let parts = dotted.split(separator: ".").map(String.init)
        var folders = [folder, project.tree.service]
        if let source = try? project.path("src") { folders.append(source) }
        for count in stride(from: parts.count, to: 0, by: -1) {
            let base = parts.prefix(count).joined(separator: "/")
            for folder in folders {
                for name in ["\(base).py", "\(base)/__init__.py"] {
                    guard let path = try? folder.appending(name), project.tree.hasFile(path),
                        let module = try module(at: path)
                    else { continue }
                    return (module, Array(parts.dropFirst(count)))
                }
            }
        }
        return nil
    }

    /// The folder where a program starts that imports a module: the service's own where the module is installed.
    func startFolder(of module: PythonModule) -> SourcePath {
        isInstalled && module.folder.name == "src" ? project.tree.service : module.folder
    }

    /// The module's name, and the folder from which it can be imported: the first above it that is no package.
    private func place(_ path: SourcePath, _ source: PythonSource) -> (SourcePath, String) {
        let service = project.tree.service
        var folder = path.parent ?? .root
        var names = path.name == "__init__.py" ? [] : [String(path.name.dropLast(3))]
        func isPackage(_ folder: SourcePath) -> Bool {
            folder != service && project.tree.hasFile(folder.appending(name: "__init__.py"))
        }
        while isPackage(folder), let parent = folder.parent {
            names.insert(folder.name, at: 0)
            folder = parent
        }
        // A folder without __init__.py is a package too, unless it is only there to hold the sources.
        while folder != service, folder.name != "src", !Self.isSources(folder, source), let parent = folder.parent {
            names.insert(folder.name, at: 0)
            folder = parent
        }
        return (folder, names.joined(separator: "."))
    }

    /// Whether a folder only holds the sources: `backend/app/main.py` that imports `app`, and never `backend`.
    private static func isSources(_ folder: SourcePath, _ source: PythonSource) -> Bool {
        guard ["backend", "server", "source"].contains(folder.name) else { return false }
        return !source.statements.contains { UnnamedImports.modules($0.text).contains(folder.name) }
    }
}
