extension PlanRule {
    static let oneLibCFamily = PlanRule(
        "one libc family", claim: "what is built against one C library never meets another"
    ) { plan in
        let (builder, runtime) = (plan.builder.base.entry, plan.runtime.base.entry)
        guard !plan.isStatic, runtime.libc.family != .none, builder.libc.family != runtime.libc.family else {
            return []
        }
        return [
            "the builder base \(builder.id) has \(builder.libc) and the runtime base \(runtime.id) has \(runtime.libc); "
                + "choose two bases of one libc family"
        ]
    }

    static let libCNoNewer = PlanRule(
        "libc of the builder no newer", claim: "the runtime's C library has every symbol version the builder offers"
    ) { plan in
        let (builder, runtime) = (plan.builder.base.entry, plan.runtime.base.entry)
        guard !plan.isStatic, runtime.libc.family != .none, builder.libc.family == runtime.libc.family else {
            return []
        }
        guard let built = builder.libc.version, let runs = runtime.libc.version else {
            return [builder, runtime].filter { $0.libc.version == nil }.map {
                "the base \($0.id) does not say its \($0.libc) version; add it to the catalog entry"
            }
        }
        guard isOlder(runs, than: built) else { return [] }
        return [
            "the builder base \(builder.id) has \(builder.libc), newer than \(runtime.libc) of the runtime base "
                + "\(runtime.id); choose a runtime base of the builder's release"
        ]
    }

    static let noLibCOnlyForStatic = PlanRule(
        "no libc only for static artifacts", claim: "a runtime without a C library gets static programs only"
    ) { plan in
        let runtime = plan.runtime.base.entry
        guard !plan.isStatic, runtime.libc.family == .none else { return [] }
        return [
            "the runtime base \(runtime.id) has no libc and the artifacts are not known to be static; "
                + "choose a runtime base with \(plan.builder.base.entry.libc)"
        ]
    }

    static let oneRelease = PlanRule(
        "one distribution release", claim: "shared libraries of the builder are those that the runtime's release ships"
    ) { plan in
        let (builder, runtime) = (plan.builder.base.entry, plan.runtime.base.entry)
        guard !plan.isStatic, builder.release != runtime.release else { return [] }
        return [
            "the builder base \(builder.id) is \(builder.release) and the runtime base \(runtime.id) is "
                + "\(runtime.release); choose two bases of one release"
        ]
    }

    static let oneABI = PlanRule(
        "one interpreter ABI", claim: "extension modules load in the interpreter that runs them"
    ) { plan in
        let (builder, runtime) = (plan.builder.base.entry, plan.runtime.base.entry)
        guard !plan.isStatic, let runs = runtime.abi, builder.abi != runs else { return [] }
        return [
            "the builder base \(builder.id) has ABI \(builder.abi ?? "none") and the runtime base \(runtime.id) "
                + "has ABI \(runs); choose two bases of one version"
        ]
    }

    /// Compares dotted versions number by number: 2.9 is older than 2.36.
    private static func isOlder(_ left: String, than right: String) -> Bool {
        func numbers(_ text: String) -> [Int] {
            text.split(separator: ".").map { Int($0.prefix(while: \.isNumber)) ?? 0 }
        }
        return numbers(left).lexicographicallyPrecedes(numbers(right))
    }
}
