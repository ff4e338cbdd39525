/// How far what a builder makes travels: on which machine it can be built for a platform.
package enum Portability: String, Codable, Hashable, Sendable {
    /// Its artifacts run on the platform that the builder runs on, and nowhere else.
    case native
    /// Its artifacts hold no machine code: one builder, on whatever machine, serves every platform.
    case shared
    /// Its compilers make code for another platform than their own: one builder for every platform, with steps that
    /// name the target.
    case crossCompiled = "cross-compiled"
}

extension BuildPlan {
    /// Whether artifacts are made on another platform than the one they are for.
    package var isForeign: Bool { builder.base.platform != platform }
}
