/// Files and folders of the plan itself: a Dockerfile without heredocs makes them in the builder and copies them over.
extension DockerfileRenderer {
    private static let stage = "/autoimage"

    /// Folders to make: those of the plan, then those to write to that nothing else makes.
    private var folders: [(path: ImagePath, mode: UInt16, owner: Owner)] {
        let planned = plan.runtime.files.filter { $0.contents == nil }.map { ($0.path, $0.mode, $0.owner) }
        let writable = plan.runtime.config.writable.map(\.value).filter { path in
            !planned.contains { $0.0 == path } && !plan.runtime.copies.contains { $0.destination == path }
        }
        return planned + writable.map { ($0, 0o755, plan.runtime.config.user.value) }
    }

    private var files: [(file: PlanFile, contents: String)] {
        plan.runtime.files.compactMap { file in file.contents.map { (file, $0) } }
    }

    static let gathered = "/autoimage/libraries"

    /// Shared libraries, which have one path in both stages.
    var libraries: [ArtifactCopy] {
        plan.runtime.copies.filter {
            $0.group == .systemLibraries && $0.path == $0.destination && $0.from == plan.builder.name
        }
    }

    /// Shared libraries in one folder: a COPY for each would be a layer for each, and would follow the links among them.
    func gatheredLibraries() -> [String] {
        guard !libraries.isEmpty else { return [] }
        let folders = Set(libraries.flatMap { library in sequence(first: library.path, next: \.parent).dropFirst() })
            .subtracting([.root]).sorted().map { "\(Self.gathered)\($0)" }
        return [
            "", "# shared libraries that artifacts need, gathered with the links that name them", "WORKDIR /",
            // cp would make these folders for their owner alone.
            "RUN " + DockerfileText.exec(["env", "install", "-d", "-m", "0755", Self.gathered] + folders),
            "WORKDIR \(Self.gathered)",
            "RUN "
                + DockerfileText.exec(
                    ["env", "cp", "--archive", "--parents"] + libraries.map(\.path.description).sorted() + ["."]),
        ]
    }

    func stagedFiles() -> [String] {
        var lines: [String] = []
        if !folders.isEmpty {
            lines += ["", "# folders of the image, made here because the runtime has nothing to make them with"]
            for (number, folder) in folders.enumerated() {
                lines += [
                    "WORKDIR \(Self.stage)/folder\(number)",
                    "RUN " + DockerfileText.exec(["env", "mkdir", "-m", octal(folder.mode), folder.path.name]),
                ]
            }
        }
        if !files.isEmpty {
            lines += ["", "# files of the image, made here because the runtime has nothing to make them with"]
            let script = "printf %s \"$3\" >\"$2\" && chmod \"$1\" \"$2\""
            // The base's file comes first; an account whose number is there already is left as it is.
            let adding =
                "file=$1; mode=$2; shift 2; for line; do rest=${line#*:*:}; "
                + "grep -q \"^[^:]*:[^:]*:${rest%%:*}:\" \"$file\" || echo \"$line\" >>\"$file\"; done; "
                + "chmod \"$mode\" \"$file\""
            for (number, (file, contents)) in files.enumerated() {
                let adds = file.addsToBase == true
                let added = [file.path.name, octal(file.mode)] + contents.split(separator: "\n").map(String.init)
                let whole = [octal(file.mode), file.path.name, contents]
                let command = ["env", "sh", "-c", adds ? adding : script, "sh"] + (adds ? added : whole)
                lines.append("WORKDIR \(Self.stage)/file\(number)")
                if adds {
                    let base = reference(plan.runtime.base)
                    lines.append("COPY --from=\(base) " + DockerfileText.copy([file.path.description], to: "./"))
                }
                lines.append("RUN " + DockerfileText.exec(command))
            }
        }
        return lines
    }

    func copiesOfStagedFiles() -> [String] {
        var lines: [String] = []
        for (number, folder) in folders.enumerated() {
            guard let parent = folder.path.parent else { continue }
            // COPY gives folders that it makes on the way to the owner of what it copies; WORKDIR leaves them to root.
            if parent != .root, !plan.runtime.copies.contains(where: { parent.isInside($0.destination) }) {
                lines.append("WORKDIR \(DockerfileText.copy([], to: parent.description))")
            }
            let target = parent == .root ? "/" : "\(parent)/"
            lines.append(
                "COPY --from=\(plan.builder.name) --chown=\(folder.owner) "
                    + DockerfileText.copy(["\(Self.stage)/folder\(number)/"], to: target))
        }
        for (number, (file, _)) in files.enumerated() {
            lines.append(
                "COPY --from=\(plan.builder.name) --chown=\(file.owner) "
                    + DockerfileText.copy(["\(Self.stage)/file\(number)/\(file.path.name)"], to: file.path.description))
        }
        return lines
    }

    private func octal(_ mode: UInt16) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.utf8.count)) + digits
    }
}
