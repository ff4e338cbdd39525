/// Chooses the image that fits a platform best (image-spec, image-index.md, "platform").
package enum PlatformMatch {
    /// The position of the best candidate, nil where none fits.
    ///
    /// A platform with a variant takes that variant only. Without one the highest variant wins that the usual machine of
    /// the architecture runs: `v7` for arm, `v8` for arm64, the first level for amd64. Among equals the first wins.
    package static func best(for wanted: Platform, among candidates: [Platform?]) -> Int? {
        let wanted = wanted.normalized
        var best: (position: Int, level: Int)?
        for (position, candidate) in candidates.enumerated() {
            guard let candidate = candidate?.normalized, candidate.os == wanted.os,
                candidate.architecture == wanted.architecture
            else { continue }
            if wanted.variant != nil {
                guard candidate.effectiveVariant == wanted.effectiveVariant else { continue }
                return position
            }
            guard let level = candidate.level else { continue }
            if level <= wanted.highestLevel, level > best?.level ?? -1 { best = (position, level) }
        }
        return best?.position
    }
}

extension Platform {
    /// The same platform by the name that most people give it: `x86_64` is `amd64`, and a variant that every machine of an
    /// architecture has (`arm64/v8`, `amd64/v1`) is left out, as in containerd's `platforms.Normalize`.
    package var normalized: Platform {
        let architecture = architecture.lowercased()
        let variant = variant.flatMap { $0.isEmpty ? nil : $0.lowercased() }
        let names: [String: (architecture: String, variant: String?)] = [
            "x86_64": ("amd64", nil), "x86-64": ("amd64", nil), "aarch64": ("arm64", nil), "armhf": ("arm", "v7"),
            "armel": ("arm", "v6"), "i386": ("386", nil),
        ]
        let name = names[architecture] ?? (architecture, nil)
        let level = (variant ?? name.variant).map(Self.versioned)
        let isUsual = [("arm64", "v8"), ("amd64", "v1")].contains { $0 == (name.architecture, level ?? "") }
        return Platform(architecture: name.architecture, os: os.lowercased(), variant: isUsual ? nil : level)
    }

    /// `8` and `v8` are the same.
    private static func versioned(_ variant: String) -> String {
        variant.utf8.first.map { (0x30...0x39).contains($0) } == true ? "v\(variant)" : variant
    }

    /// The variant, or the one that its absence stands for.
    fileprivate var effectiveVariant: String {
        if let variant { return variant }
        return switch architecture {
        case "arm": "v7"
        case "arm64": "v8"
        case "amd64": "v1"
        default: ""
        }
    }

    /// The generation of the variant, as a number; nil where it is not known.
    fileprivate var level: Int? {
        let variant = effectiveVariant
        guard variant.hasPrefix("v") else { return variant.isEmpty ? 0 : nil }
        return Int(variant.dropFirst())
    }

    /// The highest generation that a machine of the architecture certainly runs.
    fileprivate var highestLevel: Int {
        switch architecture {
        case "arm": 7
        case "arm64": 8
        case "amd64": 1
        default: .max
        }
    }
}
