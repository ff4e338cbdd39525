import Testing

@testable import Detectors

/// What the step `archive` writes for Spring Boot, Quarkus and web applications, run by this machine's own JDK.
@Suite(.enabled(if: ArchiveBuild.hasJDK, "the step's program takes a JDK on this machine"))
struct ArchiveLayoutTests {
    /// A Spring Boot archive in its exact layout, with a class of ours under the launcher's name; `HOME` is `BOOT-INF`.
    private static func boot(launcher: String, manifest: String = "", home: String = "BOOT-INF") -> String {
        """
        mkdir -p boot/\(home)/lib boot/META-INF
        for name in Beta Alpha Snap Mine Tools; do
            class lib.$name "public class $name { public String toString() { return \\"$name\\"; } }" $name
            cp -R $name/. classes
        done
        jar --create --no-compress --file boot/\(home)/lib/beta-1.0.jar -C Beta .
        jar --create --no-compress --file boot/\(home)/lib/alpha-1.0.jar -C Alpha .
        jar --create --no-compress --file boot/\(home)/lib/snap-1.0-SNAPSHOT.jar -C Snap .
        jar --create --no-compress --file boot/\(home)/lib/mine-1.0.jar -C Mine .
        jar --create --no-compress --file boot/\(home)/lib/spring-boot-devtools-3.4.0.jar -C Tools .
        main com.example.App '"app " + new lib.Alpha() + new lib.Beta() + App.class.getResource("/application.properties").getPath().endsWith("app.jar!/application.properties")' boot/\(home)/classes
        echo server.port=9000 > boot/\(home)/classes/application.properties
        main \(launcher) '"launcher " + \(launcher.split(separator: ".").last ?? "").class.getProtectionDomain().getCodeSource().getLocation().getPath().endsWith("/boot/")' boot
        manifest 'Main-Class: \(launcher)' 'Start-Class: com.example.App' \(manifest)
        jar --create --no-compress --file target/app.jar --manifest manifest -C boot .
        """
    }

    private static let indexes = """
        printf '%s\\n' '- "BOOT-INF/lib/beta-1.0.jar"' '- "BOOT-INF/lib/alpha-1.0.jar"' '- "BOOT-INF/lib/snap-1.0-SNAPSHOT.jar"' \
        '- "BOOT-INF/lib/mine-1.0.jar"' '- "BOOT-INF/lib/spring-boot-devtools-3.4.0.jar"' > classpath.idx
        printf '%s\\n' '- "dependencies":' '  - "BOOT-INF/lib/beta-1.0.jar"' '  - "BOOT-INF/lib/alpha-1.0.jar"' \
        '- "spring-boot-loader":' '  - "org/"' '- "snapshot-dependencies":' '  - "BOOT-INF/lib/snap-1.0-SNAPSHOT.jar"' \
        '- "application":' '  - "BOOT-INF/classes/"' '  - "BOOT-INF/lib/mine-1.0.jar"' > layers.idx
        mkdir -p boot/BOOT-INF && mv classpath.idx layers.idx boot/BOOT-INF

        """

    private static let named =
        "'Spring-Boot-Classes: BOOT-INF/classes/' 'Spring-Boot-Lib: BOOT-INF/lib/' "
        + "'Spring-Boot-Classpath-Index: BOOT-INF/classpath.idx' 'Spring-Boot-Layers-Index: BOOT-INF/layers.idx'"

