import Formats
import Planning

/// A service without a build file: sources for `javac`, an unpacked archive, or archives that are built already.
struct JavaSources: Sendable {
    let project: JavaProject
    private let kind: Kind

    private enum Kind {
        case sources([SourcePath], main: Decided<MainClass>)
        case exploded(manifest: SourcePath)
        case archives([SourcePath])
    }

    /// A class that starts.
    struct MainClass: Sendable, Hashable, Codable {
        let name: String
        let path: SourcePath
    }

    /// Reads the folder: sources with a `main` before an unpacked archive before archives; nil where none is there.
    static func read(_ project: JavaProject, wanted: JavaBuildTool?) throws -> JavaSources? {
        if wanted != JavaBuildTool.none, let found = try sources(project) { return found }
        if wanted == .javac { return nil }
        let tree = project.tree
        let manifest = try project.path("META-INF/MANIFEST.MF")
        let web = try project.path("WEB-INF")
        if tree.hasFile(manifest) || tree.entry(at: web)?.kind == .folder {
            return JavaSources(project: project, kind: .exploded(manifest: tree.hasFile(manifest) ? manifest : web))
        }
        let archives = tree.entries.filter { $0.isFile && $0.path.parent == tree.service && isArchive($0.path.name) }
        return archives.isEmpty ? nil : JavaSources(project: project, kind: .archives(archives.map(\.path)))
    }

    private init(project: JavaProject, kind: Kind) {
        self.project = project
        self.kind = kind
    }

    /// Archives of sources and of documentation never start.
    private static func isArchive(_ name: String) -> Bool {
        guard let end = [".jar", ".war"].first(where: name.hasSuffix) else { return false }
        let stem = name.dropLast(end.count)
        return !["-plain", "-sources", "-javadoc", "-tests"].contains(where: stem.hasSuffix)
            && !stem.hasPrefix("original-")
    }

    private static func sources(_ project: JavaProject) throws -> JavaSources? {
        let tree = project.tree
        let files = tree.entries.filter { entry in
            guard entry.isFile, entry.path.name.hasSuffix(".java"),
                let inside = entry.path.relative(to: tree.service)
            else { return false }
            return !inside.components.dropLast().contains { ["test", "tests", "target", "build", "out"].contains($0) }
        }.map(\.path)
        let mains = try files.compactMap { try MainClasses.read($0, of: tree) }
        guard !mains.isEmpty else { return nil }
        return JavaSources(project: project, kind: .sources(files, main: try choose(mains, project)))
    }

    private static func choose(_ mains: [MainClasses], _ project: JavaProject) throws -> Decided<MainClass> {
        func value(_ main: MainClasses) -> MainClass { MainClass(name: main.name, path: main.path) }
        if let asked = project.options.app {
            let place = project.tree.service.resolving(asked.value)
            let matching = mains.filter {
                $0.name == asked.value || $0.path == place || $0.name.hasSuffix(".\(asked.value)")
            }
            if matching.count == 1 { return Decided(value(matching[0]), asked.reason) }
            throw several(
                matching.isEmpty ? mains : matching,
                matching.isEmpty
                    ? "\(asked.option): no class '\(asked.value)' has a main method"
                    : "\(asked.option): several classes are named '\(asked.value)'")
        }
        guard mains.count == 1 else { throw several(mains, "several classes have a main method") }
        return Decided(value(mains[0]), .found(evidence: [mains[0].evidence]))
    }

    private static func several(_ mains: [MainClasses], _ what: String) -> PlanError {
        .severalPrograms(
            what: what, candidates: mains.map { .init($0.name, evidence: "\($0.evidence)") }, option: "--app")
    }

    /// What an unpacked archive's manifest says of the JDK that made it.
    func versions() throws -> [JavaWish] {
        guard case .exploded(let path) = kind, let text = try project.tree.text(at: path) else { return [] }
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard let match = line.firstMatch(of: #/^(?:Build-Jdk-Spec|Build-Jdk):\s*(\S+)/#),
                let release = JavaWish.release(String(match.output.1))
            else { continue }
            let evidence = Evidence(path: path, line: index + 1, excerpt: line.trimmingSpaces())
            return [JavaWish(.atLeast(release), .found(evidence: [evidence]))]
        }
        return []
    }

    // MARK: Building

    func build() throws -> JavaBuild {
        let root = project.tree.service
        let target = root.appending(name: "target")
        switch kind {
        case .sources(let files, let main):
            let port = try JavaPort.read(root, framework: nil, of: project.tree)
            return made(
                .javac, main.reason, command: compile(files, main.value), outputs: [target.appending(name: "app.jar")],
                packaging: "jar", mainClass: main.map(\.name), port: port)
        case .exploded(let place):
            let isWeb = place.name == "WEB-INF" || project.tree.entry(at: root.appending(name: "WEB-INF")) != nil
            let name = isWeb ? "app.war" : "app.jar"
            let reason = Reason.found(evidence: [Evidence(path: place, excerpt: place.name)])
            return made(
                .none, reason, command: pack(place, name, reason), outputs: [target.appending(name: name)],
                packaging: isWeb ? "war" : "jar", mainClass: nil, port: JavaPort(port: nil, environment: [:]))
        case .archives(let archives):
            let isWeb = archives.allSatisfy { $0.name.hasSuffix(".war") }
            return made(
                .none, .found(evidence: archives.prefix(3).map { Evidence(path: $0, excerpt: $0.name) }), command: nil,
                outputs: archives.count == 1 ? archives : [root], packaging: isWeb ? "war" : "jar", mainClass: nil,
                port: JavaPort(port: nil, environment: [:]))
        }
    }

