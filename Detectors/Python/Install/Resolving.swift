import OCI
import Planning

/// The requirements of a service, and what an earlier build resolved them to.
struct Installation: Hashable, Sendable {
    /// As locks, manifests or requirements files say it.
    let declared: RequirementSet
    /// What is installed: the declared set, or what `autoimage.lock` keeps of it.
    let installed: RequirementSet
    /// The digest of what is resolved; nil where a lock leaves nothing to resolve.
    let inputs: Digest?
    /// What was resolved for other inputs: tried first, so that little changes.
    let previous: [ResolvedPackage]

    /// Whether the build resolves something.
    var isOpen: Bool { !installed.isClosed }

    /// The set with the record that fits it.
    init(_ declared: RequirementSet, record: Resolution?, inputs: Digest, lock: SourcePath) {
        self.declared = declared
        guard !declared.isClosed else {
            (installed, self.inputs, previous) = (declared, nil, [])
            return
        }
        self.inputs = inputs
        guard let record, record.inputs == inputs else {
            (installed, previous) = (declared, record?.packages ?? [])
            return
        }
        (installed, previous) = (declared.closed(by: record, of: lock), [])
    }
}

extension RequirementSet {
    /// The set with the packages of a record in place of its requirements.
    func closed(by record: Resolution, of lock: SourcePath) -> RequirementSet {
        var result = self
        let named = Dictionary(requirements.compactMap { one in one.name.map { ($0, one) } }) { first, _ in first }
        let locals = Dictionary(localPaths.map { ($0.name, $0) }) { first, _ in first }
        result.requirements = record.packages.map { package in
            let written = named[package.name]
            let evidence =
                written?.evidence ?? Evidence(path: lock, excerpt: "\(package.name) \(package.version)")
            var requirement = Requirement(
                name: package.name, extras: written?.extras ?? [],
                specifier: package.url == nil ? "==\(package.version)" : "",
                marker: nil, source: package.url.map { .url(Self.address($0, as: written)) } ?? .index,
                isEditable: false, hashes: package.sha256.map { ["\($0)"] } ?? [], evidence: evidence)
            requirement.file = package.fileKind
            if let archive = locals[package.file ?? ""] {
                requirement = Requirement(
                    name: package.name, extras: requirement.extras, specifier: requirement.specifier, marker: nil,
                    source: .local(archive), isEditable: false, hashes: requirement.hashes, evidence: evidence,
                    file: package.fileKind, text: requirement.line)
            }
            return requirement
        }
        result.isClosed = true
        result.isRequirementsFile = false
        result.constraints = []
        // Hashes choose the files now.
        result.options = options.filter { !$0.text.contains(/^--(no-binary|only-binary|prefer-binary|pre)\b/) }
        return result
    }

    /// A recorded address with the variables that stand for its password in the file it is from.
    private static func address(_ recorded: String, as written: Requirement?) -> String {
        guard case .url(let address)? = written?.source,
            let user = address.firstMatch(of: /:\/\/([^\/@\s]*\$\{[A-Z0-9_]+\}[^\/@\s]*@)/)?.output.1,
            let mark = recorded.firstRange(of: "://")
        else { return recorded }
        return "\(recorded[..<mark.upperBound])\(user)\(recorded[mark.upperBound...])"
    }

    /// The digest of everything that decides what is resolved.
    func inputs(_ place: [String], in tree: any SourceTree) throws -> Digest {
        var parts = place + options.map(\.argument) + ["requirements"] + lines
        parts += ["constraints"] + constraints.map(\.argument)
        parts += ["indexes"] + indexes.map { "\($0.isDefault) \($0.url)" } + ["files"]
        func add(_ path: SourcePath) throws {
            for entry in tree.entries where entry.isFile && entry.path.isInside(path) {
                parts.append("\(entry.path) \(try tree.digest(of: entry.path))")
            }
        }
        for path in localPaths where path != .root { try add(path) }
        for project in projects {
            parts.append("project \(project.path) \(project.extras.joined(separator: ","))")
            guard project.asksBuild else { continue }
            for manifest in project.manifests { try add(manifest) }
        }
        return Digest(of: parts.map { "\($0.utf8.count) \($0)\n" }.joined().utf8)
    }
}

extension ResolvedPackage {
    /// What kind of file was chosen.
    var fileKind: Requirement.File {
        guard let file, file.hasSuffix(".whl") else { return .source }
        return file.hasSuffix("-none-any.whl") ? .pureWheel : .nativeWheel
    }
}
