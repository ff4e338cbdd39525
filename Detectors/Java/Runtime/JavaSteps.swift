import OCI
import Planning

/// The builder's steps of a Java service, in the order in which less often changed inputs come first.
///
/// `manifests`, `dependencies` (network): what the build files name, untouched by an edit of the service. `sources`,
/// `build`: its archives, without network. `archive`: finds the one that runs and lays it out by rate of change.
struct JavaSteps {
    let project: JavaProject
    let build: JavaBuild
    let start: JavaStart
    let container: ServletContainer?
    let image: JavaImage?
    /// The Java of both stages: `21`.
    let version: String
    /// Variables that programs in the base expect.
    let baseEnvironment: [String: String]

    static let source = ImagePath("/src")
    static let app = ImagePath("/app")
    /// What starts, in the image.
    static let archive = ImagePath("/app/app.jar")
    private static let out = ImagePath("/out")
    private static let jre = ImagePath("/jre")

    private var options: PlanOptions { project.options }

    /// The folder of the builder where the build tool runs.
    private var folder: ImagePath { Self.source.appending(build.root) }

    private var environment: [String: String] {
        baseEnvironment.merging(["HOME": "/root", "LANG": "C.UTF-8", "SOURCE_DATE_EPOCH": "315532800"]) { _, ours in
            ours
        }
    }

    private func run(
        _ name: String, needs: [String], _ arguments: [String], _ reason: Reason,
        environment more: [String: String] = [:], mounts: [Mount] = [], network: NetworkAccess = .none
    ) -> Step {
        Step(
            name: name, needs: needs,
            action: .run(
                command: RunCommand(
                    arguments: arguments, environment: environment.merging(more) { _, theirs in theirs },
                    workingDirectory: folder, mounts: mounts, network: network)), reason: reason)
    }

    /// All steps.
    func steps() throws -> [Step] {
        var steps = dependencies()
        steps.append(
            Step(
                name: "sources", needs: steps.last.map { [$0.name] } ?? [],
                action: .copy(source: SourceCopy(paths: [build.root], base: .root, destination: Self.source)),
                reason: .usual(why: "the service itself, after everything that changes less often")))
        if let built = buildStep() { steps.append(built) }
        steps.append(archiveStep(after: steps.last?.name ?? "sources"))
        if let image { steps.append(link(image)) }
        return steps
    }

    /// Copies the build files and downloads what they name; nothing where nothing is downloaded.
    private func dependencies() -> [Step] {
        let asked = options.installCommand
        guard asked != nil || build.dependencies != nil, !build.files.isEmpty else { return [] }
        let evidence = build.files.prefix(3).map { Evidence(path: $0, excerpt: $0.name) }
        let manifests = Step(
            name: "manifests", needs: [],
            action: .copy(source: SourceCopy(paths: build.files, base: .root, destination: Self.source)),
            reason: .found(evidence: evidence))
        let own = build.dependencies ?? build.build
        guard let arguments = asked?.value ?? own?.arguments, let reason = asked?.reason ?? own?.reason else {
            return []
        }
        return [
            manifests,
            run(
                "dependencies", needs: ["manifests"], arguments, reason, environment: own?.environment ?? [:],
                mounts: own?.mounts ?? [], network: .host),
        ]
    }

    /// Whether the start script of an installed application may bring options of the JVM; argument files came with 9.
    var hasOptions: Bool { (Int(version) ?? 0) > 8 && build.outputs.contains { $0.name == "install" } }

    /// Makes the archives; nil where the sources hold them.
    private func buildStep() -> Step? {
        let own = build.build
        guard let arguments = options.buildCommand?.value ?? own?.arguments, !arguments.isEmpty,
            let reason = options.buildCommand?.reason ?? own?.reason
        else { return nil }
        // Some plugins download while they build.
        let hasNetwork = options.buildNetwork?.value ?? (options.buildCommand == nil && own?.isOffline == false)
        return run(
            "build", needs: ["sources"], arguments, reason, environment: own?.environment ?? [:],
            mounts: own?.mounts ?? [], network: hasNetwork ? .host : .none)
    }

    /// Links a Java of the modules that the archives use.
    private func link(_ image: JavaImage) -> Step {
        run(
            "jlink", needs: ["archive"],
            ["/bin/sh", "-c", JavaImage.script, "jlink", version, "\(Self.out)", "\(Self.jre)"], image.reason)
    }

    /// Finds what runs and lays it out below `/out`.
    private func archiveStep(after last: String) -> Step {
        var arguments = [
            "--out", "\(Self.out)", "--java", version, "--base", "\(Self.source.appending(project.tree.service))",
        ]
        if let asked = project.setting("archive") {
            arguments += ["--archive", asked.value, "--by", asked.option]
        } else if let named = start.archive {
            arguments += ["--archive", named.pattern, "--by", named.place]
        }
        if let main = start.mainClass { arguments += ["--main", main.name, "--main-by", main.place] }
        if hasOptions { arguments.append("--options") }
        for module in build.modules {
            for folder in ["target", "build/libs"] {
                let path = module.resolving(folder) ?? module
                if !build.outputs.contains(path) { arguments += ["--other", "\(Self.source.appending(path))"] }
            }
        }
        if let container { arguments += ["--container", "--servlet", container.servlet.value] }
        arguments += ["--repository", "/root/.m2/repository"]
        arguments += build.outputs.map { "\(Self.source.appending($0))" }
        return run(
            "archive", needs: [last], ArchiveProgram.command(arguments),
            .usual(why: "the manifests of what was built say what runs"))
    }

    /// What leaves the builder, lowest layer first.
    var copies: [ArtifactCopy] {
        func copy(_ name: String, _ destination: ImagePath, _ group: LayerGroup, _ why: String) -> ArtifactCopy {
            ArtifactCopy(
                from: "builder", path: Self.out.resolving(name), destination: destination, group: group,
                step: "archive", reason: .usual(why: why))
        }
        let linked = image.map { image in
            ArtifactCopy(
                from: "builder", path: Self.jre, destination: JavaImage.home, group: .dependencies, step: "jlink",
                reason: image.reason)
        }
        return [linked].compactMap(\.self) + [
            copy("lib", Self.app.resolving("lib"), .dependencies, "released libraries"),
            copy("snapshots", Self.app.resolving("snapshots"), .snapshots, "libraries that change without a new name"),
            copy("application", Self.app, .application, "the program itself"),
        ]
            + start.ships.map { path in
                ArtifactCopy(
                    from: "builder", path: Self.source.appending(path),
                    destination: Self.app.appending(path.relative(to: project.tree.service) ?? path),
                    group: .application, step: "sources", reason: start.first.reason)
            }
    }
}
