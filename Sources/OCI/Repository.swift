/// A repository in a registry: where manifests and blobs are pulled from and pushed to.
package struct Repository: Codable, Hashable, Sendable, CustomStringConvertible {
    /// Host with optional port as people write it: `docker.io`, `localhost:5000`.
    package let registry: String
    /// Path with the `library/` that Docker Hub adds to names of one component.
    package let name: String

    /// A registry and a path in it, both already canonical.
    package init(registry: String, name: String) {
        self.registry = registry
        self.name = name
    }

    /// Where a reference points; a bare name is Docker Hub's, and so are Docker Hub's other host names.
    ///
    /// Hosts are the same in either case of letters, and written in lower case here.
    package init(of reference: Reference) {
        let hub: Set<String> = ["docker.io", "index.docker.io", "registry-1.docker.io", "registry.hub.docker.com"]
        let host = reference.registry?.lowercased() ?? "docker.io"
        let isHub = hub.contains(host)
        registry = isHub ? "docker.io" : host
        name = isHub && !reference.repository.contains("/") ? "library/\(reference.repository)" : reference.repository
    }

    package var description: String { "\(registry)/\(name)" }
}
