extension TextRenderer {
    mutating func config(_ config: RuntimeConfig) {
        value("entrypoint", config.entrypoint) { $0.line($1) }
        if !config.command.isEmpty { text.add("command", line(config.command), indent: 2, column: Self.column) }
        for variable in config.environment {
            value("env", variable.value) { "\(variable.name)=\($0.shortened($1))" }
        }
        value("user", config.user) { $1.description }
        text.add("workdir", "\(config.workingDirectory)", indent: 2, column: Self.column)
        for port in config.ports { value("port", port) { "\($1)" } }
        if let signal = config.stopSignal { value("stop signal", signal) { $1 } }
        for folder in config.writable { value("writable", folder) { "\($1)" } }
        for (name, process) in config.processes.sorted(by: { $0.key < $1.key }) {
            value("process", process) { "\(name): \($0.line($1))" }
        }
        for (name, label) in config.labels.sorted(by: { $0.key < $1.key }) {
            text.add("label", "\(name)=\(shortened(label))", indent: 2, column: Self.column)
        }
    }

    mutating func libraries() {
        text.heading("libraries")
        let (builder, runtime) = (plan.builder.base.entry.libc, plan.runtime.base.entry.libc)
        let libc =
            if plan.isStatic {
                "none needed: every artifact is static (builder \(builder), runtime \(runtime))"
            } else if builder == runtime {
                "\(builder) in builder and runtime: what was built finds the C library that it was built against"
            } else {
                "\(builder) in the builder, \(runtime) in the runtime"
            }
        text.add("libc:", libc, indent: 2, column: 6)
        let count = plan.runtime.copies.filter { $0.group == .systemLibraries }.count
        let shared =
            if !plan.runtime.librariesKnown {
                "completed by the first build, which records them in autoimage.lock"
            } else if count == 0 {
                "none beside those of the base, as autoimage.lock says"
            } else {
                "\(count) \(count == 1 ? "file" : "files") of the builder, as autoimage.lock says; see the artifacts above"
            }
        text.add("shared libraries:", shared, indent: 2, column: 18)
    }

    mutating func rules() {
        text.heading("rules checked")
        let column = (PlanRule.all.map(\.name.count).max() ?? 0) + 2
        for rule in PlanRule.all {
            switch rule.outcome(for: plan) {
            case .holds: text.add("holds   \(rule.name)", rule.claim, indent: 2, column: 8 + column)
            case .waived(let reason):
                text.add("waived  \(rule.name)", "\(reason)", indent: 2, column: 8 + column, style: .warning)
            case .waits:
                text.add("waits   \(rule.name)", "checked at build: \(rule.claim)", indent: 2, column: 8 + column)
            case .broken(let problems):
                for problem in problems {
                    text.add("BROKEN  \(rule.name)", problem, indent: 2, column: 8 + column, style: .warning)
                }
            }
        }
    }

    mutating func warnings() {
        guard !plan.warnings.isEmpty else { return }
        text.heading("warnings")
        for warning in plan.warnings { text.add(warning, indent: 2, style: .warning) }
    }

    mutating func why(_ decided: Decided<some Any>, indent: Int) {
        because(decided.reason, indent: indent)
        lost(decided.alternatives, indent: indent)
    }

    /// Why: one line for each place of the source tree.
    mutating func because(_ reason: Reason, indent: Int) {
        switch reason {
        case .found(let evidence):
            for evidence in evidence {
                let excerpt = evidence.saysNoMore ? "" : "  '\(shortened(evidence.excerpt, to: 100))'"
                text.add("because \(evidence)\(excerpt)", indent: indent, style: .quiet)
            }
        case .requested, .usual: text.add("because \(reason)", indent: indent, style: .quiet)
        }
    }

    mutating func lost(_ alternatives: [Alternative], indent: Int) {
        for other in alternatives { text.add("not \(other.value): \(other.why)", indent: indent, style: .quiet) }
    }

    private mutating func value<Value>(
        _ label: String, _ decided: Decided<Value>, describe: (TextRenderer, Value) -> String
    ) {
        text.add(label, describe(self, decided.value), indent: 2, column: Self.column)
        why(decided, indent: Self.inner)
    }

    /// Arguments as one would type them; those a shell would change are in single quotes.
    func line(_ arguments: [String]) -> String {
        arguments.map { argument in
            let short = shortened(argument)
            let isPlain =
                !short.isEmpty
                && short.unicodeScalars.allSatisfy {
                    $0.properties.isAlphabetic || $0.properties.numericType != nil
                        || "%+,-./:=@_…".unicodeScalars.contains($0)
                }
            return isPlain ? short : "'" + short.replacing("'", with: "'\\''") + "'"
        }.joined(separator: " ")
    }

    func shortened(_ text: String, to limit: Int = 72) -> String {
        guard !full else { return text }
        let text = text.replacing(/sha256:([0-9a-f]{8})[0-9a-f]{56}/) { "sha256:\($0.output.1)…" }
        return text.count <= limit ? text : text.prefix(limit - 1) + "…"
    }
}