    @Test(arguments: [
        "org.springframework.boot.loader.JarLauncher", "org.springframework.boot.loader.launch.JarLauncher",
    ])
    func `a Spring Boot archive becomes a thin one with its libraries by layers`(_ launcher: String) throws {
        let build = try ArchiveBuild(script: Self.indexes + Self.boot(launcher: launcher, manifest: Self.named))
        let outcome = try build.archive()
        #expect(
            outcome.output.hasPrefix("starts target/app.jar: a Spring Boot archive, Start-Class com.example.App\n"),
            "\(outcome.output)")
        #expect(
            try build.files() == [
                "app.jar", "lib/alpha-1.0.jar", "lib/beta-1.0.jar", "modules/mine-1.0.jar",
                "snapshots/snap-1.0-SNAPSHOT.jar",
            ])
        #expect(try build.run() == "app AlphaBetatrue\n")
        let manifest = try build.shell("unzip -p app/app.jar META-INF/MANIFEST.MF").output.replacing("\r\n ", with: "")
        #expect(
            manifest.contains(
                "Class-Path: lib/beta-1.0.jar lib/alpha-1.0.jar snapshots/snap-1.0-SNAPSHOT.jar modules/mine-1.0.jar"))
        #expect(try build.shell("unzip -l app/app.jar").output.contains("org/springframework") == false)
    }

    @Test func `without indexes, libraries go by Spring Boot's usual layers`() throws {
        let build = try ArchiveBuild(script: Self.boot(launcher: "org.springframework.boot.loader.JarLauncher"))
        _ = try build.archive()
        #expect(
            try build.files() == [
                "app.jar", "lib/alpha-1.0.jar", "lib/beta-1.0.jar", "lib/mine-1.0.jar",
                "snapshots/snap-1.0-SNAPSHOT.jar",
            ])
        #expect(try build.run() == "app AlphaBetatrue\n")
    }

    @Test func `launchers that look for more than libraries stay, on a folder`() throws {
        let build = try ArchiveBuild(
            script: Self.boot(launcher: "org.springframework.boot.loader.launch.PropertiesLauncher"))
        _ = try build.archive()
        let files = try build.files()
        #expect(files.contains("boot/BOOT-INF/classes/com/example/App.class") && files.contains("lib/alpha-1.0.jar"))
        #expect(!files.contains { $0.contains("devtools") })
        #expect(
            try build.shell("readlink app/boot/BOOT-INF/lib/alpha-1.0.jar").output == "/app/lib/alpha-1.0.jar\n")
        #expect(try build.run() == "launcher true\n")
    }

    @Test func `Quarkus keeps its folder, with its libraries apart`() throws {
        let build = try ArchiveBuild(
            script: """
                mkdir -p target/quarkus-app/lib/boot target/quarkus-app/lib/main target/quarkus-app/app target/quarkus-app/quarkus
                main io.quarkus.bootstrap.runner.QuarkusEntryPoint '"quarkus"' runner
                jar --create --file target/quarkus-app/lib/boot/io.quarkus.runner.jar -C runner .
                cp target/quarkus-app/lib/boot/io.quarkus.runner.jar target/quarkus-app/lib/main/other.jar
                cp target/quarkus-app/lib/main/other.jar target/quarkus-app/app/app-1.0.jar
                echo index > target/quarkus-app/quarkus/quarkus-application.dat
                manifest 'Main-Class: io.quarkus.bootstrap.runner.QuarkusEntryPoint' 'Class-Path: lib/boot/io.quarkus.runner.jar'
                jar --create --file target/quarkus-app/quarkus-run.jar --manifest manifest
                cp target/quarkus-app/lib/main/other.jar target/app-1.0.jar
                """)
        let outcome = try build.archive()
        #expect(outcome.output.hasPrefix("starts target/quarkus-app/quarkus-run.jar: a Quarkus application"))
        #expect(
            try build.files() == [
                "app.jar", "app/app-1.0.jar", "lib/boot/io.quarkus.runner.jar", "lib/main/other.jar",
                "quarkus/quarkus-application.dat",
            ])
        #expect(try build.run() == "quarkus\n")
    }

    private static let web = """
        mkdir -p web/WEB-INF/lib jakarta
        class lib.Near 'public class Near {}' near && jar --create --file web/WEB-INF/lib/near-1.jar -C near .
        class jakarta.servlet.Servlet 'public interface Servlet {}'
        class com.example.Page 'public abstract class Page implements jakarta.servlet.Servlet {}' web/WEB-INF/classes
        echo hello > web/index.html
        jar --create --file target/app.war -C web .
        """

    @Test func `a web application is a folder for the servlet container, its libraries apart`() throws {
        let build = try ArchiveBuild(script: Self.web)
        let outcome = try build.archive("--container --servlet jakarta $PWD/target")
        #expect(outcome.output.hasPrefix("starts target/app.war: a web application\n"), "\(outcome.output)")
        #expect(
            try build.files() == [
                "lib/near-1.jar", "webapp/META-INF/MANIFEST.MF", "webapp/WEB-INF/classes/com/example/Page.class",
                "webapp/index.html",
            ])
    }

    @Test func `fails where the servlet container has other classes`() throws {
        let build = try ArchiveBuild(script: Self.web)
        let outcome = try build.archive("--container --servlet javax $PWD/target")
        #expect(
            outcome.output.contains("its classes use jakarta.servlet, and the servlet container of the image has javax")
        )
        let alone = try build.archive()
        #expect(alone.output.contains("is a web application without a Main-Class"))
    }

    @Test func `a signed archive stays whole`() throws {
        let build = try ArchiveBuild(
            script: """
                main com.example.Main '"signed"'
                jar --create --file target/app.jar --main-class com.example.Main -C classes .
                keytool -genkeypair -keystore keys -storepass secret -alias a -dname CN=a -keyalg RSA 2>/dev/null
                jarsigner -keystore keys -storepass secret target/app.jar a >/dev/null
                """)
        _ = try build.archive()
        #expect(try build.shell("cmp target/app.jar app/app.jar").status == 0)
        #expect(try build.run() == "signed\n")
    }

    @Test func `two libraries of one name both arrive`() throws {
        let build = try ArchiveBuild(
            script: """
                class a.One 'public class One { public String toString() { return "one"; } }' one
                class b.Two 'public class Two { public String toString() { return "second"; } }' two
                mkdir -p target/a target/b
                jar --create --file target/a/api.jar -C one . && jar --create --file target/b/api.jar -C two .
                cp -R one/. two/. classes
                main com.example.Main '"" + new a.One() + new b.Two()' own
                manifest 'Main-Class: com.example.Main' 'Class-Path: a/api.jar b/api.jar'
                jar --create --file target/app.jar --manifest manifest -C own .
                """)
        _ = try build.archive()
        #expect(try build.files().count { $0.hasPrefix("lib/api") } == 2)
        #expect(try build.run() == "onesecond\n")
    }
}
