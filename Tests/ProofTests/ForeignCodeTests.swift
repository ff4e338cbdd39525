import Planning
import Proof
import TestSupport
import Testing

@Suite struct ForeignCodeTests {
    private func check(_ nodes: [String: MemoryFileTree.Node], for architecture: String) throws {
        let copy = ArtifactCopy(
            from: "builder", path: ImagePath("/out"), destination: ImagePath("/app"), group: .application,
            reason: .usual(why: "test"))
        try ForeignCode.check(
            copies: [copy], builder: MemoryFileTree(nodes),
            machine: try #require(ELFMachine(architecture: architecture)))
    }

    private func program(_ machine: UInt16) -> MemoryFileTree.Node {
        var builder = ELFBuilder()
        builder.machine = machine
        return builder.node
    }

    @Test func `programs of the image's machine and what is no program pass`() throws {
        try check(
            [
                "/out/a": program(183), "/out/text": .file(Array(repeating: 0x41, count: 100)),
                "/usr/bin/x": program(62),
            ],
            for: "arm64")
    }

    @Test func `a program of another machine is named by its place in the image, the first of them by path`() throws {
        let error = #expect(throws: ForeignCodeError.self) {
            try check(["/out/b/x.so": program(62), "/out/a.so": program(62), "/out/ok": program(183)], for: "arm64")
        }
        #expect(error == ForeignCodeError(file: ImagePath("/app/a.so"), machine: "x86-64", expected: "arm64", more: 1))
        #expect(
            error?.description.hasPrefix(
                "/app/a.so (and 1 more file): is compiled for x86-64 and the image is for arm64") == true)
    }

    @Test func `a damaged program is nobody's`() throws {
        try check(["/out/a": .file([0x7F, 0x45, 0x4C, 0x46] + Array(repeating: 0xFF, count: 100))], for: "arm64")
    }

    @Test func `an architecture that is not known has no machine`() {
        #expect(ELFMachine(architecture: "riscv64") == nil)
    }
}
