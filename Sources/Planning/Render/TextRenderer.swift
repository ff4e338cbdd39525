/// The plan for people, at most 120 columns wide: what `--explain` prints.
///
/// Long arguments are shortened with `…`, unless `full`.
package func renderText(_ plan: BuildPlan, color: Bool = false, full: Bool = false) -> String {
    var renderer = TextRenderer(plan: plan, full: full, text: TextLines(color: color))
    renderer.decisions()
    renderer.builder()
    renderer.runtime()
    renderer.libraries()
    renderer.rules()
    renderer.warnings()
    return renderer.text.lines.joined(separator: "\n") + "\n"
}

struct TextRenderer {
    let plan: BuildPlan
    let full: Bool
    var text: TextLines

    mutating func decisions() {
        text.heading("\(plan.name): \(plan.language.value) for \(plan.platform)")
        let all = [Decision("language", plan.language)] + plan.decisions
        let column = (all.map(\.name.count).max() ?? 0) + 2
        for decision in all {
            text.add(decision.name, decision.decided.value, indent: 2, column: column)
            why(decision.decided, indent: 2 + column)
        }
    }

    mutating func builder() {
        text.heading("stage \(plan.builder.name): thrown away, only its artifacts leave it")
        text.add("artifacts", describe(plan.builder.portability.value), indent: 2, column: Self.column)
        why(plan.builder.portability, indent: Self.inner)
        base(plan.builder.base)
        commonEnvironment()
        for (number, step) in plan.builder.steps.enumerated() { self.step(step, number: number + 1) }
    }

    mutating func runtime() {
        text.heading("stage runtime: what ships")
        base(plan.runtime.base)
        for image in plan.images {
            text.add("image", image.pinnedReference, indent: 2, column: Self.column)
            text.add("for copies from it; nothing else of it ships", indent: Self.inner)
            because(image.reason, indent: Self.inner)
        }
        for copy in plan.runtime.copies.sorted(by: { $0.group < $1.group }) {
            text.add(
                "artifact", "\(origin(of: copy))\(copy.path) → \(copy.destination)", indent: 2, column: Self.column)
            let maker = copy.step.map { ", finished by step \($0)" } ?? ""
            text.add("\(copy.group.rawValue) layer, owner \(copy.owner)\(maker)", indent: Self.inner)
            because(copy.reason, indent: Self.inner)
        }
        let used = plan.runtime.copies.map(\.path)
        for artifact in plan.builder.artifacts where !used.contains(where: { $0.isInside(artifact) }) {
            text.add("artifact", "\(artifact) → nowhere: declared and not shipped", indent: 2, column: Self.column)
        }
        for file in plan.runtime.files {
            let size =
                file.contents.map { text in
                    file.addsToBase == true
                        ? "the base's own and '\(text.split(separator: "\n").joined(separator: "', '"))'"
                        : "\(text.utf8.count) bytes"
                } ?? "folder"
            text.add("file", "\(file.path)", indent: 2, column: Self.column)
            text.add(
                "\(size), mode 0\(String(file.mode, radix: 8)), \(file.group.rawValue) layer, owner \(file.owner)",
                indent: Self.inner)
            because(file.reason, indent: Self.inner)
        }
        config(plan.runtime.config)
    }

    /// Where a copy is from, unless it is the builder.
    private func origin(of copy: ArtifactCopy) -> String {
        copy.from == plan.builder.name ? "" : "\(copy.from): "
    }

    static let column = 13
    static let inner = 2 + column

