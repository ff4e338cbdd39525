import OCI
import Planning
import Testing

@Suite struct PortabilityTests {
    private static let arm = Platform(architecture: "arm64")

    /// A plan for arm64 whose builder runs on amd64.
    private func foreign(_ portability: Portability) throws -> BuildPlan {
        var plan = try Driftwood.plan()
        plan.platform = Self.arm
        plan.runtime.base = Driftwood.base(plan.runtime.base.entry, platform: Self.arm)
        plan.builder.portability = Decided(portability, .usual(why: "a test"))
        return plan
    }

    @Test(arguments: [(Portability.native, false), (.shared, true), (.crossCompiled, true)])
    func `only a builder whose artifacts travel may run on another platform`(
        portability: Portability, mayRunElsewhere: Bool
    ) throws {
        let plan = try foreign(portability)
        #expect(plan.isForeign)
        let problems = PlanRule.all.flatMap { $0.problems(plan) }
        #expect(problems.isEmpty == mayRunElsewhere, "\(problems)")
    }

    @Test func `a Dockerfile says where its builder runs only where that is not where the image does`() throws {
        let native = renderDockerfile(try Driftwood.plan())
        #expect(!native.contains("--platform"))
        let from = renderDockerfile(try foreign(.shared)).split(separator: "\n").filter { $0.hasPrefix("FROM ") }
        #expect(from.first?.hasPrefix("FROM --platform=linux/amd64 ") == true)
        #expect(from.last?.hasPrefix("FROM autoimage.local/") == true)
    }

    @Test(arguments: [
        ("linux/amd64", "linux/amd64"), ("linux/x86_64", "linux/amd64"), ("linux/aarch64", "linux/arm64"),
        ("linux/arm64/v8", "linux/arm64"), ("linux/amd64/v1", "linux/amd64"), ("linux/amd64/v3", "linux/amd64/v3"),
        ("linux/arm/v7", "linux/arm/v7"),
    ])
    func `a platform has one name`(text: String, name: String) throws {
        #expect(try Platform(parsing: text).normalized.description == name)
    }
}
