import Planning

/// Programs by their names: which start a server, which only serve a developer, and which nothing can start.
extension StartReader {
    /// What one command comes to.
    func program(_ command: ScriptCommand) throws -> StartOutcome {
        let name = command.program
        switch name {
        case "node", "nodejs": return try node(command)
        case "nodemon", "node-dev", "supervisor", "ts-node-dev", "tsnd", "forever", "pm2-runtime", "pm2", "pm2-docker",
            "node-watch", "reload", "naught", "tsc-watch", "onchange", "chokidar", "doppler", "infisical", "newrelic",
            "op":
            return try runner(command)
        case "ts-node", "ts-node-esm", "ts-node-script", "tsx", "babel-node", "esno", "esmo", "swc-node", "jiti",
            "vite-node", "bun", "esr", "esbuild-register", "sucrase-node":
            return try interpreter(command)
        case "npm", "pnpm", "yarn", "bunx", "npx":
            return .refused("'\(command.words.joined(separator: " "))' starts nothing that an image could hold")
        default: break
        }
        if name.contains("/") { return try file(command) }
        guard let known = ScriptProgram.named(name) else { return try server(command) }
        switch known.role {
        case .server:
            if ["next", "strapi", "medusa"].contains(name) { return try framework(command) }
            return try server(command)
        case .fileServer: return fileServer(command)
        case .development: return try development(command, known)
        case .task, .build:
            return StartOutcome(
                kind: .development(command.words.prefix(3).joined(separator: " ") + ", which starts nothing that stays")
            )
        case .parallel:
            return .refused("starts several programs at once")
        case .foreign(let why): return .refused(why)
        }
    }

    /// A program of `node_modules/.bin` as a server.
    private func server(_ command: ScriptCommand) throws -> StartOutcome {
        try requireShipped(command)
        var start = start(command)
        start.words = command.program == "fastify" ? fastify(command.words) : command.words
        return StartOutcome(kind: .server(finished(start)))
    }

    /// fastify-cli's arguments without those of a developer.
    private func fastify(_ words: [String]) -> [String] {
        words.filter { !["-w", "--watch", "-P", "--pretty-logs", "-d", "--debug"].contains($0) }
    }

    private func framework(_ command: ScriptCommand) throws -> StartOutcome {
        let words = command.words.dropFirst()
        switch (command.program, words.first) {
        case ("next", "start"?), ("next", "serve"?): return StartOutcome(kind: .framework("next", command))
        case ("next", _): return StartOutcome(kind: .development(command.words.joined(separator: " ")))
        case (_, "develop"?), (_, "dev"?), (_, "watch:admin"?):
            return StartOutcome(kind: .development(command.words.joined(separator: " ")))
        default: return try server(command)
        }
    }

    /// Whether a command of a bundler serves: `webpack serve`, `parcel index.html`.
    func isServing(_ command: ScriptCommand) -> Bool {
        let first = command.words.dropFirst().first
        return command.program == "parcel" ? first != "build" : first == "serve" || command.words.contains("--watch")
    }

    /// A command of a framework's tool, most of which are for developers.
    private func development(_ command: ScriptCommand, _ known: ScriptProgram) throws -> StartOutcome {
        let verb = command.words.dropFirst().first { !$0.hasPrefix("-") } ?? ""
        let shown = ([command.program] + (verb.isEmpty ? [] : [verb])).joined(separator: " ")
        switch (command.program, verb) {
        case ("vite", "preview"), ("gatsby", "serve"), ("docusaurus", "serve"), ("vitepress", "preview"),
            ("vitepress", "serve"), ("expo", "serve"):
            return StartOutcome(
                kind: .site(folder: nil, isSinglePage: nil, .found(evidence: command.evidence.suffix(1))))
        case ("nuxt", "start"), ("nuxi", "start"), ("nuxt", "preview"), ("nuxi", "preview"), ("astro", "preview"),
            ("vinxi", "start"), ("nest", "start"), ("nitro", "preview"), ("nitropack", "preview"), ("sails", "lift"):
            return StartOutcome(kind: .framework(command.program, command))
        case ("live-server", _), ("lite-server", _), ("browser-sync", _):
            return StartOutcome(kind: .development(command.program))
        default: return StartOutcome(kind: .development(shown))
        }
    }

    /// `serve -s build`, `http-server dist -p 8080`: the folder and whether it is an application of one page.
    private func fileServer(_ command: ScriptCommand) -> StartOutcome {
        let valued = [
            "-l", "--listen", "-p", "--port", "-a", "-c", "--config", "-L", "-P", "--proxy", "-S", "-H", "--host", "-d",
            "--ssl-cert", "--ssl-key", "-e", "-U", "-t", "--cors", "-m", "-D", "--dev",
        ]
        var folder: String?
        var isSinglePage: Bool?
        var words = command.words.dropFirst()
        while let word = words.popFirst() {
            if ["-s", "--single", "--spa"].contains(word), command.program != "http-server" {
                isSinglePage = true
            } else if word.hasPrefix("-") {
                if valued.contains(word), let next = words.first, !next.hasPrefix("-"),
                    next.contains(/^[\d$:]|^tcp|^\w+\.\w/)
                {
                    words.removeFirst()
                }
            } else if word == "start" || word.allSatisfy(\.isNumber) {
                continue
            } else if folder == nil {
                folder = word
            }
        }
        return StartOutcome(
            kind: .site(
                folder: folder, isSinglePage: isSinglePage, .found(evidence: command.evidence.suffix(1))))
    }
}

extension StartOutcome {
    /// A command that no image can start, with the usual way out.
    static func refused(_ why: String) -> StartOutcome {
        StartOutcome(
            kind: .refused(
                why,
                fix: "name one program of Node with a Procfile's line 'web: COMMAND' or --set start=COMMAND"))
    }
}
