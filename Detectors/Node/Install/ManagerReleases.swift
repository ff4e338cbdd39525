import Planning

/// Exact releases of the managers, for where no field names one.
///
/// The table is the whole knowledge: planning asks no registry. Anything newer is reached with `packageManager`.
enum ManagerReleases {
    /// When the table was last looked at.
    static let date = "2025-10-01"

    /// Every release that a range may choose, oldest first: the last of each line.
    static let all: [NodeManager: [String]] = [
        .npm: ["6.14.18", "7.24.2", "8.19.4", "9.9.4", "10.9.3", "11.5.2"],
        .pnpm: ["5.18.10", "6.35.1", "7.33.7", "8.15.9", "9.15.9", "10.15.1"],
        .yarn: ["1.22.22"],
        .berry: ["2.4.3", "3.8.7", "4.9.4"],
        .bun: ["1.0.36", "1.1.45", "1.2.21"],
    ]

    /// The newest release of a manager.
    static func newest(_ manager: NodeManager) -> String { all[manager]?.last ?? "" }
}
