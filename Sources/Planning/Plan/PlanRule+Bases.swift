import OCI

extension PlanRule {
    static let knownPlatform = PlanRule(
        "known platform",
        claim: "the image is for linux/amd64 or linux/arm64, and its builder fits it"
    ) { plan in
        let stages = [("builder", plan.builder.base), ("runtime", plan.runtime.base)]
        let unknown = Set([plan.platform] + stages.map(\.1.platform)).subtracting(Platform.known)
            .map(\.description).sorted().map { "the platform \($0) is not known; choose linux/amd64 or linux/arm64" }
        return unknown
            + stages.compactMap { stage, base in
                let travels = stage == "builder" && plan.builder.portability.value != .native
                return base.platform == plan.platform || travels
                    ? nil
                    : "the \(stage) base \(base.entry.id) is for \(base.platform) and the plan for \(plan.platform); "
                        + "choose the base for \(plan.platform)"
            }
    }

    static let pinnedBases = PlanRule(
        "bases pinned", claim: "bases and images are fixed to exact bytes", needsPins: true
    ) { plan in
        let bases = [("builder", plan.builder.base), ("runtime", plan.runtime.base)].compactMap { stage, base in
            base.pin == nil ? "the \(stage) base \(base.key) has no pin; 'autoimage lock' resolves and records it" : nil
        }
        return bases
            + plan.images.filter { $0.digest == nil && !$0.reference.contains("@") }.map {
                "the image \($0.reference) has no pin; 'autoimage lock' resolves and records it"
            }
    }

    static let noToolchain = PlanRule(
        "no toolchain in the runtime base", claim: "no compiler and no package manager ships",
        waiver: { plan in
            let base = plan.runtime.base
            guard !toolchain.isDisjoint(with: base.entry.tools) else { return nil }
            return base.reason.isRequested
                ? base.reason
                : .usual(
                    why: "official images have no variant without "
                        + installers(of: base.entry).joined(separator: ", "))
        }
    ) { plan in
        let base = plan.runtime.base
        let isOfficial = base.entry.family == "official"
        let tools = Set(base.entry.tools).intersection(isOfficial ? compilers : toolchain).sorted()
        var problems: [String] = []
        if !tools.isEmpty, !base.reason.isRequested {
            problems.append(
                "the runtime base \(base.entry.id) has \(tools.joined(separator: ", ")); choose a base without, "
                    + "or ask for this one with --bases \(base.entry.family)")
        }
        for package in base.packages where !package.reason.isRequested && isToolPackage(package.value) {
            problems.append(
                "the runtime base gets the package \(package.value), which is for building; "
                    + "add it to the builder, or ask for it by name")
        }
        return problems
    }

    /// The programs of a base that install software, sorted.
    static func installers(of entry: BaseEntry) -> [String] {
        Set(entry.tools).intersection(toolchain).subtracting(compilers).sorted()
    }

    /// Programs that make programs.
    private static let compilers: Set<String> = [
        "as", "c++", "cargo", "cc", "clang", "clang++", "cmake", "g++", "gcc", "git", "go", "gofmt", "gradle", "javac",
        "ld", "make", "mvn", "rustc",
    ]

    /// Programs that build or install software: what an attacker would like to find.
    private static let toolchain: Set<String> = compilers.union([
        "apk", "apt", "apt-get", "bun", "corepack", "dnf", "dpkg", "npm", "npx", "pdm", "pip", "pip3", "pipenv", "pnpm",
        "poetry", "rpm", "uv", "yarn", "yum",
    ])

    private static func isToolPackage(_ name: String) -> Bool {
        let prefixes = ["binutils", "clang", "cmake", "cpp-", "g++", "gcc-", "golang", "llvm"]
        // gcc-12-base holds no program; libgcc and libstdc++ depend on it.
        if name.hasPrefix("gcc-"), name.hasSuffix("-base") { return false }
        return toolchain.contains(name) || name == "build-essential" || name == "python3-pip" || name.hasSuffix("-dev")
            || prefixes.contains(where: name.hasPrefix)
    }
}
