package import OCI
package import SystemPackage

/// Where an engine looks for what other machines made, when this one has not kept it.
package protocol StepSource: Sendable {
    /// The results of a step that can be had, best first.
    func offers(of key: Digest) async -> [StepOffer]

    /// Fills the empty folder of a cache mount, as far as something is there for it.
    func fill(mount id: String, at folder: FilePath) async throws
}

/// A result of a step that somebody offers: it is used only if it is what it says it is.
package struct StepOffer: Sendable {
    /// Who offers it, for people.
    package let origin: String
    /// The digest that the unpacked folder must have.
    package let output: Digest
    /// Puts the result into an empty folder, in overlayfs's form.
    package let unpack: @Sendable (FilePath) async throws -> Void
    /// Hears why the result was not used.
    package let refuse: @Sendable (any Error) -> Void

    package init(
        origin: String, output: Digest, unpack: @escaping @Sendable (FilePath) async throws -> Void,
        refuse: @escaping @Sendable (any Error) -> Void
    ) {
        self.origin = origin
        self.output = output
        self.unpack = unpack
        self.refuse = refuse
    }
}

/// Why an offered result is not used.
package enum StepOfferError: Error, Equatable, CustomStringConvertible {
    /// What was unpacked is something else.
    case otherContent(expected: Digest, found: Digest)

    package var description: String {
        switch self {
        case .otherContent(let expected, let found): "its files have the digest \(found), not \(expected) as it says"
        }
    }
}
