extension PlanRule {
    static let declaredArtifacts = PlanRule(
        "every copy names a declared artifact", claim: "only declared paths leave the builder"
    ) { plan in
        plan.runtime.copies.flatMap { copy -> [String] in
            // An image is named by the user with the very path; it has nothing else to declare.
            if plan.images.contains(where: { $0.reference == copy.from }) { return [] }
            var problems: [String] = []
            if copy.from != plan.builder.name {
                problems.append(
                    "the copy of \(copy.path) is from '\(copy.from)', which is neither stage nor image of the plan; "
                        + "the builder is '\(plan.builder.name)'")
            }
            if let step = copy.step, !plan.builder.steps.contains(where: { $0.name == step }) {
                problems.append("the copy of \(copy.path) is made by step '\(step)', which is no step of the builder")
            }
            if !plan.builder.artifacts.contains(where: { copy.path.isInside($0) }) {
                problems.append("the copy of \(copy.path) names no declared artifact; declare it in the builder")
            }
            return problems
        }
    }

    static let narrowArtifacts = PlanRule(
        "no artifact is a system folder", claim: "no copy takes along a whole system folder or toolchain"
    ) { plan in
        let libraries = Set(plan.runtime.copies.filter { $0.group == .systemLibraries }.map(\.path))
        let broad = Set(plan.builder.artifacts + plan.runtime.copies.map(\.path)).sorted().compactMap { path in
            whatIsBroad(path, mayBeInside: libraries.contains(path)).map {
                "the artifact \(path) is \($0); name what the program needs of it"
            }
        }
        let onto = plan.runtime.copies.compactMap { copy in
            whatIsBroad(copy.destination, mayBeInside: true).map {
                "the copy of \(copy.path) goes onto \(copy.destination), which is \($0); choose a folder of its own"
            }
        }
        return broad + onto
    }

    static let onePathOnce = PlanRule(
        "no two files at one path", claim: "every path of the image has one origin"
    ) { plan in
        let all =
            plan.runtime.copies.map { ($0.destination, "the artifact \($0.path)") }
            + plan.runtime.files.map { ($0.path, "a file of the plan") }
        var origins: [ImagePath: [String]] = [:]
        for (path, origin) in all { origins[path, default: []].append(origin) }
        return origins.sorted { $0.key < $1.key }.filter { $0.value.count > 1 }.map { path, origins in
            "\(path) comes from \(origins.joined(separator: " and from ")); keep one"
        }
    }

    private static func whatIsBroad(_ path: ImagePath, mayBeInside: Bool) -> String? {
        let path = path.withoutUsr
        if path == .root { return "the root folder" }
        if systemFolders.contains(path) { return "a whole system folder" }
        if kernelFolders.contains(where: { path.isInside($0) }) { return "a folder of the kernel or of one run" }
        if toolchainFolders.contains(where: { $0 == path || (!mayBeInside && path.isInside($0)) }) {
            return "part of a toolchain"
        }
        let versioned = ["go-", "llvm-", "python2", "python3"]
        if path.components.count == 2, path.components[0] == "lib", versioned.contains(where: path.name.hasPrefix) {
            return "part of a toolchain"
        }
        return nil
    }

    /// Written as on a merged /usr: `/usr/lib` is `/lib`.
    private static let systemFolders = Set(
        paths(
            "/bin", "/boot", "/etc", "/games", "/home", "/include", "/lib", "/lib/aarch64-linux-gnu",
            "/lib/x86_64-linux-gnu",
            "/lib32", "/lib64", "/libexec", "/media", "/mnt", "/opt", "/root", "/sbin", "/share", "/src", "/srv",
            "/usr",
            "/usr/local", "/usr/local/bin", "/usr/local/include", "/usr/local/lib", "/usr/local/share", "/var",
            "/var/cache",
            "/var/lib", "/var/lib/apt", "/var/lib/dpkg"))
    private static let kernelFolders = paths("/dev", "/proc", "/run", "/sys", "/tmp", "/var/tmp")
    private static let toolchainFolders = paths(
        "/lib/gcc", "/lib/jvm", "/lib/node_modules", "/opt/java", "/root/.cache", "/root/.cargo", "/root/.m2",
        "/root/.npm", "/root/go", "/share/gradle", "/share/maven", "/usr/local/cargo", "/usr/local/go",
        "/usr/local/lib/node_modules", "/usr/local/rustup")

    private static func paths(_ literals: StaticString...) -> [ImagePath] { literals.map { ImagePath($0) } }
}

extension ImagePath {
    /// This path as on a system where `/bin`, `/lib` and `/usr/bin`, `/usr/lib` are the same; `/usr/local` stays.
    var withoutUsr: ImagePath {
        guard components.count > 1, components[0] == "usr", components[1] != "local" else { return self }
        return ImagePath(unchecked: Array(components.dropFirst()))
    }
}
