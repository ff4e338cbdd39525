import OCI
import Planning

extension Pins {
    /// The pins with the versions of the installers that a plan's builder base is known to bring.
    ///
    /// A base from Debian packages says it in its pin; an official one only when it is unpacked.
    func withInstallers(of plan: BuildPlan) -> Pins {
        guard case .debian(let pin)? = self.pin(of: plan.builder.base) else { return self }
        var result = self
        for installer in Installer.needed(by: plan) {
            guard let package = pin.packages.first(where: { $0.name == installer.debianPackage }) else { continue }
            result.installers["\(installer.name)@\(plan.platform)"] = package.version
        }
        return result
    }

    /// The pins with the versions that an unpacked builder base brings.
    func withInstallers(of plan: BuildPlan, in tree: any FileTree) throws -> Pins {
        guard plan.builder.base.entry.debian == nil else { return withInstallers(of: plan) }
        var result = self
        for installer in Installer.needed(by: plan) {
            guard let version = try installer.version(in: tree, interpreter: plan.builder.base.entry.interpreter)
            else { continue }
            result.installers["\(installer.name)@\(plan.platform)"] = version
        }
        return result
    }
}

/// A program of a builder base that installs dependencies.
struct Installer: Hashable, Sendable {
    let name: String
    /// The Debian package that brings it.
    let debianPackage: String

    private static let all: [Installer] = [Installer(name: "pip", debianPackage: "python3-pip")]

    /// Those that a plan's builder has and its language uses.
    static func needed(by plan: BuildPlan) -> [Installer] {
        all.filter { plan.language.value == "python" && plan.builder.base.entry.tools.contains($0.name) }
    }

    /// The version in the name of the installer's metadata folder (`pip-24.0.dist-info`) beside the interpreter.
    func version(in tree: any FileTree, interpreter: ImagePath?) throws -> String? {
        guard let interpreter, interpreter.components.count > 2 else { return nil }
        let libraries = interpreter.components.dropLast(2).reduce(ImagePath.root) { $0.resolving($1) }.resolving("lib")
        for folder in try Self.children(of: libraries, in: tree) where folder.hasPrefix("python") {
            for place in ["site-packages", "dist-packages"] {
                let packages = libraries.resolving(folder).resolving(place)
                let versions = try Self.children(of: packages, in: tree).compactMap { entry -> String? in
                    guard entry.hasPrefix(name + "-"), entry.hasSuffix(".dist-info") else { return nil }
                    return String(entry.dropFirst(name.utf8.count + 1).dropLast(".dist-info".utf8.count))
                }
                if let version = versions.last { return version }
            }
        }
        return nil
    }

    private static func children(of folder: ImagePath, in tree: any FileTree) throws -> [String] {
        guard let folder = try tree.resolve(folder), case .folder? = try tree.entry(at: folder)?.kind else { return [] }
        return try tree.children(of: folder)
    }
}
