import SystemPackage
import Testing

private let needs =
    "needs curl, hadolint, python3, a JDK and the packages of Maven's repository that .ci/setup installs"
private let isReady =
    Tool.has("curl", "hadolint", "python3", "javac", "jar") && MavenRepository.isInstalled() || Tool.isCI

extension Acceptance {
    /// Java services of every kind: built, proven, started, asked and ended.
    @Suite struct JavaTests {
        /// Starts an image, asks for pages, ends it with SIGTERM, and prints each page and how it ended.
        private func asked(_ image: String, _ pages: String...) async throws -> String {
            let script = """
                port=$1 log=$2
                shift 2
                pages=
                while [ "$1" != -- ]; do pages="$pages $1"; shift; done
                shift
                "$@" >"$log" 2>&1 &
                pid=$!
                for page in $pages; do
                    for try in $(seq 300); do
                        curl --silent --noproxy '*' --max-time 20 "http://127.0.0.1:$port$page" && break
                        kill -0 $pid || break
                        sleep 0.2
                    done
                    echo
                done
                started=$(date +%s)
                kill -TERM $pid
                wait $pid
                status=$?
                [ $(($(date +%s) - started)) -lt 10 ] || echo slow
                [ $status = 143 ] || cat "$log"
                echo "ended with $status"
                """
            let port = try FreePort()
            let log = try Workspace.here().temporary("log")
            let run = try Autoimage().command(["run", "-e", "PORT=\(port)", image])
            var command = Command(
                ["sh", "-c", script, "sh", "\(port)", log.string] + pages + ["--"] + run.words)
            command.environment = run.environment
            return try await command.run().output
        }

        private func build(_ service: Service, _ name: String, _ options: String...) async throws -> Outcome {
            try await MavenRepository.serving { settings in
                try await Autoimage().command(
                    [
                        "build", service.folder.string, "-t", name, "--set", "java.version=17", "--secret",
                        "id=maven-settings,src=\(settings)",
                    ] + options
                ).run()
            }
        }

        @Test(.enabled(if: isReady, "\(needs)"))
        func `modules are built offline from what was downloaded, and ship as a thin archive with its libraries`()
            async throws
        {
            let service = try await Service(copyingFolder: "java-harbour")
            let outcome = try await build(service, "java-harbour")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let pages = try await asked("java-harbour", "/", "/file", "/certificates")
            let lines = pages.split(separator: "\n").map(String.init)
            #expect(lines.first == #"{"tide":"high"}"#, "\(pages)")
            #expect(lines.count == 4 && lines[1] == "höhe.txt" && lines[3] == "ended with 143", "\(pages)")
            #expect(lines.count > 2 && Int(lines[2]).map { $0 > 100 } == true, "\(pages)")
            let files = try await Autoimage().command(["inspect", "java-harbour", "--files"]).succeed()
            for file in ["app/app.jar", "app/lib/gson-2.10.jar", "app/modules/tides-1.0.jar"] {
                #expect(files.contains("\(file)\n"), "\(file)")
            }
            #expect(!files.contains(".java\n") && !files.contains(".m2/") && !files.contains("javac\n"))
            try await Hadolint.check(service)
            // An edit of the program leaves the libraries alone.
            let source = service["tides/src/main/java/com/example/Tides.java"]
            try source.write(try source.text().replacing("high", with: "ebb"))
            let again = try await build(service, "java-harbour")
            #expect(again.status == 0 && !again.errors.contains("[dependencies] [INFO]"), "\(again.errors)")
            let edited = try await asked("java-harbour", "/")
            #expect(edited == "{\"tide\":\"ebb\"}\nended with 143\n")
        }

        @Test(.enabled(if: isReady, "\(needs)"))
        func `a shaded archive on a Java of its own modules weighs at most 100 MB`() async throws {
            let service = try await Service(copyingFolder: "java-shaded")
            let outcome = try await build(service, "java-shaded", "--set", "java.runtime=jlink")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let pages = try await asked("java-shaded", "/", "/file", "/certificates")
            let lines = pages.split(separator: "\n").map(String.init)
            #expect(lines.first == #"{"tide":"low"}"#, "\(pages)")
            #expect(lines.count == 4 && lines[1] == "höhe.txt" && lines[3] == "ended with 143", "\(pages)")
            #expect(lines.count > 2 && Int(lines[2]).map { $0 > 100 } == true, "\(pages)")
            let folder = try Workspace.here().makeFolder("java").appending("layout")
            _ = try await Autoimage().command(["save", "java-shaded", "--output", "oci:\(folder)"]).succeed()
            let size = try await Layout(folder).entries().reduce(0) { $0 + $1.size }
            #expect(size <= 100_000_000, "\(size)")
        }

