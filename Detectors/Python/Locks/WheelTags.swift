import Planning

/// The tags that one Python takes, best first, in the order of pip and uv (PEP 425, 600 and 656).
struct WheelTags: Sendable {
    private let ranks: [WheelTag: Int]

    init(for target: PythonTarget) {
        var ranks: [WheelTag: Int] = [:]
        for tag in Self.ordered(target) where ranks[tag] == nil { ranks[tag] = ranks.count }
        self.ranks = ranks
    }

    /// How well a wheel fits, 0 at best, and by which of its tags; nil where it does not fit.
    func best(of wheel: WheelName) -> (rank: Int, tag: WheelTag)? {
        wheel.tags.compactMap { tag in ranks[tag].map { (rank: $0, tag: tag) } }.min { $0.rank < $1.rank }
    }

    private static func ordered(_ target: PythonTarget) -> [WheelTag] {
        let numbers = target.version.split(separator: ".").compactMap { Int($0) }
        guard let major = numbers.first else { return [] }
        let minor = numbers.dropFirst().first ?? 0
        let own = "cp\(major)\(minor)"
        let platforms = platforms(target)
        func tags(_ python: String, _ abi: String) -> [WheelTag] {
            platforms.map { WheelTag(python: python, abi: abi, platform: $0) }
        }
        // The stable ABI is there from Python 3.2 on.
        let older = minor > 2 ? (2..<minor).reversed().map { "cp\(major)\($0)" } : []
        let generic = ["py\(major)\(minor)", "py\(major)"] + (0..<minor).reversed().map { "py\(major)\($0)" }
        return tags(own, own) + tags(own, "abi3") + tags(own, "none") + older.flatMap { tags($0, "abi3") }
            + generic.flatMap { tags($0, "none") } + [WheelTag(python: own, abi: "none", platform: "any")]
            + generic.map { WheelTag(python: $0, abi: "none", platform: "any") }
    }

    /// Platforms whose files run there: the newest C library first, plain `linux` last.
    static func platforms(_ target: PythonTarget) -> [String] {
        let version = (target.libc.version ?? "").split(separator: ".").compactMap { Int($0) }
        let machine = target.machine
        var platforms: [String] = []
        switch target.libc.family {
        case .glibc:
            // Where nobody says, the oldest that anything current has.
            let newest = version.count > 1 && version[0] == 2 ? version[1] : 17
            let oldest = machine == "x86_64" || machine == "i686" ? 5 : 17
            for minor in stride(from: newest, through: oldest, by: -1) {
                platforms.append("manylinux_2_\(minor)_\(machine)")
                if let legacy = legacy[minor] { platforms.append("\(legacy)_\(machine)") }
            }
        case .musl:
            let newest = version.count > 1 && version[0] == 1 ? version[1] : 1
            platforms = (0...newest).reversed().map { "musllinux_1_\($0)_\(machine)" }
        case .none: return []
        }
        return platforms + ["linux_\(machine)"]
    }

    /// The names that PEP 600 replaced, by glibc's minor version.
    private static let legacy = [17: "manylinux2014", 12: "manylinux2010", 5: "manylinux1"]
}