    private func made(
        _ tool: JavaBuildTool, _ reason: Reason, command: JavaBuild.Command?, outputs: [SourcePath],
        packaging: String, mainClass: Decided<String>?, port: JavaPort
    ) -> JavaBuild {
        let root = project.tree.service
        return JavaBuild(
            tool: Decided(tool, reason), root: root, module: Decided(root, .usual(why: "the folder that is built")),
            modules: [root], files: [], dependencies: nil, build: command, outputs: outputs, framework: nil,
            packaging: Decided(packaging, reason), mainClass: mainClass, tools: [], bases: nil, packages: [],
            port: port.port, environment: port.environment, warnings: [])
    }

    /// Archives that the sources are compiled against, beside them or in `lib`.
    private var libraries: [SourcePath] {
        let root = project.tree.service
        let folders = [root, root.appending(name: "lib"), root.appending(name: "libs")]
        return project.tree.entries.filter {
            $0.isFile && $0.path.name.hasSuffix(".jar") && folders.contains($0.path.parent ?? .root)
        }.map(\.path)
    }

    private func compile(_ files: [SourcePath], _ main: MainClass) -> JavaBuild.Command {
        let root = project.tree.service
        let sources = files.compactMap { $0.relative(to: root).map { "\($0)" } }
        let jars = libraries.compactMap { $0.relative(to: root).map { "\($0)" } }
        let manifest = root.appending(name: "META-INF").appending(name: "MANIFEST.MF")
        let resources = ["src/main/resources", "src/resources", "resources"].first {
            project.tree.entry(at: root.resolving($0) ?? root)?.kind == .folder
        }
        return JavaBuild.Command(
            arguments: [
                "/bin/sh", "-c", JavaPacking.compile, "build", main.name, jars.joined(separator: ":"),
                resources ?? "", project.tree.hasFile(manifest) ? "META-INF/MANIFEST.MF" : "",
            ] + sources, environment: ["HOME": "/root"], mounts: [], isOffline: true,
            reason: .found(evidence: [Evidence(path: main.path, excerpt: main.path.name)]))
    }

    private func pack(_ place: SourcePath, _ name: String, _ reason: Reason) -> JavaBuild.Command {
        JavaBuild.Command(
            arguments: ["/bin/sh", "-c", JavaPacking.pack, "build", name], environment: ["HOME": "/root"], mounts: [],
            isOffline: true, reason: reason)
    }
}

/// Shell text that makes archives with the JDK alone: entries are in order and hold no times of this build.
enum JavaPacking {
    /// Writes `$archive` of the files below the current folder, with the manifest `$manifest` where it names one.
    private static let jar = """
        find . -type f ! -path ./META-INF/MANIFEST.MF | LC_ALL=C sort | sed 's/.*/"&"/' > /tmp/files
        if jar --help 2>&1 | grep -q -e --date; then
          jar --create --no-compress --date=1980-01-01T00:00:02Z --file "$archive" ${manifest:+--manifest "$manifest"} @/tmp/files
        else
          find . -exec touch -d 1980-01-01T00:00:02Z {} +
          if [ "$manifest" ]; then jar cfm0 "$archive" "$manifest" @/tmp/files; else jar cf0 "$archive" @/tmp/files; fi
        fi
        rm -f /tmp/files

        """

    /// `$1` the class that starts, `$2` archives with colons between, `$3` a folder of resources, `$4` a manifest; the
    /// rest are the sources.
    static let compile = """
        set -e
        main=$1 libraries=$2 resources=$3 own=$4
        shift 4
        rm -rf target
        mkdir -p target/classes target/lib
        javac -encoding UTF-8 -d target/classes ${libraries:+-cp "$libraries"} "$@"
        if [ "$resources" ]; then cp -R "$resources/." target/classes; fi
        manifest=$PWD/target/MANIFEST.MF archive=$PWD/target/app.jar
        if [ "$own" ]; then grep -v -e '^[[:space:]]*$' -e '^Main-Class:' -e '^Class-Path:' "$own" > "$manifest" || :; fi
        echo "Main-Class: $main" >> "$manifest"
        IFS=:
        for library in $libraries; do
          cp "$library" target/lib
          printf 'Class-Path: lib/%s\\n' "${library##*/}"
        done | sed '2,$s/^Class-Path: /  /' >> "$manifest"
        unset IFS
        cd target/classes

        """ + jar

    /// `$1` is the archive's name.
    static let pack = """
        set -e
        rm -rf target
        mkdir target
        archive=$PWD/target/$1 manifest=
        if [ -f META-INF/MANIFEST.MF ]; then manifest=$PWD/META-INF/MANIFEST.MF; fi
        mkdir /tmp/exploded
        for entry in *; do if [ "$entry" != target ]; then cp -R "$entry" /tmp/exploded; fi; done
        cd /tmp/exploded

        """ + jar + """
            cd /
            rm -rf /tmp/exploded

            """
}
