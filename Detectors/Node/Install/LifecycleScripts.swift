import Formats
import Planning

/// Scripts of the service's own packages that run while they are installed.
enum LifecycleScripts {
    /// In the order in which managers run them; npm, pnpm and Bun run `prepare` for packages of the sources too.
    static let names = ["preinstall", "install", "postinstall", "prepublish", "preprepare", "prepare", "postprepare"]

    /// What of the sources such a script reads beside manifests; nil where none runs, or those that do read none.
    static func needsSources(_ project: NodeProject, _ settings: ManagerSettings, _ manager: NodeManager) -> Evidence? {
        guard settings.ignoresScripts == nil || manager == .berry else { return nil }
        for manifest in project.installedManifests {
            for name in names {
                if manager == .berry, !["preinstall", "install", "postinstall"].contains(name) { continue }
                guard let script = manifest.script(name), !isHarmless(script.value) else { continue }
                return script.evidence
            }
            // Without a script of its own a `binding.gyp` is built by node-gyp.
            let binding = manifest.folder.appending(name: "binding.gyp")
            if project.tree.hasFile(binding), manifest.script("install") == nil {
                return Evidence(path: binding, excerpt: binding.name)
            }
        }
        return nil
    }

    /// Variables that keep tools for a developer's own machine from doing anything.
    static func quieting(_ project: NodeProject) -> [String: String] {
        var result: [String: String] = [:]
        for manifest in project.installedManifests {
            for script in names.compactMap({ manifest.script($0)?.value }) {
                if script.contains("husky") { result["HUSKY"] = "0" }
                if script.contains("lefthook") { result["LEFTHOOK"] = "0" }
                if script.contains("simple-git-hooks") { result["SKIP_INSTALL_SIMPLE_GIT_HOOKS"] = "1" }
            }
        }
        return result
    }

    /// Whether every command of a script does without the sources: hooks of git, checks of the manager, patches, a client
    /// that is generated from a schema.
    static func isHarmless(_ script: String) -> Bool {
        let commands = script.split(separator: /&&|\|\||;/).map { $0.trimmingSpaces() }
        return commands.allSatisfy { command in
            let words = command.split(separator: " ").map(String.init).drop { $0.contains("=") }
            var rest = words.drop {
                ["npx", "-y", "--yes", "bunx", "exec", "pnpm", "yarn", "npm", "dlx", "--"].contains($0)
            }
            guard let program = rest.popFirst() else { return true }
            switch program {
            case "husky", "husky-install", "lefthook", "simple-git-hooks", "is-ci", "only-allow", "patch-package",
                "echo", "true", "exit", "ngcc", "check-node-version", "check-engine", "opencollective",
                "opencollective-postinstall", "pinst":
                return true
            case "prisma": return rest.first == "generate"
            default: return false
            }
        }
    }
}
