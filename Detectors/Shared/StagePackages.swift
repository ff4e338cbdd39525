import Planning

/// The Debian packages of a stage beyond those of its base.
enum StagePackages {
    /// Packages are added to bases that we assemble; an image has those that its entry names, or it will not do.
    static func of(
        _ asked: [Requested<String>], _ needed: [Decided<String>], _ entry: BaseEntry
    ) throws(PlanError) -> [Decided<String>] {
        var result = asked.map { Decided($0.value, $0.reason) }
        guard let recipe = entry.debian else {
            // Where an entry of a user does not say what it has, what is needed may be there.
            try lack(entry.packages == nil ? result : result + needed, in: entry)
            return []
        }
        let own = Set(recipe.packages)
        for package in needed
        where !own.contains(package.value) && !result.contains(where: { $0.value == package.value }) {
            result.append(package)
        }
        return result.sorted { $0.value < $1.value }
    }

    /// Fails where an image lacks a package.
    private static func lack(_ packages: [Decided<String>], in entry: BaseEntry) throws(PlanError) {
        let own = Set(entry.tools).union(entry.packages ?? [])
        let missing = packages.filter { !own.contains($0.value) }
        guard let first = missing.first else { return }
        throw .lacksPackages(
            base: entry.id, place: "\(first.reason)",
            packages: missing.filter { $0.reason == first.reason }.map(\.value))
    }
}
