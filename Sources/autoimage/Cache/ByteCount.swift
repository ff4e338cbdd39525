/// A number of bytes as people write it: `10GB`, `1.5GiB`, `500 MB`, `4096`.
struct ByteCount: Hashable, Sendable {
    let bytes: Int64

    private static let units: [(name: String, factor: Int64)] = [
        ("kib", 1 << 10), ("mib", 1 << 20), ("gib", 1 << 30), ("tib", 1 << 40), ("kb", 1_000), ("mb", 1_000_000),
        ("gb", 1_000_000_000), ("tb", 1_000_000_000_000), ("b", 1),
    ]

    /// Parses a number with at most three decimals and a unit; a number alone is bytes.
    ///
    /// nil for anything else.
    init?(parsing text: String) {
        let lower = text.lowercased()
        let unit = Self.units.first { lower.hasSuffix($0.name) }
        let number = lower.dropLast(unit?.name.count ?? 0).split(separator: " ", omittingEmptySubsequences: true)
        guard number.count == 1 else { return nil }
        let parts = number[0].split(separator: ".", maxSplits: 1, omittingEmptySubsequences: false)
        let fraction = parts.count == 2 ? parts[1] : "0"
        guard Self.isNumber(parts[0]), parts[0].count <= 15, Self.isNumber(fraction), fraction.count <= 3,
            let whole = Int64(parts[0]), let decimals = Int64(fraction)
        else { return nil }
        let factor = unit?.factor ?? 1
        let scale: Int64 = [10, 100, 1000][fraction.count - 1]
        guard decimals * factor % scale == 0 || factor > 1 else { return nil }
        let (product, overflow) = whole.multipliedReportingOverflow(by: factor)
        guard !overflow, product <= 1 << 62 else { return nil }
        bytes = product + decimals * factor / scale
    }

    private static func isNumber(_ text: some StringProtocol) -> Bool {
        !text.isEmpty && text.utf8.allSatisfy { (0x30...0x39).contains($0) }
    }
}