    private mutating func base(_ base: Base) {
        let entry = base.entry
        text.add("base", entry.id, indent: 2, column: Self.column)
        var facts = ["family \(entry.family)", entry.release, "libc \(entry.libc)"]
        if let interpreter = entry.interpreter {
            facts.append("\(interpreter)" + (entry.abi.map { " with ABI \($0)" } ?? ""))
        }
        facts.append(entry.shell.map { "shell \($0)" } ?? "no shell")
        if let end = entry.endOfLife { facts.append("supported until \(end)") }
        text.add(facts.joined(separator: ", "), indent: Self.inner)
        if let note = entry.note { text.add(note, indent: Self.inner) }
        if entry.family != "debian" { text.add("pulled as \(entry.reference)", indent: Self.inner) }
        because(base.reason, indent: Self.inner)
        lost(base.alternatives, indent: Self.inner)
        for package in base.packages {
            text.add("package", package.value, indent: 2, column: Self.column)
            why(package, indent: Self.inner)
        }
        switch base.pin {
        case nil: text.add("pin", "checked at build", indent: 2, column: Self.column)
        case .digest(let digest): text.add("pin", "\(entry.reference)@\(digest)", indent: 2, column: Self.column)
        case .debian(let pin):
            let count = "\(pin.packages.count) packages of \(pin.suite) for \(pin.architecture)"
            text.add("pin", "\(count), by version and SHA-256 in autoimage.lock", indent: 2, column: Self.column)
        }
    }

    /// The variables that all steps have in common, where there are several steps.
    private var common: [String: String] {
        let all = plan.runs.map(\.command.environment)
        guard all.count > 1, let first = all.first else { return [:] }
        return first.filter { name, value in all.allSatisfy { $0[name] == value } }
    }

    private mutating func commonEnvironment() {
        for (number, (name, value)) in common.sorted(by: { $0.key < $1.key }).enumerated() {
            let label = number == 0 ? "every step" : ""
            text.add(label, "env      \(name)=\(shortened(value))", indent: 2, column: Self.column)
        }
    }

    private mutating func step(_ step: Step, number: Int) {
        let after = step.needs.isEmpty ? "" : ", after \(step.needs.joined(separator: ", "))"
        switch step.action {
        case .copy(let copy):
            text.add("step \(number)", "\(step.name): copies source files\(after)", indent: 2, column: Self.column)
            let paths = copy.paths.map(\.description).joined(separator: " ")
            let from = copy.base == .root ? "" : " from \(copy.base)"
            text.add("copy", "\(paths)\(from) → \(copy.destination)", indent: Self.inner, column: 9)
        case .run(let command):
            text.add("step \(number)", "\(step.name): runs a program\(after)", indent: 2, column: Self.column)
            run(command.arguments)
            text.add("in", "\(command.workingDirectory)", indent: Self.inner, column: 9)
            let own = command.environment.filter { common[$0.key] != $0.value }
            for (name, value) in own.sorted(by: { $0.key < $1.key }) {
                text.add("env", "\(name)=\(shortened(value))", indent: Self.inner, column: 9)
            }
            for mount in command.mounts { text.add("mount", describe(mount), indent: Self.inner, column: 9) }
            text.add("network", command.network.rawValue, indent: Self.inner, column: 9)
        }
        because(step.reason, indent: Self.inner)
    }

    /// A step's program with its first arguments; where there are many more, how many.
    private mutating func run(_ arguments: [String]) {
        let shown = full || arguments.count <= Self.manyArguments ? arguments.count : Self.manyArguments - 4
        text.add("run", line(Array(arguments[..<shown])), indent: Self.inner, column: 9)
        let rest = arguments[shown...]
        guard !rest.isEmpty else { return }
        let arePackages = rest.allSatisfy { $0.contains("==") || $0.contains(" @ ") }
        text.add("", "and \(rest.count) more \(arePackages ? "packages" : "arguments")", indent: Self.inner, column: 9)
    }

    /// A step's program with more arguments than these is shown with the first of them.
    private static let manyArguments = 16

    private func describe(_ portability: Portability) -> String {
        let made = "made on \(plan.builder.base.platform)"
        return switch portability {
        case .native: "native: made on the platform that they are for"
        case .shared: "shared: \(made), the same for every platform"
        case .crossCompiled: "cross-compiled: \(made) for \(plan.platform)"
        }
    }

    private func describe(_ mount: Mount) -> String {
        switch mount {
        case .cache(let id, let target): return "cache \(id) at \(target)"
        case .ssh: return "ssh agent"
        case .tmpfs(let target): return "empty folder in memory at \(target)"
        case .secret(let id, let target, let variable, let required):
            let place = variable.map { "as variable \($0)" } ?? "at \(target?.description ?? "/run/secrets/\(id)")"
            return "secret \(id) \(place)" + (required ? "" : ", where it is given")
        }
    }
}
