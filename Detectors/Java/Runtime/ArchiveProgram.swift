/// The program of the step `archive`: Java 8 without any library, compiled and run by the builder's own JDK.
///
/// It reads the manifests of what the build made, chooses what starts, and writes `/out`: `lib` (released libraries),
/// `snapshots`, and `application` with `app.jar`, which always starts with `java -jar`. Its parts are one source file.
enum ArchiveProgram {
    private static let imports = """
        import java.io.*;
        import java.net.URI;
        import java.net.URLDecoder;
        import java.nio.charset.StandardCharsets;
        import java.nio.file.*;
        import java.util.*;
        import java.util.jar.*;
        import java.util.zip.*;
        """

    /// The source without indentation and comments, which a plan need not carry: a line of a Dockerfile is at most 64 KiB.
    ///
    /// Two less-than signs in a row are not in it: some readers of Dockerfiles take them for the start of a here-document.
    static var source: String {
        let lines = [imports, choice, libraries, classes, layout, jar].joined(separator: "\n")
            .split(separator: "\n").map { $0.drop { $0 == " " } }
        return lines.filter { !$0.isEmpty && !$0.hasPrefix("//") && !$0.hasPrefix("/**") && !$0.hasPrefix("*") }
            .joined(separator: "\n")
    }

    /// Compiles and runs the program: the only shell is the builder's.
    static func command(_ arguments: [String]) -> [String] {
        let script =
            "mkdir -p /archive && printf '%s' \"$0\" >/archive/Archive.java && "
            + "javac -nowarn -encoding UTF-8 -d /archive /archive/Archive.java && "
            + "exec java -cp /archive Archive \"$@\""
        return ["/bin/sh", "-c", script, source] + arguments
    }
}
