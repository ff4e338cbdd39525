import OCI

extension PlanRule {
    static let knownPlatform = PlanRule(
        "known platform", claim: "both stages are for one platform: linux/amd64 or linux/arm64"
    ) { plan in
        let known = plan.platform.os == "linux" && ["amd64", "arm64"].contains(plan.platform.architecture)
        let unknown = known ? [] : ["the platform \(plan.platform) is not known; choose linux/amd64 or linux/arm64"]
        return unknown
            + [("builder", plan.builder.base), ("runtime", plan.runtime.base)].compactMap { stage, base in
                base.platform == plan.platform
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
        "no toolchain in the runtime base", claim: "no compiler and no package manager ships"
    ) { plan in
        let base = plan.runtime.base
        let tools = Set(base.entry.tools).intersection(toolchain).sorted()
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

    /// Programs that build or install software: what an attacker would like to find.
    private static let toolchain: Set<String> = [
        "apk", "apt", "apt-get", "as", "bun", "c++", "cargo", "cc", "clang", "clang++", "cmake", "corepack", "dnf",
        "dpkg",
        "g++", "gcc", "git", "go", "gofmt", "gradle", "javac", "ld", "make", "mvn", "npm", "npx", "pdm", "pip", "pip3",
        "pipenv", "pnpm", "poetry", "rpm", "rustc", "uv", "yarn", "yum",
    ]

    private static func isToolPackage(_ name: String) -> Bool {
        let prefixes = ["binutils", "clang", "cmake", "cpp-", "g++", "gcc-", "golang", "llvm"]
        // gcc-12-base holds no program; libgcc and libstdc++ depend on it.
        if name.hasPrefix("gcc-"), name.hasSuffix("-base") { return false }
        return toolchain.contains(name) || name == "build-essential" || name == "python3-pip" || name.hasSuffix("-dev")
            || prefixes.contains(where: name.hasPrefix)
    }
}
