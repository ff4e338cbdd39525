extension PlanRule {
    static let numericUser = PlanRule(
        "a named user that is not root", claim: "the service runs as a numeric user with a line in /etc/passwd",
        waiver: { $0.runtime.config.user.value.uid == 0 ? $0.runtime.config.user.reason : nil }
    ) { plan in
        let user = plan.runtime.config.user
        if user.value.uid == 0 {
            return user.reason.isRequested
                ? [] : ["the user \(user.value) is root; choose another, or ask for root with the option user"]
        }
        let passwd = ImagePath("/etc/passwd")
        let written = plan.runtime.files.filter { $0.path == passwd }.flatMap {
            ($0.contents ?? "").split(separator: "\n")
        }
        let isNamed =
            written.isEmpty
            ? plan.runtime.base.entry.user == user.value.description
            : written.contains { line in
                let fields = line.split(separator: ":", omittingEmptySubsequences: false)
                return fields.count > 2 && fields[2] == "\(user.value.uid)"
            }
        return isNamed
            ? []
            : [
                "the user \(user.value) is not in /etc/passwd of the runtime; write that file with a line for \(user.value.uid)"
            ]
    }

    static let startsInside = PlanRule(
        "entrypoint inside the image",
        claim: "every program the image starts lies in an artifact, a file of the plan or the base"
    ) { plan in
        let config = plan.runtime.config
        let processes = config.processes.sorted { $0.key < $1.key }.map { ("process '\($0.key)'", $0.value.value) }
        return ([("entrypoint", config.entrypoint.value)] + processes).flatMap { what, arguments -> [String] in
            guard let program = arguments.first, !program.isEmpty else {
                return ["the \(what) is empty; give a command"]
            }
            if arguments.contains(where: { $0.utf8.contains(0) }) {
                return ["the \(what) holds a null byte; take it out"]
            }
            // Shells have a rule of their own with a better answer.
            if isShell(program) || plan.runtime.offers(program) { return [] }
            return program.contains("/") && !program.hasPrefix("/")
                ? ["the \(what) starts '\(program)'; write an absolute path or a bare name"]
                : [
                    "the \(what) starts '\(program)', which no artifact and no base brings into the image; name an artifact's file"
                ]
        }
    }

    static let runtimeShell = PlanRule(
        "a shell where the image starts one", claim: "no program is started through a shell that is not there"
    ) { plan in
        let config = plan.runtime.config
        let processes = config.processes.sorted { $0.key < $1.key }.map { ("process '\($0.key)'", $0.value.value) }
        return ([("entrypoint", config.entrypoint.value)] + processes).compactMap { what, arguments in
            guard let program = arguments.first, isShell(program), !plan.runtime.offers(program) else { return nil }
            return
                "the \(what) starts \(program) and the runtime base \(plan.runtime.base.entry.id) has no such shell; "
                + "write the command without one"
        }
    }

    static let workingDirectory = PlanRule(
        "working directory inside the image", claim: "the folder the service starts in exists"
    ) { plan in
        let folder = plan.runtime.config.workingDirectory
        let made =
            plan.runtime.copies.map(\.destination) + plan.runtime.files.map(\.path)
            + plan.runtime.config.writable.map(\.value)
        let usual = [ImagePath.root, ImagePath("/home/nonroot"), ImagePath("/tmp")]
        let below = plan.runtime.copies.contains { folder.isInside($0.destination) }
        guard !below, !usual.contains(folder), !made.contains(where: { $0.isInside(folder) }) else { return [] }
        return ["the working directory \(folder) is in no artifact; choose a folder of the image"]
    }

    static let ports = PlanRule(
        "ports from 1 to 65535", claim: "every port can be listened on, and is named once"
    ) { plan in
        let ports = plan.runtime.config.ports.map(\.value)
        let outside = ports.filter { !(1...65535).contains($0) }.map {
            "port \($0) is not between 1 and 65535; choose another"
        }
        let twice = Set(ports.filter { port in ports.filter { $0 == port }.count > 1 }).sorted()
        return outside + twice.map { "port \($0) is there twice; name it once" }
    }

    static let variables = PlanRule(
        "variables can be set", claim: "every variable has a name that programs accept, once"
    ) { plan in
        let runtime = plan.runtime.config.environment.map { ("the image", $0.name, $0.value.value) }
        let steps = plan.runs.flatMap { run in
            run.command.environment.sorted { $0.key < $1.key }.map { ("step '\(run.step)'", $0.key, $0.value) }
        }
        var seen: Set<String> = []
        var problems: [String] = []
        for (place, name, value) in runtime + steps {
            if !isVariable(name) {
                problems.append("the variable '\(name)' of \(place) is not a name; write letters, digits and _")
            }
            if value.utf8.contains(0) {
                problems.append("the variable \(name) of \(place) holds a null byte; take it out")
            }
            if !seen.insert("\(place) \(name)").inserted {
                problems.append("the variable \(name) of \(place) is there twice; set it once")
            }
        }
        return problems
    }

    private static func isVariable(_ name: String) -> Bool {
        guard let first = name.utf8.first, !(0x30...0x39).contains(first) else { return false }
        return name.utf8.allSatisfy {
            (0x30...0x39).contains($0) || (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) || $0 == 0x5F
        }
    }
}

extension RuntimeStage {
    /// Whether a program can be found in the image, as far as a plan can tell: by its path, or by its name along PATH.
    func offers(_ program: String) -> Bool {
        if program.hasPrefix("/") { return (try? ImagePath(parsing: program)).map(holds) ?? false }
        guard !program.contains("/") else { return false }
        let path =
            config.environment.first { $0.name == "PATH" }?.value.value ?? base.entry.environment["PATH"]
            ?? "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
        return path.split(separator: ":").contains { folder in
            (try? ImagePath(parsing: String(folder)).appending(program)).map(holds) ?? false
        }
    }

    private func holds(_ path: ImagePath) -> Bool {
        copies.contains { path.isInside($0.destination) }
            || files.contains { $0.path == path && $0.contents != nil }
            || base.entry.offers(path) || base.packages.contains { Self.brings($0.value, path.withoutUsr) }
    }

    /// Whether a Debian package that the plan adds is a shell that brings the program.
    private static func brings(_ package: String, _ path: ImagePath) -> Bool {
        let programs = ["dash": ["sh", "dash"], "bash": ["bash"], "busybox": ["busybox"]][package] ?? []
        return programs.contains { path == ImagePath("/bin").resolving($0) }
    }
}

extension BaseEntry {
    /// Whether the base is known to hold a program: its shell, its interpreter under any of its names, or a recipe's link.
    fileprivate func offers(_ path: ImagePath) -> Bool {
        let wanted = path.withoutUsr
        if let shell, shell.withoutUsr == wanted { return true }
        for link in debian?.links.keys.sorted() ?? [] {
            if let link = try? ImagePath(parsing: link), link.withoutUsr == wanted { return true }
        }
        guard let interpreter = interpreter?.withoutUsr, interpreter.parent == wanted.parent else { return false }
        // python, python3 and python3.11 are names of one program.
        return interpreter.name.hasPrefix(wanted.name) || wanted.name == interpreter.name + "." + version.dropMajor
    }
}

extension String {
    /// `11` of `3.11`.
    fileprivate var dropMajor: String { split(separator: ".").dropFirst().joined(separator: ".") }
}
