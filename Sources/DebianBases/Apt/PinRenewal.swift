import OCI
import Planning
import SystemPackage

/// Renews single packages of a pin: apt is told that everything pinned is installed, so that it moves these packages and
/// what they need to move, and nothing else.
struct PinRenewal: Sendable {
    let root: AptRoot
    let store: PackageStore
    let pin: DebianPin
    let recipe: DebianRecipe
    /// Packages that the plan adds to the recipe's.
    let added: [String]

    enum Result: Sendable {
        case pin(DebianPin)
        case impossible(why: String)
    }

    /// The pin with these packages renewed; the root's index is fresh and its lock held.
    func renewing(_ names: [String]) async throws -> Result {
        guard let installed = try await fields() else {
            return .impossible(why: "the mirror has dropped pinned versions that are not here either")
        }
        let (files, said) = try await root.filesToRenew(names, status: Self.status(of: installed))
        guard let files else {
            let line = said.split(separator: "\n").first { $0.hasPrefix("E:") }.map(String.init) ?? "apt finds no way"
            return .impossible(why: line)
        }
        let held = Set(pin.packages.map(\.name))
        let fresh = files.filter { !held.contains($0.name) && !AddedPackages.onlyInstalling.contains($0.name) }
        if recipe.closed, !added.isEmpty, !fresh.isEmpty {
            return .impossible(why: "it needs \(fresh.map(\.name).joined(separator: ", "))")
        }
        var packages = Dictionary(pin.packages.map { ($0.name, $0) }) { first, _ in first }
        for file in files where !recipe.closed || held.contains(file.name) { packages[file.name] = file.pinned }
        return .pin(DebianPin(suite: pin.suite, architecture: pin.architecture, packages: Array(packages.values)))
    }

    /// The control fields of every pinned package: from the index, else from its file; nil where one is nowhere.
    private func fields() async throws -> [[String: String]]? {
        let offered = Set(try await root.offered(pin.packages))
        var result = try await root.fields(of: pin.packages.filter(offered.contains))
        for package in pin.packages where !offered.contains(package) {
            guard let file = try store.file(of: package) else { return nil }
            let output = try await HostTool.run("dpkg-deb", ["--field", file.string])
            guard output.isSuccess, let fields = ControlText.paragraphs(output.text).first else { return nil }
            result.append(fields)
        }
        return result
    }

    /// dpkg's status file for installed packages.
    ///
    /// What a package needs and the base leaves out on purpose is left out of its entry too, else apt would want to mend
    /// that first.
    static func status(of packages: [[String: String]]) -> String {
        var offered = Set(packages.compactMap { $0["package"] })
        for package in packages { offered.formUnion(clauses(package["provides"]).joined().map(name)) }
        let kept = ["Package", "Version", "Architecture", "Multi-Arch", "Provides", "Conflicts", "Breaks", "Replaces"]
        return packages.map { package in
            var lines = ["Status: install ok installed", "Maintainer: autoimage", "Description: pinned"]
            for name in kept {
                if let value = package[name.lowercased()] { lines.append("\(name): \(oneLine(value))") }
            }
            for name in ["Pre-Depends", "Depends"] {
                let needs = clauses(package[name.lowercased()]).filter {
                    $0.contains { offered.contains(Self.name($0)) }
                }
                guard !needs.isEmpty else { continue }
                lines.append("\(name): " + needs.map { $0.joined(separator: " | ") }.joined(separator: ", "))
            }
            return lines.joined(separator: "\n") + "\n"
        }.joined(separator: "\n")
    }

    /// The alternatives of each clause of a relation field (deb-control(5), "Package relationships").
    private static func clauses(_ text: String?) -> [[String]] {
        oneLine(text ?? "").split(separator: ",").map { clause in
            clause.split(separator: "|").map { $0.split(separator: " ").joined(separator: " ") }
        }
    }

    /// The name in `libc6:any (>= 2.36)`.
    private static func name(_ relation: String) -> String { String(relation.prefix { !" :([".contains($0) }) }

    private static func oneLine(_ text: String) -> String { text.split(separator: "\n").joined(separator: " ") }
}
