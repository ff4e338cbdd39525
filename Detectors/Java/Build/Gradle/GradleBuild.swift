import Formats
import Planning

/// The build of a service by Gradle.
struct GradleBuild {
    let project: JavaProject
    let tree: GradleBuildTree

    init(_ project: JavaProject, _ tree: GradleBuildTree) {
        self.project = project
        self.tree = tree
    }

    func build() throws -> JavaBuild {
        let shipped = try GradleModuleChoice(project: project, build: tree).choose()
        let module = shipped.value
        let wrapper = try GradleWrapper.read(project.tree, in: tree.root)
        try GradleCredentials.check(tree, of: project)
        let commands = GradleCommands(project: project, build: tree, module: module, wrapper: wrapper)
        let closure = tree.closure(of: module.project)
        let port = try JavaPort.read(module.project.folder, framework: module.archive.framework, of: project.tree)
        let script = module.project.script?.path ?? tree.settings?.path ?? tree.root
        return JavaBuild(
            tool: Decided(.gradle, .found(evidence: [Evidence(path: script, excerpt: script.name)])), root: tree.root,
            module: Decided(module.project.folder, shipped.reason, alternatives: shipped.alternatives),
            modules: closure.map(\.folder), files: commands.files, dependencies: try commands.dependencies(),
            build: commands.package(), outputs: outputs(module), framework: module.archive.framework,
            packaging: module.archive.packaging, mainClass: module.archive.mainClass,
            tools: wrapper == nil ? ["gradle"] : [],
            bases: wrapper == nil ? try GradleAge.bases(tree, module, project) : nil, packages: [], port: port.port,
            environment: port.environment,
            warnings: (wrapper?.warnings ?? []) + GradleCredentials.warnings(tree))
    }

    /// The folder that `layout.buildDirectory` names, else `build`.
    private func outputs(_ module: GradleModuleChoice.Module) -> [SourcePath] {
        let moved = module.project.first(
            #/\b(?:layout\.)?buildDir(?:ectory)?\s*(?:=|\.set\s*\()\s*(?:file\s*\(|layout\.projectDirectory\.dir\s*\()?\s*["']([^"'$]+)["']/#
        )
        let folder =
            moved.flatMap { module.project.folder.resolving($0.value) }
            ?? module.project.folder.appending(name: "build")
        return [folder.appending(name: module.archive.output)]
    }
}

/// Passwords in the scripts.
enum GradleCredentials {
    /// Fails where one is written out in `credentials { }`.
    static func check(_ build: GradleBuildTree, of project: JavaProject) throws {
        let scripts = ([build.settings] + build.projects.map(\.script)).compactMap(\.self)
        for script in scripts {
            for block in script.blocks("credentials(?:\\([^)]*\\))?") {
                guard
                    let match = script.text[block].firstMatch(
                        of: #/\bpassword\s*(?:=|\s|\()\s*(?:"([^"$]+)"|'([^']+)')/#)
                else { continue }
                throw PlanError.unusable(
                    place: "\(script.path):\(script.line(match.range.lowerBound))",
                    what: "a password is written out in the sources",
                    fix: "read it with System.getenv(\"NAME\") and give --secret id=NAME,env=NAME, or put it into a "
                        + "gradle.properties of yours and give --secret id=gradle-properties,src=FILE")
            }
        }
    }

    /// Values of `gradle.properties` whose names say that they are secret.
    static func warnings(_ build: GradleBuildTree) -> [String] {
        var seen: Set<SourcePath> = []
        return build.projects.flatMap(\.properties).filter { seen.insert($0.path).inserted }.flatMap { path, file in
            file.values.filter { key, value in
                key.contains(#/(?i)(?:password|passwd|token|secret)$/#) && !value.value.isEmpty
                    && !value.value.contains("$")
            }.sorted { $0.value.line < $1.value.line }.map { key, value in
                "\(path):\(value.line): '\(key)' looks like a secret in the sources; give it with "
                    + "--secret id=gradle-properties,src=FILE"
            }
        }
    }
}

/// Which Gradle a build without a wrapper needs: Debian's is 4.4.1.
enum GradleAge {
    /// The family of bases whose Gradle is new enough; nil where any is.
    static func bases(
        _ build: GradleBuildTree, _ module: GradleModuleChoice.Module, _ project: JavaProject
    ) throws -> Decided<String>? {
        let signs: [Regex<(Substring, Substring)>] = [
            #/\b(JavaLanguageVersion)\b/#, #/\b(tasks\.(?:register|named))\b/#, #/\b(libs\.\w+)/#,
            #/\b(mavenBom|platform\s*\()/#, #/\b(mainClass)\s*(?:=|\.set)/#, #/\b(options\.release)\b/#,
            #/\b(pluginManagement|dependencyResolutionManagement|includeBuild)\b/#,
        ]
        for script in ([build.settings] + build.projects.map(\.script)).compactMap(\.self) {
            if script.isKotlin { return official(Evidence(path: script.path, excerpt: script.path.name)) }
            if let found = signs.lazy.compactMap({ script.first($0) }).first { return official(found.evidence) }
            if let plugin = script.plugins(build.catalog).first(where: { $0.version != nil }) {
                return official(plugin.evidence)
            }
        }
        return nil
    }

    private static func official(_ evidence: Evidence) -> Decided<String> {
        Decided("official", .found(evidence: [evidence]))
    }
}
