import Planning

/// Exact releases of the managers, for where no field names one.
///
/// The table is the whole knowledge: planning asks no registry. Anything else is reached with `packageManager`.
enum ManagerReleases {
    /// When the table was last looked at.
    static let date = "2026-07-26"

    /// Every release that a range may choose, oldest first: the last of each line.
    static let all: [NodeManager: [String]] = [
        .npm: ["6.14.18", "7.24.2", "8.19.4", "9.9.4", "10.9.3", "11.6.0"],
        .pnpm: ["5.18.10", "6.35.1", "7.33.7", "8.15.9", "9.15.9", "10.33.4", "11.16.0"],
        .yarn: ["1.22.22"],
        .berry: ["2.4.3", "3.1.1", "3.8.7", "4.10.3"],
        .bun: ["1.0.36", "1.1.45", "1.2.23", "1.3.2"],
    ]

    /// What is taken where neither a field nor a lock speaks: pnpm 11 needs Node 22, so its predecessor.
    static func usual(_ manager: NodeManager) -> String {
        manager == .pnpm ? "10.33.4" : all[manager]?.last ?? ""
    }

    /// The release that writes a lock of this version as it is; nil for a version that is not known.
    ///
    /// pnpm 6 does not run on Node 20 and later, and pnpm 7 reads its locks.
    static func release(for lock: NodeLock, isSettingsPnpm: Bool) -> String? {
        switch lock.manager {
        case .npm, .yarn: return all[lock.manager]?.last
        case .pnpm:
            switch lock.version {
            case "5.0", "5.1", "5.2": return "5.18.10"
            case "5.3", "5.4", "5.4-inlineSpecifiers": return "7.33.7"
            case "6.0", "6.1": return "8.15.9"
            case "7.0", "9.0": return isSettingsPnpm || isHashedByPnpm10(lock) ? "10.33.4" : "9.15.9"
            default: return nil
            }
        case .berry:
            switch Int(lock.version) {
            case 4?: return "2.4.3"
            case 5?: return "3.1.1"
            case 6?: return "3.8.7"
            case 7?, 8?: return "4.10.3"
            default: return nil
            }
        case .bun:
            switch lock.version {
            // The binary format is read by every release since; the text of version 0 by those from 1.1.39 on.
            case "binary": return "1.1.45"
            case "0": return "1.2.23"
            case "1": return "1.3.2"
            default: return nil
            }
        }
    }

    /// Whether pnpm 10 made the checksums of patches and hooks: SHA-256, where pnpm 9 takes MD5.
    private static func isHashedByPnpm10(_ lock: NodeLock) -> Bool {
        lock.details.patches.contains { $0.hash.count == 64 } || lock.details.hookChecksum?.hasPrefix("sha256-") == true
    }

    /// The newest release in a range that suits the lock best: the lock's own, else the newest.
    static func release(of manager: NodeManager, in range: NodeRange, preferred: String?) -> String? {
        let fitting = (all[manager] ?? []).filter { SemanticVersion($0).map(range.contains) ?? false }
        if let preferred, fitting.contains(preferred) { return preferred }
        return fitting.contains(usual(manager)) ? usual(manager) : fitting.last
    }
}

extension NodeRange {
    /// The range that a text says; nil where it is a tag, an address or another protocol's.
    static func reading(_ text: String) -> NodeRange? {
        do { return try NodeRange(parsing: text) } catch { return nil }
    }
}
