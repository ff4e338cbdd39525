/// Why no plan can be made for a service.
package enum PlanError: Error, Equatable, CustomStringConvertible {
    /// No detector speaks for the tree.
    case noLanguage(folder: SourcePath, lookedFor: [String], entries: [String])
    /// Several do, and no rule ranks them.
    case severalLanguages(candidates: [Candidate])
    case unknownLanguage(name: String, option: String, known: [String])
    /// No base satisfies what files or options ask for.
    ///
    /// `offered` says what each family has.
    case noVersion(language: String, wanted: String, reason: Reason, offered: [String], usual: String)
    case noBase(language: String, family: String, libc: String?, offered: [String])
    /// A base is an image as it is, and lacks packages that the plan needs in it.
    case lacksPackages(base: String, place: String, packages: [String])
    /// A manifest cannot be used as it is: the place, what is wrong, the way out.
    case unusable(place: String, what: String, fix: String)
    /// Nothing says how the service starts.
    case noStart(lookedFor: [String], fix: String)
    /// Several programs could be meant.
    case severalPrograms(what: String, candidates: [Candidate], option: String)
    /// A command needs a shell and the runtime has none.
    case needsShell(command: String, place: String, syntax: String, base: String)
    case unknownStep(name: String, option: String, steps: [String])
    case unknownProcess(name: String, option: String, known: [String])

    /// A choice with the evidence for it.
    package struct Candidate: Sendable, Hashable {
        package let name: String
        package let evidence: String

        package init(_ name: String, evidence: String) {
            self.name = name
            self.evidence = evidence
        }
    }

    package var description: String {
        switch self {
        case .noLanguage(let folder, let lookedFor, let entries):
            "no language recognised in \(folder == .root ? "the service's folder" : "'\(folder)'"): looked for \(lookedFor.joined(separator: "; ")); "
                + (entries.isEmpty ? "the folder is empty" : "found \(entries.joined(separator: ", "))")
                + "; point at the service's own folder or pass --language"
        case .severalLanguages(let candidates):
            "several languages are possible; choose with --language:" + Self.list(candidates)
        case .unknownLanguage(let name, let option, let known):
            "\(option): no language '\(name)'; known are \(known.joined(separator: ", "))"
        case .noVersion(let language, let wanted, let reason, let offered, let usual):
            "no base image has \(language) \(wanted) (\(reason)); \(offered.joined(separator: "; ")); "
                + "change it, or override with --set \(language).version=\(usual)"
        case .noBase(let language, let family, let libc, let offered):
            "no base images of '\(family)' for \(language)\(libc.map { " with \($0)" } ?? ""); "
                + (offered.isEmpty ? "the catalog has none at all" : "known are \(offered.joined(separator: ", "))")
                + "; choose with --bases"
        case .unusable(let place, let what, let fix): "\(place): \(what); \(fix)"
        case .lacksPackages(let base, let place, let packages):
            "\(place): needs \(packages.joined(separator: ", ")), and \(base) is an image that lacks "
                + "\(packages.count == 1 ? "it" : "them"); packages are added to bases of --bases debian; "
                + "or describe a base that has \(packages.count == 1 ? "it" : "them") in a file for --bases FILE"
        case .noStart(let lookedFor, let fix):
            "no start command found: looked for \(lookedFor.joined(separator: ", ")); \(fix)"
        case .severalPrograms(let what, let candidates, let option):
            "\(what); choose with \(option):" + Self.list(candidates)
        case .needsShell(let command, let place, let syntax, let base):
            "\(place): '\(command)' needs a shell ('\(syntax)') and \(base) has none; write one program with its "
                + "arguments, or add a shell with --set runtime-packages=dash"
        case .unknownStep(let name, let option, let steps):
            "\(option): no step '\(name)'; the steps are \(steps.joined(separator: ", "))"
        case .unknownProcess(let name, let option, let known):
            "\(option): no process '\(name)'; "
                + (known.isEmpty ? "there is no Procfile with processes" : "known are \(known.joined(separator: ", "))")
        }
    }

    private static func list(_ candidates: [Candidate]) -> String {
        candidates.map { "\n  \($0.name)  (\($0.evidence))" }.joined()
    }
}
