import Formats

/// The name of a wheel's file: `numpy-2.1.0-1-cp313-cp313-manylinux_2_17_x86_64.whl` (PEP 427, file name convention).
struct WheelName: Hashable, Sendable {
    /// Normalised (PEP 503).
    let project: String
    let version: String
    /// The build number, where the name has one: a later build of the same version comes before an earlier one.
    let build: Build?
    /// Every interpreter, ABI and platform that the wheel is for (PEP 425, compressed tag sets).
    let tags: [WheelTag]

    /// A build number: digits, then anything.
    struct Build: Hashable, Sendable, Comparable {
        let number: Int
        let rest: String

        static func < (left: Build, right: Build) -> Bool {
            left.number != right.number
                ? left.number < right.number : left.rest.utf8.lexicographicallyPrecedes(right.rest.utf8)
        }
    }

    /// Parses a file name; nil where it is not the name of a wheel.
    init?(parsing file: String) {
        guard file.hasSuffix(".whl") else { return nil }
        let parts = file.dropLast(4).split(separator: "-", omittingEmptySubsequences: false).map(String.init)
        guard parts.count == 5 || parts.count == 6, !parts.contains("") else { return nil }
        project = Requirement.normalized(parts[0])
        version = parts[1]
        if parts.count == 6 {
            let digits = parts[2].prefix { $0.isASCII && $0.isNumber }
            guard let number = Int(digits) else { return nil }
            build = Build(number: number, rest: String(parts[2].dropFirst(digits.count)))
        } else {
            build = nil
        }
        func each(_ part: String) -> [String] { part.lowercased().split(separator: ".").map(String.init) }
        let (pythons, abis, platforms) = (
            each(parts[parts.count - 3]), each(parts[parts.count - 2]), each(parts[parts.count - 1])
        )
        // No wheel is for as many: a name in a lock could multiply to more than memory holds.
        guard pythons.count * abis.count * platforms.count <= 1000 else { return nil }
        tags = pythons.flatMap { python in
            abis.flatMap { abi in platforms.map { WheelTag(python: python, abi: abi, platform: $0) } }
        }
    }
}

/// What a wheel runs on (PEP 425): `cp313-cp313-manylinux_2_17_x86_64`.
struct WheelTag: Hashable, Sendable {
    let python: String
    let abi: String
    let platform: String

    /// Whether it runs on any platform.
    var isPure: Bool { platform == "any" }
}
