import Files
import Planning
import SystemPackage

/// The secrets of one build, by id.
///
/// Their values leave it for the steps that name them and for nothing else.
struct SecretStore: Sendable {
    let values: [String: [UInt8]]
    let offered: [PlanOptions.OfferedSecret]

    /// Parses `id=NAME,src=FILE` and `id=NAME,env=VAR`; `NAME` alone is the variable of that name.
    init(_ arguments: [String], environment: [String: String]) throws {
        var values: [String: [UInt8]] = [:]
        var offered: [PlanOptions.OfferedSecret] = []
        for argument in arguments {
            let fields = try Self.fields(argument)
            guard let id = fields["id"], !id.isEmpty, !id.contains("/") else {
                throw Failure(.usage, "--secret \(argument): needs an id, as in id=NAME,src=FILE")
            }
            guard values[id] == nil else { throw Failure(.usage, "--secret: the id '\(id)' is given twice") }
            values[id] = try Self.value(id, fields, environment)
            offered.append(.init(id: id, isVariable: fields["src"] == nil))
        }
        self.values = values
        self.offered = offered
    }

    /// Fails where a secret was given that no step names: a typing error would otherwise go unseen.
    func check(against plans: [BuildPlan]) throws {
        let steps = plans.flatMap(\.builder.steps)
        let named = Set(steps.flatMap(\.secretIDs))
        for id in values.keys.sorted() where !named.contains(id) {
            throw Failure(
                .badConfiguration,
                "--secret \(id): no step of the plan names it; add to autoimage.toml: [[secrets]] id = \"\(id)\", step = \"\(steps.last?.name ?? "build")\""
            )
        }
    }

    private static func fields(_ argument: String) throws -> [String: String] {
        var result: [String: String] = [:]
        for part in argument.split(separator: ",") {
            let pair = part.split(separator: "=", maxSplits: 1).map(String.init)
            guard pair.count == 2 else {
                throw Failure(.usage, "--secret \(argument): expected id=NAME,src=FILE or id=NAME,env=VAR")
            }
            let name = pair[0] == "source" ? "src" : pair[0]
            guard ["id", "src", "env", "type"].contains(name) else {
                throw Failure(
                    .usage, "--secret \(argument): unknown field '\(pair[0])'; the fields are id, src and env")
            }
            result[name] = pair[1]
        }
        return result
    }

    private static func value(_ id: String, _ fields: [String: String], _ environment: [String: String]) throws
        -> [UInt8]
    {
        if let file = fields["src"] {
            guard let bytes = try HostFiles.read(FilePath(file)) else {
                throw Failure(.inputMissing, "--secret \(id): no such file: \(file)")
            }
            return bytes
        }
        let name = fields["env"] ?? id
        guard let value = environment[name] else {
            throw Failure(.inputMissing, "--secret \(id): the variable '\(name)' is not set")
        }
        return Array(value.utf8)
    }
}

extension Step {
    /// The ids of the secrets that the step names.
    var secretIDs: [String] {
        guard case .run(let command) = action else { return [] }
        return command.mounts.compactMap { if case .secret(let id, _, _, _) = $0 { id } else { nil } }
    }
}
