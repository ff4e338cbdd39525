package import Images
package import OCI

/// The repositories that an image's names stand for.
package struct RegistryDestination: ImageDestination {
    private let client: RegistryClient

    package init(_ client: RegistryClient) { self.client = client }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> Delivered {
        let report = try await client.push(images, from: store, to: names)
        return Delivered(
            names.map(\.tagged).joined(separator: ", "),
            counts: [
                "present": Int64(report.present), "mounted": Int64(report.mounted), "sent": Int64(report.sent),
                "sentBytes": report.sentBytes,
            ])
    }
}
