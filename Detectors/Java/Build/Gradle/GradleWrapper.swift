import Formats
import Planning

/// The Gradle Wrapper of a build: a script that fetches the Gradle which `gradle-wrapper.properties` names.
struct GradleWrapper: Sendable {
    let script: SourcePath
    let isExecutable: Bool
    let version: GradleVersion?
    let evidence: Evidence
    let warnings: [String]

    private static let fix =
        "write the wrapper again with 'gradle wrapper', and see that it is committed and not ignored"

    /// Reads the wrapper; nil where there is no script, fails where a part of it is missing.
    static func read(_ tree: any SourceTree, in root: SourcePath) throws -> GradleWrapper? {
        let script = root.appending(name: "gradlew")
        guard case .file(let isExecutable, _)? = tree.entry(at: script)?.kind else { return nil }
        let path = try root.appending("gradle/wrapper/gradle-wrapper.properties")
        guard let text = try tree.text(at: path) else {
            throw PlanError.unusable(
                place: "\(script)", what: "its gradle/wrapper/gradle-wrapper.properties is missing", fix: fix)
        }
        guard tree.hasFile(try root.appending("gradle/wrapper/gradle-wrapper.jar")) else {
            throw PlanError.unusable(
                place: "\(script)", what: "its gradle/wrapper/gradle-wrapper.jar is missing", fix: fix)
        }
        let file = JavaProperties(parsing: text)
        guard let address = file["distributionUrl"] else {
            throw PlanError.unusable(place: "\(path)", what: "names no distributionUrl", fix: fix)
        }
        let version = address.value.firstMatch(of: #/gradle-([0-9][\w.-]*?)-(?:bin|all)\.zip/#)
            .flatMap { GradleVersion(String($0.output.1)) }
        let evidence = Evidence(path: path, line: address.line, excerpt: "distributionUrl=\(address.value)")
        return GradleWrapper(
            script: script, isExecutable: isExecutable, version: version, evidence: evidence,
            warnings: file["distributionSha256Sum"] == nil
                ? ["\(evidence): no distributionSha256Sum says which bytes of Gradle are meant; add it to the file"]
                : [])
    }
}

/// A version of Gradle, and which Java runs it.
struct GradleVersion: Sendable, Hashable, Comparable, CustomStringConvertible {
    let numbers: [Int]
    let description: String

    init?(_ text: String) {
        let numbers = text.prefix { $0.isNumber || $0 == "." }.split(separator: ".").compactMap { Int($0) }
        guard !numbers.isEmpty else { return nil }
        self.numbers = numbers
        description = text
    }

    init(_ numbers: Int...) {
        self.numbers = numbers
        description = numbers.map(String.init).joined(separator: ".")
    }

    static func < (left: GradleVersion, right: GradleVersion) -> Bool {
        left.numbers.lexicographicallyPrecedes(right.numbers)
    }

    /// The first version of Gradle that runs on a release of Java (Gradle's manual, "Compatibility Matrix").
    static let firstToRunOn: [(java: Int, gradle: GradleVersion)] = [
        (8, GradleVersion(2, 0)), (9, GradleVersion(4, 3)), (10, GradleVersion(4, 7)), (11, GradleVersion(5, 0)),
        (12, GradleVersion(5, 4)), (13, GradleVersion(6, 0)), (14, GradleVersion(6, 3)), (15, GradleVersion(6, 7)),
        (16, GradleVersion(7, 0)), (17, GradleVersion(7, 3)), (18, GradleVersion(7, 5)), (19, GradleVersion(7, 6)),
        (20, GradleVersion(8, 3)), (21, GradleVersion(8, 5)), (22, GradleVersion(8, 8)), (23, GradleVersion(8, 10)),
        (24, GradleVersion(8, 14)), (25, GradleVersion(9, 1)), (26, GradleVersion(9, 4)),
    ]

    /// The releases of Java that run this version.
    var java: ClosedRange<Int> {
        let most = Self.firstToRunOn.last { $0.gradle <= self }?.java ?? 8
        return (self < GradleVersion(9) ? min(8, most) : 17)...most
    }
}
