import Planning

/// Programs of installed packages, found where their package manager puts them.
extension StartReader {
    /// A command with its program as a file of `node_modules`.
    func place(_ command: ScriptCommand) throws -> (words: [String], files: [String], warnings: [String]) {
        if command.program == "node" { return (command.words, [], []) }
        let known = ScriptProgram.named(command.program)
        let package = known?.package ?? command.program
        let arguments = Array(command.words.dropFirst())
        let place = command.evidence.last.map { "\($0)" } ?? "package.json"
        let runtime: [PackageJSON.Kind] = [.dependencies, .optionalDependencies, .peerDependencies]
        let manifests = [project.manifest, project.workspace?.rootManifest].compactMap(\.self)
        let isShipped = manifests.contains { $0.dependency(package, runtime) != nil }
        if !isShipped, let entry = manifests.lazy.compactMap({ $0.dependency(package, [.devDependencies]) }).first {
            throw PlanError.unusable(
                place: "\(entry.evidence)",
                what: "'\(package)' is a development dependency, which is not shipped, and \(place) starts it",
                fix: "move it to dependencies")
        }
        let folder = modules(from: command.folder)
        if let file = known?.file {
            return (
                ["node", "\(folder)/\(package)/\(file)"] + arguments, [shipped("\(folder)/\(package)/\(file)")], []
            )
        }
        if installation?.manager.value == .pnpm || installation?.isPlugAndPlay == true {
            throw PlanError.unusable(
                place: place, what: "starts '\(command.program)', and which file that is, is not known without a shell",
                fix: "write the file: node node_modules/\(package)/FILE")
        }
        let link = "\(folder)/.bin/\(command.program)"
        return (["node", link] + arguments, [shipped(link)], [])
    }

    /// The folder of installed packages as it is written from a folder: `node_modules`, `../../node_modules`.
    func modules(from folder: SourcePath) -> String {
        // pnpm links a package's own dependencies beside it; the others put them at the workspace's root.
        let home = installation?.manager.value == .pnpm ? tree.service : project.top
        guard let below = folder.relative(to: home) else { return "node_modules" }
        return String(repeating: "../", count: below.components.count) + "node_modules"
    }

    /// A file of installed packages, relative to the service.
    private func shipped(_ file: String) -> String { file }
}
