import OCI
import Planning

/// The builder's steps of Go programs, in the order in which less often changed inputs come first.
///
/// `manifests`, `download` (network): the modules, untouched by an edit of the service. `sources`, `build`: the program.
/// `data`: what it reads at run time.
struct GoSteps {
    let project: GoProject
    let programs: [GoProject.Program]
    let reach: GoReach
    let isCgo: Bool
    let access: GoModuleAccess
    let stamp: GoStamp
    let files: GoFiles
    /// Variables that programs in the base expect.
    let baseEnvironment: [String: String]

    static let source = ImagePath("/src")
    static let folder = ImagePath("/app")
    private static let data = ImagePath("/data")
    private static let modules = ImagePath("/go/pkg/mod")
    private static let moduleCache = ImagePath("/root/.cache/go-mod")
    private static let buildCache = ImagePath("/root/.cache/go-build")

    /// Where a program is in the builder, and where in the image.
    static func artifact(of program: GoProject.Program) -> ImagePath { ImagePath("/out").resolving(program.name) }

    static func place(of program: GoProject.Program) -> ImagePath { folder.resolving(program.name) }

    private var options: PlanOptions { project.options }
    private var layout: GoLayout { project.layout }

    /// The same for every target, so that what does not depend on it is done once; no toolchain is ever fetched.
    private var environment: [String: String] {
        baseEnvironment.merging([
            "HOME": "/root", "CGO_ENABLED": isCgo ? "1" : "0", "GOPATH": "/go", "GOMODCACHE": "\(Self.modules)",
            "GOTOOLCHAIN": "local",
            "GOWORK": layout.workspace == nil ? "off" : "\(Self.source)/go.work",
        ]) { _, ours in ours }
    }

    private func run(
        _ name: String, needs: [String], _ arguments: [String], _ reason: Reason, environment more: [String: String],
        mounts: [Mount] = [], network: NetworkAccess = .none
    ) -> Step {
        Step(
            name: name, needs: needs,
            action: .run(
                command: RunCommand(
                    arguments: arguments, environment: environment.merging(more) { _, ours in ours },
                    workingDirectory: Self.source, mounts: mounts, network: network)), reason: reason)
    }

    /// All steps.
    func steps() throws -> [Step] {
        let before = try download()
        let sources = Step(
            name: "sources", needs: before.last.map { [$0.name] } ?? [],
            action: .copy(source: SourceCopy(paths: sourceFolders, base: layout.top, destination: Self.source)),
            reason: .usual(why: "the service itself, after everything that changes less often"))
        return before + dataSteps + [sources, build()]
    }

    /// The service; in a workspace the modules that the programs take packages from.
    private var sourceFolders: [SourcePath] {
        guard layout.workspace != nil else { return [layout.top] }
        let needed = reach.modules.filter { folder in layout.all.contains { $0.folder == folder } }
        let top = needed.contains(layout.top) ? [layout.top] : Array(needed) + [layout.vendor].compactMap(\.self)
        return top.filter { folder in !top.contains { $0 != folder && folder.isInside($0) } }
    }

    // MARK: Modules

    /// Copies the manifests and downloads what they name; nothing where the sources hold all they need.
    private func download() throws -> [Step] {
        try GoModuleCheck(tree: project.tree, layout: layout, options: options).check()
        let requirements = layout.requirements
        let isDownloaded = layout.vendor == nil && !requirements.isEmpty
        guard isDownloaded || layout.workspace != nil else { return [] }
        let work = layout.workspace.map { [$0.path, $0.folder.appending(name: "go.work.sum")] } ?? []
        let sums = layout.all.map { $0.folder.appending(name: "go.sum") }
        let paths = work + layout.all.map(\.path) + sums.filter { !work.contains($0) }
        let first = layout.workspace?.path ?? layout.all[0].path
        let manifests = Step(
            name: "manifests", needs: [],
            action: .copy(
                source: SourceCopy(
                    paths: paths.filter(project.tree.hasFile) + (isDownloaded ? replacementFolders : []),
                    base: layout.top,
                    destination: Self.source)),
            reason: .found(evidence: [Evidence(path: first, excerpt: first.name)]))
        guard isDownloaded else { return [manifests] }
        return [manifests, downloadStep(.found(evidence: requirements.prefix(3).map(\.evidence)))]
    }

    private var replacementFolders: [SourcePath] {
        Set(project.replacements.map(\.folder)).sorted()
    }

    /// The cache of this machine fills up from the network; the step's own tree takes what go.sum names from there, so
    /// that its result needs no cache any more.
    private func downloadStep(_ reason: Reason) -> Step {
        let script =
            "GOMODCACHE=\(Self.moduleCache) go mod download -modcacherw && GOPROXY=file://\(Self.moduleCache)/cache/download "
            + "GONOPROXY=none GOSUMDB=off go mod download -modcacherw"
        let asked = options.installCommand
        return run(
            "download", needs: ["manifests"], asked?.value ?? ["/bin/sh", "-c", script], asked?.reason ?? reason,
            environment: access.environment,
            mounts: [.cache(id: "go-mod", target: Self.moduleCache)] + access.mounts, network: .host)
    }

