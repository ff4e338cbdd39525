import Planning

/// Turns a command of a JVM into the argument array of an image: `java` is process 1, whatever started it.
struct JavaLauncher {
    let java: ImagePath
    /// The runtime's Java: `21`.
    let version: String
    /// The runtime's shell; nil where it has none.
    let shell: ImagePath?
    let baseName: String
    /// What runs a web application.
    let container: ServletContainer?
    /// Options that the step `archive` finds in a start script.
    let options: ImagePath?

    /// The arguments; fails where the text needs a shell and the base has none, or a variable that nothing sets.
    func arguments(_ command: JavaCommand, variables: [String: String]) throws(PlanError) -> [String] {
        if let text = command.shell {
            guard let shell else {
                throw .needsShell(command: text.text, place: command.place, syntax: text.syntax, base: baseName)
            }
            return ["\(shell)", "-c", text.text]
        }
        let own = try words(command.options, command, variables)
        var arguments = ["\(java)"] + defaults(beside: own) + (options.map { ["@\($0)"] } ?? []) + own
        switch command.target {
        case .archive: arguments += ["-jar", "\(JavaSteps.archive)"]
        case .mainClass(let name): arguments += ["-cp", "\(JavaSteps.archive)", name]
        case .container: return arguments + (container?.arguments ?? [])
        }
        return arguments + (try words(command.arguments, command, variables))
    }

    /// Options of ours that the user's own do not decide.
    ///
    /// The JVM takes a quarter of a container's memory for its heap where nobody says more, and goes on in a broken state when
    /// it is full.
    private func defaults(beside own: [String]) -> [String] {
        var options: [String] = []
        if !own.contains(where: { $0.hasPrefix("-Xmx") || $0.contains("RAMPercentage") }) {
            options.append("-XX:MaxRAMPercentage=75")
        }
        if !own.contains(where: { $0.contains("OnOutOfMemoryError") }) {
            options.append("-XX:+ExitOnOutOfMemoryError")
        }
        // From 18 on it is UTF-8 everywhere.
        if (Int(version) ?? 0) < 18, !own.contains(where: { $0.hasPrefix("-Dfile.encoding") }) {
            options.append("-Dfile.encoding=UTF-8")
        }
        return options
    }

    private func words(
        _ words: [JavaCommand.Word], _ command: JavaCommand, _ variables: [String: String]
    ) throws(PlanError) -> [String] {
        let known = variables.merging(command.environment.mapValues(\.value)) { $1 }
        var result: [String] = []
        for word in words {
            var text = ""
            for part in word.parts {
                switch part {
                case .text(let piece): text += piece
                case .variable(let name):
                    guard let value = known[name] else {
                        throw .needsShell(
                            command: words.map(\.written).joined(separator: " "), place: command.place,
                            syntax: "${\(name)}", base: baseName)
                    }
                    text += value
                }
            }
            result.append(text)
        }
        return result
    }
}
