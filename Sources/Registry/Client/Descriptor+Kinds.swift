import Foundation
import OCI

extension Descriptor {
    /// Whether it is a note about another image that BuildKit lists beside it, and no image.
    var isAttestation: Bool {
        platform?.os == "unknown" || annotations?["vnd.docker.reference.type"] == "attestation-manifest"
    }

    /// The blob itself, where the descriptor holds it and it is what it says (image-spec, descriptor.md, "data").
    var inlined: [UInt8]? {
        guard let data, let bytes = Data(base64Encoded: data).map({ [UInt8]($0) }), bytes.count == size,
            Digest(of: bytes) == digest
        else { return nil }
        return bytes
    }
}
