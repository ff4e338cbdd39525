import Testing

@testable import Detectors

/// The program of the step `archive`, run by this machine's own JDK on archives that it makes.
@Suite(.enabled(if: ArchiveBuild.hasJDK, "the step's program takes a JDK on this machine"))
struct ArchiveProgramTests {
    @Test func `takes the archive with a Main-Class and never parts of it`() throws {
        let build = try ArchiveBuild(
            script: """
                main com.example.Main '"high"'
                jar --create --file target/app-1.0.jar --main-class com.example.Main -C classes .
                for name in app-1.0-plain app-1.0-sources app-1.0-javadoc app-1.0-tests original-app-1.0 app-stubs; do
                    cp target/app-1.0.jar target/$name.jar
                done
                """)
        let outcome = try build.archive()
        #expect(
            outcome.output == """
                starts target/app-1.0.jar: an archive with all it needs, com.example.Main
                lib: 0 files, snapshots: 0 files, application: 1 files

                """)
        #expect(try build.run() == "high\n")
    }

    @Test func `an archive that holds all of another comes before it`() throws {
        let build = try ArchiveBuild(
            script: """
                main com.example.Main '"thin"'
                jar --create --file target/app.jar --main-class com.example.Main -C classes .
                class com.example.Other 'public class Other {}'
                jar --create --file target/app-all.jar --main-class com.example.Main -C classes .
                """)
        let outcome = try build.archive()
        #expect(outcome.output.hasPrefix("starts target/app-all.jar"), "\(outcome.output)")
    }

    @Test func `fails with the list where two are equal, and takes the one that is named`() throws {
        let build = try ArchiveBuild(
            script: """
                main a.One '"one"' one && main b.Two '"two"' two
                jar --create --file target/one.jar --main-class a.One -C one .
                jar --create --file target/two.jar --main-class b.Two -C two .
                """)
        let outcome = try build.archive()
        #expect(outcome.status == 1)
        #expect(
            outcome.output == """
                several archives could be started; choose with --set java.archive=PATH:
                  target/one.jar  (an archive with all it needs, a.One)
                  target/two.jar  (an archive with all it needs, b.Two)

                """)
        _ = try build.archive("--archive target/two.jar --by option $PWD/target")
        #expect(try build.run() == "two\n")
        let missing = try build.archive("--archive 'target/three-*.jar' --by Procfile:1 $PWD/target")
        #expect(
            missing.output.hasPrefix("Procfile:1: names 'target/three-*.jar', which the build does not make; it makes:")
        )
    }

    @Test func `libraries of a Class-Path come from beside it, other modules and the repository`() throws {
        let build = try ArchiveBuild(
            script: """
                mkdir -p repository/org/far/1 target/dependency other
                for name in Near Far Snap Mine; do
                    class lib.$name "public class $name { public String toString() { return \\"$name\\"; } }" $name
                done
                jar --create --file target/dependency/near-1.jar -C Near .
                jar --create --file repository/org/far/1/far-1.jar -C Far .
                jar --create --file target/dependency/snap-1-SNAPSHOT.jar -C Snap .
                jar --create --file other/mine-1.jar -C Mine .
                cp -R Near/. Far/. Snap/. Mine/. classes
                main com.example.Main '"" + new lib.Near() + new lib.Far() + new lib.Snap() + new lib.Mine()' own
                manifest 'Main-Class: com.example.Main' 'Class-Path: near-1.jar far-1.jar snap-1-SNAPSHOT.jar mine-1.jar'
                jar --create --file target/app.jar --manifest manifest -C own .
                """)
        let outcome = try build.archive("--repository $PWD/repository --other $PWD/other $PWD/target")
        #expect(outcome.status == 0, "\(outcome.output)")
        #expect(
            try build.files() == [
                "app.jar", "lib/far-1.jar", "lib/near-1.jar", "modules/mine-1.jar", "snapshots/snap-1-SNAPSHOT.jar",
            ])
        #expect(try build.run() == "NearFarSnapMine\n")
        let missing = try build.archive()
        #expect(missing.output.contains("its Class-Path names far-1.jar, which is not beside it"))
    }

    @Test func `a plain archive with one main class starts, with the libraries beside it`() throws {
        let build = try ArchiveBuild(
            script: """
                class lib.Near 'public class Near { public String toString() { return "near"; } }' near
                mkdir -p target/lib && jar --create --file target/lib/near-1.jar -C near . && cp -R near/. classes
                main com.example.Main 'new lib.Near()' own
                jar --create --file target/app.jar -C own .
                """)
        let outcome = try build.archive()
        #expect(outcome.output.hasPrefix("starts target/app.jar: an archive with one main class, com.example.Main"))
        #expect(try build.run() == "near\n")
    }

    @Test func `a main of Java 25 needs no parameters and no static`() throws {
        // JEP 512, by the class file's version: this JDK cannot compile it.
        let build = try ArchiveBuild(
            script: """
                class Main 'class Main { void main() {} }'
                printf '\\000\\105' | dd of=classes/Main.class bs=1 seek=6 conv=notrunc 2>/dev/null
                jar --create --file target/app.jar -C classes .
                """)
        let outcome = try build.archive(java: 25)
        #expect(outcome.output.hasPrefix("starts target/app.jar: an archive with one main class, Main\n"))
    }

    @Test func `says what each archive lacks, and how to name the class`() throws {
        let build = try ArchiveBuild(
            script: """
                main com.example.One '1' && main com.example.Two '2'
                jar --create --file target/app.jar -C classes .
                jar --create --file target/gone.jar --main-class com.example.Gone -C classes .
                """)
        let outcome = try build.archive()
        #expect(outcome.status == 1)
        for part in [
            "no archive can be started:",
            "target/app.jar  has no Main-Class, and 2 classes with a main method: com.example.One, com.example.Two",
            "target/gone.jar  its Main-Class com.example.Gone is not in it", "<mainClass>", "jar { manifest {",
        ] { #expect(outcome.output.contains(part), "\(outcome.output)") }
        let none = try build.archive("$PWD/nowhere")
        #expect(none.output.hasPrefix("the build makes no archive in nowhere; "))
    }

    @Test func `fails at classes for a newer Java, with their names and versions`() throws {
        let build = try ArchiveBuild(
            script: """
                main com.example.Main '1'
                printf '\\000\\105' | dd of=classes/com/example/Main.class bs=1 seek=6 conv=notrunc 2>/dev/null
                jar --create --file target/app.jar --main-class com.example.Main -C classes .
                """)
        let outcome = try build.archive(java: 17)
        #expect(
            outcome.output.contains(
                "target/app.jar: the class com.example.Main is for Java 25 (class file version 69), and the image has Java 17"
            ),
            "\(outcome.output)")
    }

    @Test func `writes the same bytes for archives made at other times`() throws {
        let build = try ArchiveBuild(
            script: """
                main com.example.Main '1' && echo text > classes/text
                jar --create --file target/app.jar --main-class com.example.Main -C classes .
                """)
        _ = try build.archive()
        let first = try build.shell("sha256sum app/app.jar").output
        _ = try build.shell(
            "touch -d 2001-02-03 classes/text; rm target/app.jar; "
                + "jar --create --file target/app.jar --main-class com.example.Main -C classes text -C classes com")
        _ = try build.archive()
        #expect(try build.shell("sha256sum app/app.jar").output == first)
    }

    @Test func `a start script gives class path and class`() throws {
        let build = try ArchiveBuild(
            script: """
                mkdir -p install/ship/bin install/ship/lib
                main com.example.Main '"ship " + String.join(" ", a)'
                jar --create --file install/ship/lib/ship.jar -C classes .
                cat > install/ship/bin/ship <<'END'
                #!/bin/sh
                APP_HOME=$( cd "${APP_HOME:-./}.." > /dev/null && pwd -P ) || exit
                CLASSPATH=$APP_HOME/lib/ship.jar
                DEFAULT_JVM_OPTS='"-Xmx64m"'
                if $cygwin ; then
                    DEFAULT_JVM_OPTS="--add-opens java.base/java.lang=ALL-UNNAMED $DEFAULT_JVM_OPTS"
                fi
                set -- \\
                        -classpath "$CLASSPATH" \\
                        com.example.Main \\
                        "$@"
                END
                """)
        let outcome = try build.archive("--options $PWD/install")
        #expect(outcome.output.hasPrefix("starts install/ship/bin/ship: an installed application, com.example.Main\n"))
        #expect(try build.shell("cat app/jvm.options").output == "\"-Xmx64m\"\n")
        #expect(try build.run("a") == "ship a\n")
    }
}
