import Formats
import Planning

/// Files that say what a service needs, and that nothing here installs by themselves.
enum LoneFiles {
    /// Fails at a lock without the manifest that it was made from.
    static func checkLocks(_ project: PythonProject) throws {
        let pairs = [
            ("uv.lock", "pyproject.toml"), ("poetry.lock", "pyproject.toml"), ("pdm.lock", "pyproject.toml"),
            ("Pipfile.lock", "Pipfile"),
        ]
        for (lock, manifest) in pairs {
            let path = try project.path(lock)
            guard project.tree.hasFile(path), !project.tree.hasFile(try project.path(manifest)) else { continue }
            throw PlanError.unusable(
                place: "\(path)", what: "there is no \(manifest) beside the lock",
                fix:
                    "put the \(manifest) that it was made from into the service, or let it into the build if it is ignored"
            )
        }
    }

    /// Fails at conda's files and at misspelt requirements files, where a service has no other source.
    static func check(_ project: PythonProject) throws {
        let names = Set(project.topFiles.map(\.name))
        for name in conda + ["package-list.txt"] where names.contains(name) {
            throw PlanError.unusable(
                place: "\(try project.path(name))",
                what: "conda's packages are not installed: they bring a C library and an interpreter of their own",
                fix: "name the Python packages in a requirements.txt or a pyproject.toml, "
                    + "and Debian packages with --set runtime-packages=NAME")
        }
        for name in misspelt where names.contains(name) {
            throw PlanError.unusable(
                place: "\(try project.path(name))", what: "pip does not look for '\(name)'",
                fix: "did you mean requirements.txt? rename it")
        }
    }

    /// The names that are evidence of Python.
    static var names: [String] { conda + misspelt.filter { $0 != "requirements" } }

    private static let conda = ["environment.yml", "environment.yaml", "conda-lock.yml", "pixi.toml", "pixi.lock"]

    /// What people write for `requirements.txt`.
    private static let misspelt = [
        "requirement.txt", "Requirements.txt", "requirements.text", "requirements.txt.txt", "requirments.txt",
        "requirement.text", "requirements", "Requirement.txt", "requierments.txt", "requirements.tx",
        "requirments.text",
    ]
}
