import Planning

/// Programs of installed packages.
extension StartReader {
    /// Fails where a program's package is only for development, so that nothing of it is in the image.
    func requireShipped(_ command: ScriptCommand) throws {
        let package = ScriptProgram.named(command.program)?.package ?? command.program
        let runtime: [PackageJSON.Kind] = [.dependencies, .optionalDependencies, .peerDependencies]
        let manifests = [project.manifest, project.workspace?.rootManifest].compactMap(\.self)
        guard !manifests.contains(where: { $0.dependency(package, runtime) != nil }),
            let entry = manifests.lazy.compactMap({ $0.dependency(package, [.devDependencies]) }).first
        else { return }
        let place = command.evidence.last.map { "\($0)" } ?? "the start command"
        throw PlanError.unusable(
            place: "\(entry.evidence)",
            what: "'\(package)' is a development dependency, which is not shipped, and \(place) starts it",
            fix: "move it to dependencies")
    }
}
