/// An operating system and an architecture by their Go names (OCI image-spec, image-index.md, "platform").
package struct Platform: Codable, Hashable, Sendable, CustomStringConvertible {
    package let architecture: String
    package let os: String
    package let variant: String?

    package init(architecture: String, os: String = "linux", variant: String? = nil) {
        self.architecture = architecture
        self.os = os
        self.variant = variant
    }

    /// Parses `os/architecture[/variant]`.
    package init(parsing text: String) throws(PlatformError) {
        let parts = text.split(separator: "/", omittingEmptySubsequences: false).map(String.init)
        guard (2...3).contains(parts.count), parts.allSatisfy({ !$0.isEmpty }) else { throw .malformed(text) }
        self.init(architecture: parts[1], os: parts[0], variant: parts.count == 3 ? parts[2] : nil)
    }

    /// The platforms that images are built for.
    package static let known: [Platform] = [Platform(architecture: "amd64"), Platform(architecture: "arm64")]

    package var description: String { "\(os)/\(architecture)" + (variant.map { "/\($0)" } ?? "") }

    /// The platform this program was compiled for.
    package static var host: Platform {
        #if arch(x86_64)
            Platform(architecture: "amd64")
        #elseif arch(arm64)
            Platform(architecture: "arm64")
        #else
            #error("autoimage runs on amd64 and arm64")
        #endif
    }
}

/// Why a text is not a platform.
package enum PlatformError: Error, Equatable, CustomStringConvertible {
    case malformed(String)

    package var description: String {
        switch self {
        case .malformed(let text): "'\(text)' is not a platform: expected os/architecture, as in linux/amd64"
        }
    }
}
