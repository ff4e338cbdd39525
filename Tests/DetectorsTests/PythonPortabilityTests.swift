import OCI
import Planning
import Testing

@Suite struct PythonPortabilityTests {
    private static let arm = Platform(architecture: "arm64")

    @Test(arguments: [
        ("", Portability.shared), ("bottle==0.13\nwaitress==3.0\n", .shared), ("Django==5.1\n", .shared),
        ("numpy==2.1\n", .native), ("psycopg2==2.9\n", .native), ("Flask==3.0\n", .native), ("uvicorn\n", .shared),
        ("uvicorn[standard]\n", .native), ("psycopg\n", .shared), ("psycopg[binary]\n", .native),
        ("bottle\nmarkupless; platform_machine == \"x86_64\"\n", .native),
        ("bottle; sys_platform == \"linux\"\n", .shared), ("numpy; sys_platform == \"win32\"\n", .shared),
    ])
    func `is shared unless a requirement is known to hold compiled code`(
        requirements: String, portability: Portability
    ) throws {
        let made = try plan(["main.py": "", "requirements.txt": requirements]) { $0.platform = Self.arm }
        #expect(made.builder.portability.value == portability)
        let builder = portability == .native ? Self.arm : Platform(architecture: "amd64")
        #expect(made.builder.base.platform == builder)
        #expect(made.runtime.base.platform == Self.arm)
        #expect(PlanRule.all.filter { !$0.needsPins }.flatMap { $0.problems(made) } == [])
    }

    @Test func `names the line that decides`() throws {
        let made = try plan(["main.py": "", "requirements.txt": "bottle\nnumpy==2.1\n"]) { $0.platform = Self.arm }
        #expect(made.builder.portability.reason.description == "requirements.txt:2 'numpy==2.1'")
    }

    @Test func `a shared builder is the same for every platform`() throws {
        let files = ["main.py": "", "requirements.txt": "bottle==0.13\n"]
        let (here, there) = (try plan(files), try plan(files) { $0.platform = Self.arm })
        #expect(here.builder == there.builder)
    }
}
