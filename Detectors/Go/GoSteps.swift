import OCI
import Planning

/// The builder's steps of a Go program, in the order in which less often changed inputs come first.
///
/// `manifests`, `download` (network): the modules, untouched by an edit of the service. `sources`, `build`: the program.
struct GoSteps {
    let project: GoProject
    let program: GoProject.Program
    /// Variables that programs in the base expect.
    let baseEnvironment: [String: String]

    static let source = ImagePath("/src")
    private static let modules = ImagePath("/go/pkg/mod")
    private static let moduleCache = ImagePath("/root/.cache/go-mod")
    private static let buildCache = ImagePath("/root/.cache/go-build")

    /// Where the program is in the builder.
    var artifact: ImagePath { ImagePath("/out").resolving(program.name) }

    private var options: PlanOptions { project.options }

    /// The same for every target, so that what does not depend on it is done once; no toolchain is ever fetched.
    private var environment: [String: String] {
        baseEnvironment.merging([
            "HOME": "/root", "CGO_ENABLED": "0", "GOPATH": "/go", "GOMODCACHE": "\(Self.modules)",
            "GOTOOLCHAIN": "local",
            "GOWORK": "off",
        ]) { _, ours in ours }
    }

    private func run(
        _ name: String, needs: String?, _ arguments: [String], _ reason: Reason, environment more: [String: String],
        mounts: [Mount] = [], network: NetworkAccess = .none
    ) -> Step {
        Step(
            name: name, needs: needs.map { [$0] } ?? [],
            action: .run(
                command: RunCommand(
                    arguments: arguments, environment: environment.merging(more) { _, ours in ours },
                    workingDirectory: Self.source, mounts: mounts, network: network)), reason: reason)
    }

    /// All steps.
    func steps() throws -> [Step] {
        let download = try download()
        let service = project.tree.service
        let sources = Step(
            name: "sources", needs: download.last.map { [$0.name] } ?? [],
            action: .copy(source: SourceCopy(paths: [service], base: service, destination: Self.source)),
            reason: .usual(why: "the service itself, after everything that changes less often"))
        return download + [sources, build()]
    }

    /// Copies the manifests and downloads what they name; nothing where the sources hold all they need.
    private func download() throws -> [Step] {
        let module = project.module
        guard !project.isVendored, let first = module.requires.first else { return [] }
        let service = project.tree.service
        let sum = try service.appending("go.sum")
        guard project.tree.hasFile(sum) else {
            throw PlanError.unusable(
                place: "\(first.evidence)", what: "modules are required and there is no go.sum",
                fix: "make it with 'go mod tidy', and keep it under version control")
        }
        let folders = try module.localReplacements.map { line -> SourcePath in
            guard let folder = service.resolving(line.value), folder.isInside(service), folder != service else {
                throw PlanError.unusable(
                    place: "\(line.evidence)", what: "'\(line.value)' is outside the service's folder",
                    fix: "vendor it with 'go mod vendor', or move it into the folder")
            }
            return folder
        }
        let manifests = Step(
            name: "manifests", needs: [],
            action: .copy(
                source: SourceCopy(paths: [module.path, sum] + folders, base: service, destination: Self.source)),
            reason: .found(evidence: [Evidence(path: module.path, excerpt: module.path.name)]))
        return [manifests, downloadStep(.found(evidence: module.requires.prefix(3).map(\.evidence)))]
    }

    /// The cache of this machine fills up from the network; the step's own tree takes what go.sum names from there, so
    /// that its result needs no cache any more.
    private func downloadStep(_ reason: Reason) -> Step {
        let script =
            "GOMODCACHE=\(Self.moduleCache) go mod download && GOPROXY=file://\(Self.moduleCache)/cache/download "
            + "GONOPROXY=none GOSUMDB=off go mod download"
        var mounts: [Mount] = [.cache(id: "go-mod", target: Self.moduleCache)]
        if options.offeredSecrets.contains(where: { $0.id == "netrc" }) {
            mounts.append(.secret(id: "netrc", target: ImagePath("/root/.netrc"), variable: nil, required: true))
        }
        let asked = options.installCommand
        return run(
            "download", needs: "manifests", asked?.value ?? ["/bin/sh", "-c", script], asked?.reason ?? reason,
            environment: ["GOFLAGS": "-modcacherw"], mounts: mounts, network: .host)
    }

    /// Compiles for the target, with nothing in the program that tells when, where or from which commit it was made.
    private func build() -> Step {
        let target = options.platform
        var variables = ["GOOS": target.os, "GOARCH": target.architecture, "GOPROXY": "off"]
        if target.architecture == "amd64" { variables["GOAMD64"] = "v1" }
        let package = program.folder == .root ? "." : "./\(program.folder)"
        let arguments =
            ["go", "build", "-trimpath", "-buildvcs=false"] + (project.isVendored ? ["-mod=vendor"] : [])
            + ["-ldflags=-s -w -buildid=", "-o", "\(artifact)", package]
        let asked = options.buildCommand
        return run(
            "build", needs: "sources", asked?.value ?? arguments, asked?.reason ?? .found(evidence: [program.evidence]),
            environment: variables, mounts: [.cache(id: "go-build", target: Self.buildCache)],
            network: asked != nil && options.buildNetwork?.value == true ? .host : .none)
    }
}
