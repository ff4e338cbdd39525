package import OCI

/// What a builder found when it resolved requirements that no lock fixes: `autoimage.lock` keeps it, and later plans
/// install just that.
package struct Resolution: Codable, Hashable, Sendable {
    /// The digest of everything that was resolved: a record of other inputs is not taken.
    package let inputs: Digest
    /// Sorted by name.
    package let packages: [ResolvedPackage]

    package init(inputs: Digest, packages: [ResolvedPackage]) {
        self.inputs = inputs
        self.packages = packages.sorted { ($0.name, $0.version) < ($1.name, $1.version) }
    }

    /// The record without a package, so that the next build resolves it anew and keeps the others where it can.
    package func forgetting(_ name: String) -> Resolution {
        Resolution(inputs: Self.noInputs, packages: packages.filter { $0.name != name })
    }

    /// What no requirements have: a record of these inputs is never taken as it is.
    package static let noInputs = Digest(of: [])
}

extension BuildPlan {
    /// Under which `autoimage.lock` keeps what the plan's builder resolves: `LANGUAGE@PLATFORM`.
    package var resolutionKey: String { "\(language.value)@\(platform)" }
}

/// One package of a resolution.
package struct ResolvedPackage: Codable, Hashable, Sendable {
    /// Normalised as its index compares names.
    package let name: String
    package let version: String
    /// The name of the file that was chosen: `flask-3.0.3-py3-none-any.whl`.
    package let file: String?
    /// The SHA-256 of that file.
    package let sha256: Digest?
    /// Where it is, for what no index has: `git+https://…@COMMIT`.
    package let url: String?

    package init(name: String, version: String, file: String?, sha256: Digest?, url: String?) {
        self.name = name
        self.version = version
        self.file = file
        self.sha256 = sha256
        self.url = url
    }

    /// Whether every part is what its name says: records come from a file and from a builder that anybody may have
    /// written, and become lines of a requirements file.
    package var isWellFormed: Bool {
        let isURL = url.map { $0.wholeMatch(of: /[a-z][a-z0-9+.-]*:\/\/[!-~]+/) != nil } ?? true
        return name.wholeMatch(of: /[a-z0-9]([a-z0-9-]*[a-z0-9])?/) != nil
            && version.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9.!+_-]*/) != nil
            && (file.map { $0.wholeMatch(of: /[A-Za-z0-9][A-Za-z0-9._+!~-]*/) != nil } ?? true) && isURL
    }
}

/// What a plan leaves to its builder to resolve: a step writes it, the build records it and plans again.
package struct OpenRequirements: Codable, Hashable, Sendable {
    /// The step of the builder that resolves.
    package let step: String
    /// The file that the step writes: JSON of `[ResolvedPackage]`.
    package let result: ImagePath
    /// The digest of what is resolved, for `Resolution.inputs`.
    package let inputs: Digest
    /// The steps whose secrets this one sees, too: it reaches the same indexes and runs the same builds.
    package let secretsOf: [String]

    package init(step: String, result: ImagePath, inputs: Digest, secretsOf: [String]) {
        self.step = step
        self.result = result
        self.inputs = inputs
        self.secretsOf = secretsOf
    }
}
