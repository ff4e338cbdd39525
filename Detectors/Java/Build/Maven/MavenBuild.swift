import Formats
import Planning

/// The build of a service by Maven.
struct MavenBuild {
    let project: JavaProject
    let reactor: MavenReactor

    init(_ project: JavaProject, _ reactor: MavenReactor) {
        self.project = project
        self.reactor = reactor
    }

    func build() throws -> JavaBuild {
        let shipped = try MavenModuleChoice(project: project, reactor: reactor).choose()
        let module = shipped.value.project
        let closure = reactor.closure(of: module)
        let wrapper = try MavenWrapper.read(project, in: reactor.root)
        let commands = try MavenCommands(
            project: project, reactor: reactor, module: module, closure: closure, wrapper: wrapper,
            isThin: shipped.value.archive.rank < .web)
        let port = try JavaPort.read(module.folder, framework: shipped.value.archive.framework, of: project.tree)
        return JavaBuild(
            tool: Decided(.maven, .found(evidence: [Evidence(path: module.pom.path, excerpt: module.pom.path.name)])),
            root: reactor.root, module: Decided(module.folder, shipped.reason, alternatives: shipped.alternatives),
            modules: closure.map(\.folder), files: try commands.files(), dependencies: try commands.dependencies(),
            build: try commands.package(), outputs: [module.folder.appending(name: "target")],
            framework: shipped.value.archive.framework, packaging: packaging(module),
            mainClass: shipped.value.archive.mainClass, tools: commands.tools, bases: nil, packages: [],
            port: port.port, environment: port.environment,
            warnings: reactor.warnings + commands.warnings)
    }

    private func packaging(_ module: MavenProject) -> Decided<String> {
        module.packaging.map { ["war", "ear"].contains($0) ? $0 : "jar" }
    }
}