        @Test(.enabled(if: isReady, "\(needs)"))
        func `a web application runs on the servlet container, pages of JSP too`() async throws {
            let service = try await Service(copyingFolder: "java-web")
            let outcome = try await build(service, "java-web")
            #expect(outcome.status == 0, "\(outcome.errors)")
            let pages = try await asked("java-web", "/", "/page", "/sum.jsp")
            #expect(
                pages.split(separator: "\n") == [
                    "<p>harbour</p>", #"{"ship":"Föhr"}"#, "sum 2", "ended with 143",
                ], "\(pages)")
        }

        @Test func `an application of Gradle starts with the options of its script`() async throws {
            let service = try await Service(copyingFolder: "java-gradle")
            _ = try await Autoimage().build(service, ["-t", "java-gradle", "--set", "java.version=17"])
            let outcome = try await Autoimage().run("run", "java-gradle")
            #expect(outcome.output == "high\n", "\(outcome.errors)")
        }

        @Test(.enabled(if: isReady, "\(needs)"))
        func `of two archives the one that is named starts, Spring Boot's by its layers`() async throws {
            let service = try await Service(named: "two", [:])
            let script = """
                set -e
                cd "$1"
                mkdir -p work/boot/BOOT-INF/lib work/plain work/lib
                source() { echo "package $1; public class $2 { public static void main(String[] a) { System.out.println($3); } }"; }
                cd work
                source lib Snap '"snap"' > Snap.java && javac --release 17 -d lib Snap.java
                jar --create --no-compress --file boot/BOOT-INF/lib/snap-1-SNAPSHOT.jar -C lib .
                source app App '"boot " + lib.Snap.class.getSimpleName()' > App.java
                javac --release 17 -cp lib -d boot/BOOT-INF/classes App.java
                source org.springframework.boot.loader.launch JarLauncher '"launcher"' > JarLauncher.java
                javac --release 17 -d boot JarLauncher.java
                printf '%s\\n' 'Main-Class: org.springframework.boot.loader.launch.JarLauncher' 'Start-Class: app.App' > manifest
                jar --create --no-compress --file ../boot.jar --manifest manifest -C boot .
                source plain Main '"plain"' > Main.java && javac --release 17 -d plain Main.java
                for name in one two; do jar --create --file ../$name.jar --main-class plain.Main -C plain .; done
                cd .. && rm -r work
                """
            try await Command("sh", "-c", script, "sh", service.folder.string).succeed()
            let best = try await Autoimage().build(service, ["-t", "java-two", "--set", "java.version=17"])
            #expect(
                best.errors.contains("starts boot.jar: a Spring Boot archive, Start-Class app.App"), "\(best.errors)")
            let boot = try await Autoimage().run("run", "java-two")
            #expect(boot.output == "boot Snap\n", "\(boot.errors)")
            let files = try await Autoimage().command(["inspect", "java-two", "--files"]).succeed()
            #expect(files.contains("app/snapshots/snap-1-SNAPSHOT.jar\n"))
            try await Command("rm", service["boot.jar"].string).succeed()
            let undecided = try await Autoimage().run(
                "build", service.folder.string, "-t", "java-two", "--set", "java.version=17")
            #expect(undecided.status == 1)
            for part in ["several archives could be started", "one.jar  (", "two.jar  ("] {
                #expect(undecided.errors.contains(part), "\(undecided.errors)")
            }
            _ = try await Autoimage().build(
                service, ["-t", "java-two", "--set", "java.version=17", "--set", "java.archive=two.jar"])
            let plain = try await Autoimage().run("run", "java-two")
            #expect(plain.output == "plain\n", "\(plain.errors)")
        }

        @Test func `one source file is a service`() async throws {
            let service = try await Service(
                named: "single",
                [
                    "Tide.java": """
                    public class Tide {
                        public static void main(String[] args) {
                            System.out.println("tide " + System.getProperty("sun.jnu.encoding"));
                        }
                    }

                    """
                ])
            _ = try await Autoimage().build(service, ["-t", "java-single", "--set", "java.version=17"])
            let outcome = try await Autoimage().run("run", "java-single")
            #expect(outcome.output == "tide UTF-8\n", "\(outcome.errors)")
        }
    }
}
