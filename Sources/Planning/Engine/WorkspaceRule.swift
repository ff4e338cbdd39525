/// How one language's manifest in a folder above a service says that the service is a member of its workspace.
///
/// The decision is pure; whoever has the files asks it, and roots the source tree at the nearest folder that claims the
/// service.
package struct WorkspaceRule: Sendable {
    /// The manifest of a workspace: `go.work`.
    package let manifest: String
    /// The manifest that a member has: `go.mod`; a folder without it is no member.
    package let member: String
    /// Whether the workspace claims the member; fails where a manifest is broken.
    package let claims: @Sendable (Claim) throws -> Bool
    /// Whether a folder that claims may be claimed by one above it in turn, as Maven's aggregators are.
    package let isNested: Bool

    package init(
        manifest: String, member: String, isNested: Bool = false,
        claims: @escaping @Sendable (Claim) throws -> Bool
    ) {
        self.manifest = manifest
        self.member = member
        self.isNested = isNested
        self.claims = claims
    }

    /// One folder above a service, and the service.
    package struct Claim: Sendable {
        /// The text of the folder's manifest, and how errors name the file.
        package let manifest: String
        package let file: String
        /// The service's folder, from the folder of the manifest.
        package let member: SourcePath
        /// The text of the service's own manifest, and how errors name that.
        package let memberManifest: String
        package let memberFile: String

        package init(
            manifest: String, file: String, member: SourcePath, memberManifest: String, memberFile: String
        ) {
            self.manifest = manifest
            self.file = file
            self.member = member
            self.memberManifest = memberManifest
            self.memberFile = memberFile
        }
    }
}
