import Formats
import Planning

/// Which Node a service asks for.
struct NodeVersion: Sendable {
    /// nil where nothing asks for one.
    let request: VersionRequest?
    /// Files that ask for something else and lost.
    let warnings: [String]

    /// One file's wish.
    struct Wish: Sendable {
        /// As written.
        let text: String
        let releases: ReleaseSet
        let reason: Reason
    }

    /// Reads every file that may name a version: the first wins; what others ask for narrows it, or is warned about where
    /// nothing suits both.
    ///
    /// The option; then, in the service's folder and then the workspace's root, the pins `.nvmrc`, `.node-version`,
    /// `.tool-versions`, `mise.toml`, `volta.node`; then likewise the ranges `devEngines.runtime` and `engines.node`.
    static func read(_ project: NodeProject) throws -> NodeVersion {
        var wishes: [Wish] = []
        if let asked = project.options.versions["node"],
            let wish = try wish(asked.value, reason: asked.reason, place: asked.option)
        {
            wishes.append(wish)
        }
        let manifests = [project.manifest, project.workspace?.rootManifest]
        let folders = project.top == project.tree.service ? [project.top] : [project.tree.service, project.top]
        for (folder, manifest) in zip(folders, manifests) {
            wishes += try NodeVersionFiles.pins(in: folder, manifest, of: project.tree)
        }
        for (_, manifest) in zip(folders, manifests) { wishes += try NodeVersionFiles.ranges(of: manifest) }
        return solved(wishes)
    }

    /// The first wish, narrowed by those that leave something of it.
    private static func solved(_ wishes: [Wish]) -> NodeVersion {
        guard let first = wishes.first else { return NodeVersion(request: nil, warnings: []) }
        var (releases, text, warnings) = (first.releases, first.text, [String]())
        let isRequested = if case .requested = first.reason { true } else { false }
        for other in wishes.dropFirst() {
            let both = releases.intersection(other.releases)
            if both.isEmpty {
                warnings.append(
                    "\(other.reason) asks for Node \(other.text), \(isRequested ? "" : "but ")\(first.reason) for "
                        + "\(first.text), which wins")
            } else if both != releases {
                releases = both
                text += ", and \(other.text) (\(other.reason))"
            }
        }
        return NodeVersion(request: request(text, releases, reason: first.reason), warnings: warnings)
    }

    private static func request(_ text: String, _ releases: ReleaseSet, reason: Reason) -> VersionRequest {
        VersionRequest(text: text, reason: reason, matchFrom: { match($0, from: $1, releases) }) { match($0, releases) }
    }

    /// The same where a release of the version is known to be there, or a newer one.
    static func match(_ version: String, from exact: String, _ releases: ReleaseSet) -> VersionRequest.Match {
        guard let known = SemanticVersion(exact), let line = (try? NodeRange(parsing: version))?.releases else {
            return match(version, releases)
        }
        let offered = line.intersection(ReleaseSet(from: known))
        if offered.isSubset(of: releases) { return .all }
        guard !offered.intersection(releases).isEmpty else {
            return line.intersection(releases).isEmpty ? .none : .some
        }
        return ReleaseSet(from: known, below: known.nextPatch).isSubset(of: releases) ? .some : .newer
    }

    /// How many releases of a version of the catalog are among those: `20` stands for 20.0.0 and all that follow.
    static func match(_ version: String, _ releases: ReleaseSet) -> VersionRequest.Match {
        guard let line = (try? NodeRange(parsing: version))?.releases else { return .none }
        if line.isSubset(of: releases) { return .all }
        return line.intersection(releases).isEmpty ? .none : .some
    }

    /// What a text asks for; nil where it leaves the choice to the machine.
    ///
    /// Fails, naming the place, where the text is neither a range nor a name.
    static func wish(_ text: String, reason: Reason, place: String) throws(PlanError) -> Wish? {
        let name = text.trimmingSpaces().lowercased()
        if NodeReleases.unbound.contains(name) { return nil }
        let fix = "write one as in 22, ^22.12 or lts/jod"
        let written = NodeReleases.range(of: name) ?? name.replacing(/^node[-@]?v?(?=\d)/, with: "")
        do {
            let range = try NodeRange(parsing: written)
            guard !range.releases.isEmpty else {
                let isPreRelease = range.text.contains("-")
                throw PlanError.unusable(
                    place: place,
                    what: isPreRelease
                        ? "'\(text)' asks for a pre-release of Node, and only releases are offered"
                        : "no version of Node is in the range '\(text)'", fix: fix)
            }
            return Wish(text: text.trimmingSpaces(), releases: range.releases, reason: reason)
        } catch let error as PlanError {
            throw error
        } catch {
            throw .unusable(place: place, what: "'\(text)' is no version of Node", fix: fix)
        }
    }
}
