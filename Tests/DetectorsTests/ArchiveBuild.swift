import Foundation
import Testing

@testable import Detectors

/// A folder with what a shell text makes in it, removed in the end.
final class ArchiveBuild {
    /// Whether this machine has a JDK.
    static let hasJDK = ["javac", "jar", "java"].allSatisfy {
        FileManager.default.isExecutableFile(atPath: "/usr/bin/\($0)")
    }

    /// The program, compiled once.
    private static let program = Result { () throws -> String in
        let folder = try ArchiveBuild(script: "")
        try ArchiveProgram.source.write(toFile: "\(folder.path)/Archive.java", atomically: true, encoding: .utf8)
        let outcome = try folder.shell("javac -nowarn -encoding UTF-8 -d program Archive.java")
        #expect(outcome.status == 0, "\(outcome.output)")
        folder.isKept = true
        return "\(folder.path)/program"
    }

    let path = FileManager.default.temporaryDirectory.appendingPathComponent("archives-\(UUID().uuidString)").path
    var isKept = false

    /// `class NAME TEXT…` compiles a class that prints its arguments into `classes`; `manifest LINE…` writes one.
    init(script: String) throws {
        try FileManager.default.createDirectory(atPath: path, withIntermediateDirectories: true)
        let outcome = try shell(
            """
            set -e
            mkdir -p target classes
            manifest() { printf '%s\\n' "$@" > manifest; }
            class() {
                name=${1##*.} package=${1%.*}
                mkdir -p sources
                { [ "$package" = "$1" ] || echo "package $package;"; echo "$2"; } > "sources/$name.java"
                javac --release 8 -nowarn -Xlint:-options -cp classes -d "${3:-classes}" "sources/$name.java" 2>/dev/null
            }
            main() { class "$1" "public class ${1##*.} { public static void main(String[] a) { System.out.println($2); } }" $3; }
            \(script)
            """)
        #expect(outcome.status == 0, "\(outcome.output)")
    }

    deinit { if !isKept { try? FileManager.default.removeItem(atPath: path) } }

    func shell(_ text: String) throws -> (status: Int32, output: String) {
        let process = Process()
        process.executableURL = URL(fileURLWithPath: "/bin/sh")
        process.arguments = ["-c", text]
        process.currentDirectoryURL = URL(fileURLWithPath: path)
        process.environment = ["PATH": "/usr/bin:/bin", "LANG": "C.UTF-8", "TZ": "Asia/Tokyo"]
        let pipe = Pipe()
        process.standardOutput = pipe
        process.standardError = pipe
        try process.run()
        let output = String(decoding: pipe.fileHandleForReading.readDataToEndOfFile(), as: UTF8.self)
        process.waitUntilExit()
        return (process.terminationStatus, output)
    }

    /// Runs the program, and lays out `app` as the image has `/app`.
    func archive(_ arguments: String = "target", java: Int = 17) throws -> (status: Int32, output: String) {
        let program = try Self.program.get()
        return try shell(
            """
            rm -rf out app
            java -cp \(program) Archive --out out --base "$PWD" --java \(java) $(echo \(arguments)) || exit 1
            cp -R out/application app && cp -R out/lib out/snapshots app
            """.replacing("$(echo target)", with: "\"$PWD/target\""))
    }

    func run(_ arguments: String = "") throws -> String {
        try shell("java -jar app/app.jar \(arguments)").output
    }

    func files() throws -> [String] {
        try shell("cd app && find . -type f -o -type l | LC_ALL=C sort").output.split(separator: "\n").map {
            String($0.dropFirst(2))
        }
    }
}
