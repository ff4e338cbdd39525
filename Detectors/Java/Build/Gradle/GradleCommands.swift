import Formats
import Planning

/// The command lines of Gradle for one project of a build.
struct GradleCommands {
    let project: JavaProject
    let build: GradleBuildTree
    let module: GradleModuleChoice.Module
    let wrapper: GradleWrapper?

    /// Where Gradle keeps what it downloads: what the step `dependencies` resolves stays there for the next steps.
    private static let home = ImagePath("/root/.gradle")

    /// Build files are all scripts, what stands in `gradle/`, and the builds that make plugins for this one.
    var files: [SourcePath] {
        let tree = project.tree
        let names: Set<String> = [
            "gradle.properties", "gradle.lockfile", "versions.properties", "buildscript-gradle.lockfile",
        ]
        let folder = build.root.appending(name: "gradle")
        return tree.entries.filter { entry in
            guard entry.isFile, let inside = entry.path.relative(to: build.root) else { return false }
            guard
                !inside.components.contains(where: { ["build", ".gradle", "node_modules", "src"].contains($0) })
                    || build.logic.contains(where: entry.path.isInside)
            else { return false }
            let name = entry.path.name
            return name.hasSuffix(".gradle") || name.hasSuffix(".gradle.kts") || names.contains(name)
                || entry.path.isInside(folder) || build.logic.contains(where: entry.path.isInside)
                || entry.path == wrapper?.script
        }.map(\.path)
    }

    /// Resolves every configuration of every project that takes part.
    func dependencies() throws -> JavaBuild.Command {
        let names = build.closure(of: module.project).map { task("autoimageResolve", of: $0) }
        let extra = module.archive.framework?.value == "quarkus" ? [task("quarkusGoOffline", of: module.project)] : []
        return JavaBuild.Command(
            arguments: ["/bin/sh", "-c", JavaNetwork.prelude(.gradle) + Self.dryRun, "dependencies"]
                + line(isOffline: false, names + extra),
            environment: environment,
            mounts: mounts + JavaNetwork.mounts, isOffline: false, reason: reason)
    }

    /// Makes the archive.
    func package() -> JavaBuild.Command {
        let tasks = [task(module.archive.task, of: module.project)]
        if let network = project.options.buildNetwork, network.value {
            return JavaBuild.Command(
                arguments: ["/bin/sh", "-c", JavaNetwork.prelude(.gradle) + Self.writeScript + "exec \"$@\"", "build"]
                    + line(isOffline: false, tasks), environment: environment, mounts: mounts + JavaNetwork.mounts,
                isOffline: false, reason: network.reason)
        }
        return JavaBuild.Command(
            arguments: ["/bin/sh", "-c", "\(Self.writeScript)exec \"$@\"", "build"] + line(isOffline: true, tasks),
            environment: environment, mounts: mounts, isOffline: true, reason: reason)
    }

    private var reason: Reason { module.reason }

    private func task(_ task: String, of project: GradleProject) -> String {
        project.name == ":" ? ":\(task)" : "\(project.name):\(task)"
    }

    private var environment: [String: String] {
        ["HOME": "/root", "GRADLE_USER_HOME": "\(Self.home)", "AUTOIMAGE_INIT": GradleInitScript.text]
    }

    private var mounts: [Mount] {
        let offered = project.options.offeredSecrets
        var mounts: [Mount] = []
        if offered.contains(where: { $0.id == "gradle-properties" }) {
            mounts.append(
                .secret(
                    id: "gradle-properties",
                    target: Self.home.appending(SourcePath.root.appending(name: "gradle.properties")),
                    variable: nil, required: true))
        }
        return mounts + JavaSecrets.variables(project.options)
    }

    private func line(isOffline: Bool, _ tasks: [String]) -> [String] {
        launcher + ["--no-daemon", "--console=plain"] + (isOffline ? ["--offline"] : [])
            + [
                "--init-script", "/tmp/autoimage.init.gradle", "-Dorg.gradle.configuration-cache=false",
                "-Dorg.gradle.unsafe.configuration-cache=false", "-Dorg.gradle.vfs.watch=false",
            ] + tasks
    }

    private var launcher: [String] {
        guard let wrapper else { return ["gradle"] }
        return wrapper.isExecutable ? ["./gradlew"] : ["/bin/sh", "gradlew"]
    }

    private static let writeScript = "printf '%s' \"$AUTOIMAGE_INIT\" > /tmp/autoimage.init.gradle\n"

    /// In a copy, which is gone afterwards.
    private static let dryRun =
        writeScript + """
            rm -rf /tmp/build-files
            mkdir /tmp/build-files
            cp -R . /tmp/build-files
            cd /tmp/build-files
            "$@"
            cd /
            rm -rf /tmp/build-files

            """
}

/// The init script that every run of Gradle gets.
enum GradleInitScript {
    /// Archives hold no times and are in order; `autoimageResolve` downloads what a project's configurations name.
    ///
    /// Projects of the build itself are left out, for nothing is built yet. It runs on every Gradle since 4.
    static let text = """
        allprojects { project ->
          project.tasks.withType(AbstractArchiveTask) {
            preserveFileTimestamps = false
            reproducibleFileOrder = true
          }
          def resolve = {
            doLast {
              project.configurations.findAll { it.canBeResolved }.each { configuration ->
                def view = configuration.incoming.artifactView {
                  lenient(true)
                  componentFilter { it instanceof org.gradle.api.artifacts.component.ModuleComponentIdentifier }
                }
                view.artifacts.artifacts.each { it.file }
              }
            }
          }
          if (org.gradle.util.GradleVersion.current() >= org.gradle.util.GradleVersion.version('4.9')) {
            project.tasks.register('autoimageResolve', resolve)
          } else {
            project.tasks.create('autoimageResolve', resolve)
          }
        }

        """
}
