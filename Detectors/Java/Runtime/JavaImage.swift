import Planning

/// A Java of only the modules that the program needs: `--set java.runtime=jlink`.
struct JavaImage: Sendable {
    let reason: Reason

    /// Where it lies in the image.
    static let home = ImagePath("/opt/jre")
    static let java = ImagePath("/opt/jre/bin/java")

    /// nil for a whole JRE; fails at another value.
    static func read(_ project: JavaProject, _ container: ServletContainer?) throws(PlanError) -> JavaImage? {
        guard let asked = project.setting("runtime"), asked.value != "jre" else { return nil }
        guard asked.value == "jlink" else {
            throw .unusable(place: asked.option, what: "'\(asked.value)' is no runtime", fix: "write jre or jlink")
        }
        guard container == nil else {
            throw .unusable(
                place: asked.option, what: "the servlet container needs modules that no file of the service names",
                fix: "use jre for a web application")
        }
        return JavaImage(reason: asked.reason)
    }

    /// Fails for a Java that has no jlink.
    func check(version: String) throws(PlanError) {
        guard (Int(version) ?? 0) < 9 else { return }
        throw .unusable(
            place: "\(reason)", what: "Java \(version) has no modules to choose from",
            fix: "use jre, or ask for Java 11 or newer with --set java.version=11")
    }

    /// Finds the modules that the archives use and links a Java of them.
    ///
    /// `$1` is the Java, `$2` where the archives are, `$3` the new Java. Reflection hides some modules from jdeps: those that
    /// TLS, zip file systems, other languages and frameworks take that way are always there. The trust store is the
    /// base's, so that certificates are in one place.
    static let script = """
        set -e
        archives=$(find "$2" -name '*.jar' | LC_ALL=C sort)
        modules=$(jdeps --print-module-deps --ignore-missing-deps --multi-release "$1" --class-path \
        "$(echo "$archives" | tr '\\n' ':')" $archives 2>/tmp/jdeps) || modules=
        case $modules in
          ''|*' '*) echo 'jdeps cannot tell the modules, so all of Java SE is taken:'; cat /tmp/jdeps; modules=java.se ;;
        esac
        known=$(java --list-modules | sed 's/@.*//')
        for module in java.logging java.management java.naming java.net.http java.sql java.xml jdk.crypto.ec \
        jdk.localedata jdk.unsupported jdk.zipfs; do
          if echo "$known" | grep -qx "$module"; then modules=$modules,$module; fi
        done
        for archive in $archives; do
          if unzip -p "$archive" META-INF/MANIFEST.MF 2>/dev/null | grep -q -e ^Launcher-Agent -e ^Premain-Class; then
            modules=$modules,java.instrument
          fi
        done
        echo "modules: $modules"
        level=zip-6
        if [ "$1" -lt 21 ]; then level=2; fi
        jlink --add-modules "java.base,$modules" --strip-java-debug-attributes --no-header-files --no-man-pages \
        --compress "$level" --output "$3"
        mkdir -p "$3/lib/security"
        ln -sf /etc/ssl/certs/java/cacerts "$3/lib/security/cacerts"

        """
}
