import Planning

/// The command lines of the package managers, as their documentation has them.
struct ManagerCommands: Sendable {
    let manager: NodeManager
    let installation: NodeInstallation?
    /// What runs a release that the sources bring.
    let interpreter: ImagePath

    /// Where the pinned manager is.
    static let folder = ImagePath("/opt/manager")

    /// The file in the fetched package that `packageManager`'s hash is of: Corepack takes the archive, `-`, and for Yarn 2
    /// and later the one file in it.
    var hashed: String { manager == .berry ? "@yarnpkg/cli-dist/bin/yarn.js" : "-" }

    /// The program with its first words.
    private var program: [String] {
        if let vendored = installation?.vendored { return ["\(interpreter)", "\(NodeSteps.app.appending(vendored))"] }
        return [manager.program]
    }

    /// Makes a tree of archives that production needs; Yarn adds the name of the one package of a workspace.
    var focus: [String] { program + ["workspaces", "focus", "--production"] }

    /// Installs what the lock names; where there is none, or one that does not fit its manifest, what the manifest asks.
    func install(production: Bool) -> [String] {
        let isFrozen = installation?.lock != nil && installation?.drift == nil
        let isOffline = installation?.isOffline != nil
        switch manager {
        case .npm:
            let kind = isFrozen ? ["ci"] : ["install"] + (installation?.lock == nil ? ["--no-package-lock"] : [])
            return program + kind + (production ? ["--omit=dev"] : ["--include=dev"])
        case .pnpm:
            return program + ["install", isFrozen ? "--frozen-lockfile" : "--no-frozen-lockfile"]
                + (production ? ["--prod"] : [])
        case .yarn:
            return program + ["install", "--non-interactive", "--no-progress"]
                + (isFrozen ? ["--frozen-lockfile"] : []) + ["--production=\(production)"]
                + (isOffline ? ["--offline"] : [])
        case .berry:
            if isFrozen, let focus = installation?.focus, !focus.isEmpty {
                return program + ["workspaces", "focus"] + focus + (production ? ["--production"] : [])
            }
            return program + ["install", isFrozen ? "--immutable" : "--no-immutable"]
        case .bun:
            return program + ["install"] + (isFrozen ? ["--frozen-lockfile"] : ["--no-save"])
                + (production ? ["--production"] : [])
        }
    }

    /// Runs a script of package.json.
    func run(_ script: String) -> [String] { program + ["run", script] }

    /// Caches that persist, and variables that make a run quiet, repeatable and free of questions.
    var caches: [Mount] {
        let npm = Mount.cache(id: "npm", target: Self.cache("npm"))
        switch manager {
        case .npm: return [npm]
        case .pnpm: return [npm, .cache(id: "pnpm", target: Self.cache("pnpm"))]
        case .yarn: return [npm, .cache(id: "yarn", target: Self.cache("yarn"))]
        case .berry: return [npm, .cache(id: "yarn-berry", target: Self.cache("yarn-berry"))]
        case .bun: return [npm, .cache(id: "bun", target: Self.cache("bun"))]
        }
    }

    private static func cache(_ name: String) -> ImagePath { ImagePath("/root/.cache").resolving(name) }

    var environment: [String: String] {
        var variables = [
            "CI": "true", "npm_config_audit": "false", "npm_config_fund": "false",
            "npm_config_update_notifier": "false", "npm_config_cache": "\(Self.cache("npm"))",
        ]
        switch manager {
        case .npm: break
        case .pnpm:
            variables["npm_config_store_dir"] = "\(Self.cache("pnpm"))/store"
            variables["npm_config_cache_dir"] = "\(Self.cache("pnpm"))/cache"
            // The store is a mount: links out of it would dangle in the image.
            variables["npm_config_package_import_method"] = "copy"
            variables["npm_config_manage_package_manager_versions"] = "false"
        case .yarn: variables["YARN_CACHE_FOLDER"] = "\(Self.cache("yarn"))"
        case .berry:
            variables["YARN_ENABLE_TELEMETRY"] = "0"
            variables["YARN_GLOBAL_FOLDER"] = "\(Self.cache("yarn-berry"))"
            variables["YARN_ENABLE_PROGRESS_BARS"] = "false"
            // One file, by which the step `prune` knows which archives are used.
            variables["YARN_PNP_ENABLE_INLINING"] = "true"
            // Plug'n'Play runs from the archives: they must stay in the tree, and the cache is only a mirror of them.
            if installation?.isOffline == nil {
                variables["YARN_ENABLE_GLOBAL_CACHE"] = installation?.isPlugAndPlay == true ? "false" : "true"
            }
        case .bun: variables["BUN_INSTALL_CACHE_DIR"] = "\(Self.cache("bun"))"
        }
        return variables
    }
}