    // MARK: Building

    /// Compiles for the target, with nothing in the program that tells when, where or from which commit it was made.
    private func build() -> Step {
        let target = options.platform
        var variables = ["GOOS": target.os, "GOARCH": target.architecture]
        // There is no network here; this only makes the compiler say so at once. A secret's name is left to the secret.
        if !options.offeredSecrets.contains(where: { $0.id == "GOPROXY" }) { variables["GOPROXY"] = "off" }
        if target.architecture == "amd64" { variables["GOAMD64"] = "v1" }
        if isCgo {
            // Debug information would name paths of this build.
            for name in ["CGO_CFLAGS", "CGO_CXXFLAGS", "CGO_FFLAGS"] { variables[name] = "-O2 -g0" }
            variables["CGO_LDFLAGS"] = "-O2"
        }
        if layout.isModuleless { variables["GO111MODULE"] = "auto" }
        let asked = options.buildCommand
        return run(
            "build", needs: ["sources"], asked?.value ?? compile,
            asked?.reason ?? .found(evidence: [programs[0].evidence]),
            environment: variables, mounts: [.cache(id: "go-build", target: Self.buildCache)],
            network: asked != nil && options.buildNetwork?.value == true ? .host : .none)
    }

    private var compile: [String] {
        let flags =
            ["-s", "-w", "-buildid="] + stamp.values.map { "-X \($0)" }
            + (isCgo ? ["-extldflags=-Wl,--build-id=none"] : [])
        let tags = GoProject.tags(options).sorted()
        return ["go", "build", "-trimpath", "-buildvcs=false"] + (layout.vendor == nil ? [] : ["-mod=vendor"])
            + (tags.isEmpty ? [] : ["-tags=\(tags.joined(separator: ","))"])
            + ["-ldflags=\(flags.joined(separator: " "))", "-o", target] + packages
    }

    /// One program's file, or the folder that gets one file each.
    private var target: String { programs.count == 1 ? "\(Self.artifact(of: programs[0]))" : "/out/" }

    private var packages: [String] {
        if layout.isModuleless {
            // A file whose name begins with a dash is no option of the go command.
            return reach.own.filter { $0.path.parent == project.tree.service }.map(\.path.name).map {
                $0.hasPrefix("-") ? "./\($0)" : $0
            }
        }
        return programs.map { program in
            let inside = project.place(of: program).relative(to: layout.top) ?? .root
            return inside == .root ? "." : "./\(inside)"
        }
    }

    // MARK: Data

    /// Copies what programs read at run time, apart from the sources: an edit of either leaves the other alone.
    ///
    /// Each folder that relative paths start from has its own step.
    private var dataSteps: [Step] {
        dataBases.enumerated().map { index, base in
            let items = files.carried.filter { Self.base(of: $0.value.path, at: $0.key) == base }
            let paths = items.map(\.value.path)
            return Step(
                name: index == 0 ? "data" : "data-\(index + 1)",
                needs: index == 0 ? [] : [index == 1 ? "data" : "data-\(index)"],
                action: .copy(source: SourceCopy(paths: paths, base: base, destination: Self.data)),
                reason: .found(evidence: Self.evidence(of: items.map(\.value))))
        }
    }

    private var dataBases: [SourcePath] {
        Set(files.carried.map { Self.base(of: $0.value.path, at: $0.key) }).sorted()
    }

    /// The folder from which a file is at its path in the image.
    private static func base(of path: SourcePath, at target: String) -> SourcePath {
        var base = path
        for _ in target.split(separator: "/") { base = base.parent ?? .root }
        return base
    }

    /// The first places, each once.
    private static func evidence(of carried: [GoFiles.Carried]) -> [Evidence] {
        var seen: [Evidence] = []
        let sorted = carried.map(\.evidence).sorted { ($0.path, $0.line ?? 0) < ($1.path, $1.line ?? 0) }
        for evidence in sorted where !seen.contains(evidence) { seen.append(evidence) }
        return Array(seen.prefix(5))
    }

    /// What leaves the builder: the programs, and each file or folder of data by its first name.
    var copies: [ArtifactCopy] {
        let binaries = programs.map { program in
            ArtifactCopy(
                from: "builder", path: Self.artifact(of: program), destination: Self.place(of: program),
                group: .application, step: "build", reason: .found(evidence: [program.evidence]))
        }
        let names = Set(files.carried.keys.compactMap { $0.split(separator: "/").first.map(String.init) }).sorted()
        let last = dataSteps.last?.name
        return binaries
            + names.map { name in
                let items = files.carried.filter { $0.key == name || $0.key.hasPrefix(name + "/") }
                return ArtifactCopy(
                    from: "builder", path: Self.data.resolving(name), destination: Self.folder.resolving(name),
                    group: .application, step: last, reason: .found(evidence: Self.evidence(of: items.map(\.value))))
            }
    }
}
