import Formats
import Planning

/// The command lines of Maven for one module of a build.
struct MavenCommands {
    let project: JavaProject
    let reactor: MavenReactor
    let module: MavenProject
    let closure: [MavenProject]
    let wrapper: MavenWrapper?
    /// Whether the archive holds the module's own classes alone, as far as the project says.
    let isThin: Bool
    let access: MavenAccess
    private let configuration: MavenConfiguration

    /// The repository of the builder: what the step `dependencies` resolves stays there for the next steps.
    private static let repository = "/root/.m2/repository"

    init(
        project: JavaProject, reactor: MavenReactor, module: MavenProject, closure: [MavenProject],
        wrapper: MavenWrapper?, isThin: Bool
    ) throws {
        self.isThin = isThin
        self.project = project
        self.reactor = reactor
        self.module = module
        self.closure = closure
        self.wrapper = wrapper
        configuration = try MavenConfiguration.read(project, in: reactor.root)
        access = try MavenAccess.read(project, configuration, reactor)
    }

    var tools: Set<String> { wrapper == nil ? ["mvn"] : [] }

    var warnings: [String] { access.warnings + (wrapper?.warnings ?? []) }

    /// Project files, and all that stands in `.mvn`; the wrapper's script.
    func files() throws -> [SourcePath] {
        let settings = reactor.root.appending(name: ".mvn")
        let beside = project.tree.entries.filter { $0.isFile && $0.path.isInside(settings) }.map(\.path)
        let scripts = wrapper.map { [$0.script] } ?? []
        return Set(reactor.files + beside + scripts + access.files).sorted()
    }

    /// Builds every module that takes part from its project file and one empty class, so that all plugins and
    /// dependencies of the build come into the repository.
    func dependencies() throws -> JavaBuild.Command? {
        guard fetching == nil else { return nil }
        let folders = closure.filter { $0.packaging.value != "pom" }.map { inside($0.folder) }
        let script = JavaNetwork.prelude(.maven) + MavenDryRun.script
        return JavaBuild.Command(
            arguments: ["/bin/sh", "-c", script, "dependencies", folders.joined(separator: ":")]
                + line(isOffline: false),
            environment: environment,
            mounts: access.mounts + JavaNetwork.mounts, isOffline: false,
            reason: .found(evidence: [Evidence(path: module.pom.path, excerpt: module.pom.path.name)]))
    }

    /// Makes the module's archive and those it needs.
    func package() throws -> JavaBuild.Command {
        if let reason = fetching.map({ Reason.found(evidence: [$0]) }) ?? network {
            return JavaBuild.Command(
                arguments: ["/bin/sh", "-c", JavaNetwork.prelude(.maven) + "exec \"$@\"", "build"]
                    + line(isOffline: false),
                environment: environment,
                mounts: access.mounts + JavaNetwork.mounts, isOffline: false, reason: reason)
        }
        return JavaBuild.Command(
            arguments: line(isOffline: true), environment: environment, mounts: access.mounts, isOffline: true,
            reason: .found(evidence: [Evidence(path: module.pom.path, excerpt: module.pom.path.name)]))
    }

    /// Plugins that download by themselves while they build, which no step before can do for them.
    private var fetching: Evidence? {
        let names = ["frontend-maven-plugin", "yarn-plugin", "nodejs-maven-plugin"]
        return closure.lazy.compactMap { module in names.lazy.compactMap { module.plugin($0)?.evidence }.first }.first
    }

    /// Whether the user lets the build reach the network.
    private var network: Reason? {
        project.options.buildNetwork.flatMap { $0.value ? $0.reason : nil }
    }

    private var environment: [String: String] {
        // A wrapper keeps the Maven it fetched beside the repository.
        wrapper == nil ? ["HOME": "/root"] : ["HOME": "/root", "MAVEN_USER_HOME": "/root/.m2"]
    }

    /// The whole command line.
    private func line(isOffline: Bool) -> [String] {
        var words = launcher + ["-B"]
        if isOffline { words.append("-o") } else if knowsQuietTransfer { words.append("-ntp") }
        words += access.arguments
        words.append("-Dmaven.repo.local=\(Self.repository)")
        if let asked = project.setting("profiles"), !asked.value.isEmpty { words.append("-P\(asked.value)") }
        if reactor.projects.count > 1, module.folder != reactor.root {
            words += ["-pl", inside(module.folder), "-am"]
        }
        words += ["package"] + (libraries.map { [$0, "-DincludeScope=runtime"] } ?? [])
        words += ["-DskipTests", "-Dmaven.source.skip=true", "-Dmaven.javadoc.skip=true"]
        if module.property("project.build.outputTimestamp") == nil {
            // Archives then hold no time of this build (Maven, "Configuring for Reproducible Builds").
            words.append("-Dproject.build.outputTimestamp=1980-01-01T00:00:02Z")
        }
        return words
    }

    /// Where nothing makes a whole program of the module, its libraries are laid beside its archive.
    private var libraries: String? {
        guard isThin, closure.contains(where: { !$0.dependencies.isEmpty }),
            module.plugin("maven-dependency-plugin") == nil
        else { return nil }
        return "org.apache.maven.plugins:maven-dependency-plugin:copy-dependencies"
    }

    private var launcher: [String] {
        guard let wrapper else { return ["mvn"] }
        return wrapper.isExecutable ? ["./mvnw"] : ["/bin/sh", "mvnw"]
    }

    /// `-ntp` came with Maven 3.6.1.
    private var knowsQuietTransfer: Bool {
        guard let version = wrapper?.version else { return true }
        let numbers = version.split(whereSeparator: { $0 == "." || $0 == "-" }).compactMap { Int($0) }
        return !numbers.lexicographicallyPrecedes([3, 6, 1])
    }

    private func inside(_ folder: SourcePath) -> String { "\(folder.relative(to: reactor.root) ?? .root)" }
}

/// The run of a build without its sources.
enum MavenDryRun {
    /// `$1` is the modules' folders with colons between, the rest is Maven's command line.
    ///
    /// It works in a copy, which is gone afterwards; checks of style, which may miss their files, do not run. Where a
    /// plugin cannot do without the sources, what the files name is resolved as far as Maven's own goal can.
    static let script = """
        modules=$1
        shift
        rm -rf /tmp/build-files
        mkdir /tmp/build-files
        cp -R . /tmp/build-files
        cd /tmp/build-files
        IFS=:
        for module in $modules; do
          mkdir -p "$module/src/main/java/autoimage"
          echo 'package autoimage; public class Empty { public static void main(String[] arguments) {} }' \
        > "$module/src/main/java/autoimage/Empty.java"
        done
        unset IFS
        "$@" -Dcheckstyle.skip -Dpmd.skip -Dcpd.skip -Dspotbugs.skip -Dspotless.check.skip -Denforcer.skip -Drat.skip \
        -Dlicense.skip -Djacoco.skip
        cd /
        rm -rf /tmp/build-files

        """
}
