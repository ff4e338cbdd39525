import OCI
import Planning

/// What a build knows about its image beyond the image itself; kept beside it in the local store.
struct ImageRecord: Codable, Sendable {
    let name: String
    let manifest: Digest
    /// `runtime` or `builder`.
    let stage: String
    let layers: [Layer]
    /// Bytes of the files in the image.
    let unpackedSize: Int64
    /// Bytes of the files that a single-stage image of the same build would hold: its builder with all that it made.
    let singleStageSize: Int64?
    /// How far steps were isolated, and why not further.
    let isolation: String
    /// The commit of the sources, where they are under version control.
    let revision: String?
    let plan: BuildPlan

    struct Layer: Codable, Sendable {
        let digest: Digest
        /// Bytes as stored.
        let size: Int64
        /// Bytes of its files.
        let unpackedSize: Int64
        let holds: String
    }
}
