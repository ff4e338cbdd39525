import Planning
import Testing

@testable import Detectors

@Suite struct WheelTests {
    private static let here = PythonTarget(
        version: "3.13", machine: "x86_64", libc: LibC(family: .glibc, version: "2.36"))
    private static let musl = PythonTarget(
        version: "3.13", machine: "x86_64", libc: LibC(family: .musl, version: "1.2.5"))
    private static let arm = PythonTarget(
        version: "3.11", machine: "aarch64", libc: LibC(family: .glibc, version: "2.36"))

    @Test func `reads every part of a wheel's name`() throws {
        let wheel = try #require(
            WheelName(parsing: "My_Pkg.x-1.0+local-2b-cp39.cp310-abi3-manylinux1_x86_64.manylinux_2_5_x86_64.whl"))
        #expect(wheel.project == "my-pkg-x")
        #expect(wheel.version == "1.0+local")
        #expect(wheel.build == WheelName.Build(number: 2, rest: "b"))
        #expect(wheel.tags.count == 4)
        #expect(wheel.tags.first == WheelTag(python: "cp39", abi: "abi3", platform: "manylinux1_x86_64"))
    }

    @Test(arguments: ["a-1.tar.gz", "a-1.whl", "a-1-py3-none.whl", "a-1-x-py3-none-any.whl", "a--py3-none-any.whl"])
    func `refuses what is no wheel`(_ name: String) { #expect(WheelName(parsing: name) == nil) }

    @Test(arguments: [
        ("a-1-py3-none-any.whl", true), ("a-1-py2.py3-none-any.whl", true), ("a-1-py2-none-any.whl", false),
        ("a-1-py313-none-any.whl", true), ("a-1-py314-none-any.whl", false), ("a-1-py30-none-any.whl", true),
        ("a-1-cp313-cp313-manylinux_2_36_x86_64.whl", true), ("a-1-cp313-cp313-manylinux_2_37_x86_64.whl", false),
        ("a-1-cp313-cp313-manylinux2014_x86_64.whl", true), ("a-1-cp313-cp313-manylinux1_x86_64.whl", true),
        ("a-1-cp313-cp313-manylinux2014_aarch64.whl", false), ("a-1-cp313-cp313-musllinux_1_2_x86_64.whl", false),
        ("a-1-cp313-cp313-linux_x86_64.whl", true), ("a-1-cp313-cp313t-manylinux2014_x86_64.whl", false),
        ("a-1-cp312-cp312-manylinux2014_x86_64.whl", false), ("a-1-cp37-abi3-manylinux2014_x86_64.whl", true),
        ("a-1-cp314-abi3-manylinux2014_x86_64.whl", false), ("a-1-py3-none-manylinux_2_17_x86_64.whl", true),
        ("a-1-cp313-none-any.whl", true), ("a-1-pp310-pypy310_pp73-manylinux2014_x86_64.whl", false),
        ("a-1-cp313-cp313-win_amd64.whl", false), ("a-1-cp313-cp313-macosx_11_0_arm64.whl", false),
        ("a-1-cp313-cp313-manylinux_2_17_x86_64.manylinux2014_x86_64.whl", true),
        ("a-1-cp31-abi3-linux_x86_64.whl", false),
    ])
    func `says whether a wheel fits CPython 3.13 with glibc`(_ name: String, _ fits: Bool) throws {
        let wheel = try #require(WheelName(parsing: name))
        #expect((WheelTags(for: Self.here).best(of: wheel) != nil) == fits)
    }

    @Test(arguments: [
        ("a-1-cp313-cp313-musllinux_1_2_x86_64.whl", true), ("a-1-cp313-cp313-musllinux_1_3_x86_64.whl", false),
        ("a-1-cp313-cp313-manylinux_2_17_x86_64.whl", false), ("a-1-py3-none-any.whl", true),
    ])
    func `takes musl's wheels for musl alone`(_ name: String, _ fits: Bool) throws {
        let wheel = try #require(WheelName(parsing: name))
        #expect((WheelTags(for: Self.musl).best(of: wheel) != nil) == fits)
    }

    @Test func `knows platforms as pip lists them`() {
        #expect(WheelTags.platforms(Self.here).first == "manylinux_2_36_x86_64")
        #expect(
            WheelTags.platforms(Self.here).suffix(3) == ["manylinux_2_5_x86_64", "manylinux1_x86_64", "linux_x86_64"])
        #expect(
            WheelTags.platforms(Self.arm).suffix(3)
                == ["manylinux_2_17_aarch64", "manylinux2014_aarch64", "linux_aarch64"])
    }

    @Test(arguments: [
        (
            ["a-1-py3-none-any.whl", "a-1-cp313-cp313-manylinux2014_x86_64.whl"],
            "a-1-cp313-cp313-manylinux2014_x86_64.whl"
        ),
        (
            ["a-1-cp39-abi3-linux_x86_64.whl", "a-1-cp313-abi3-manylinux1_x86_64.whl"],
            "a-1-cp313-abi3-manylinux1_x86_64.whl"
        ),
        (
            ["a-1-cp313-cp313-manylinux_2_17_x86_64.whl", "a-1-cp313-cp313-manylinux_2_28_x86_64.whl"],
            "a-1-cp313-cp313-manylinux_2_28_x86_64.whl"
        ),
        (["a-1-1-py3-none-any.whl", "a-1-2-py3-none-any.whl", "a-1-py3-none-any.whl"], "a-1-2-py3-none-any.whl"),
        (
            ["a-1-cp38-abi3-manylinux1_x86_64.whl", "a-1-cp311-abi3-manylinux1_x86_64.whl"],
            "a-1-cp311-abi3-manylinux1_x86_64.whl"
        ),
        (["a-1.tar.gz", "a-1-py3-none-any.whl"], "a-1-py3-none-any.whl"),
        (["a-1.zip", "a-1.tar.gz", "a-1-cp313-cp313-win32.whl"], "a-1.tar.gz"),
    ])
    func `chooses the file that fits best`(_ names: [String], _ best: String) throws {
        #expect(try Self.files(names).choose(for: Self.here).file.name == best)
        #expect(try Self.files(names.reversed()).choose(for: Self.here).file.name == best)
    }

    @Test func `says what kind of file it is`() throws {
        #expect(try Self.files(["a-1-py3-none-any.whl"]).choose(for: Self.here).kind == .pureWheel)
        #expect(try Self.files(["a-1-py3-none-manylinux1_x86_64.whl"]).choose(for: Self.here).kind == .nativeWheel)
        let built = try Self.files(["a-1-py3-none-any.whl", "a-1.tar.gz"]).choose(for: Self.here, noBinary: true)
        #expect(built.kind == .source)
        #expect(built.hashes == ["sha256:a-1.tar.gz"])
    }

    @Test func `names the target and the files where none fits`() {
        #expect(
            throws: PlanError.unusable(
                place: "uv.lock:7",
                what: "a 1 has no file for Python 3.13 on x86_64 with glibc 2.36; there is a-1-cp313-cp313-win32.whl",
                fix: "choose another Python with --set python.version=VERSION, or lock a version of a that has one")
        ) { try Self.files(["a-1-cp313-cp313-win32.whl"]).choose(for: Self.here) }
        #expect(
            throws: PlanError.unusable(
                place: "uv.lock:7",
                what:
                    "a 1 has no wheel for Python 3.13 on x86_64 with glibc 2.36, and building it is forbidden; there is a-1.tar.gz",
                fix: "allow building it, or choose another Python with --set python.version=VERSION")
        ) { try Self.files(["a-1.tar.gz"]).choose(for: Self.here, noBuild: true) }
    }

    @Test(arguments: [
        (
            "https://packages.example/a/torch-2.5.1%2Bcpu-cp313-cp313-linux_x86_64.whl#sha256=1",
            "torch-2.5.1+cpu-cp313-cp313-linux_x86_64.whl"
        ),
        ("../wheels/a-1-py3-none-any.whl", "a-1-py3-none-any.whl"), ("a-1.tar.gz", "a-1.tar.gz"),
        ("https://packages.example/a.tar.gz?x=1", "a.tar.gz"), ("https://packages.example/100%", "100%"),
    ])
    func `takes a file's name from its address`(_ address: String, _ name: String) {
        #expect(LockedFile(address: address, hash: nil).name == name)
    }

    private static func files(_ names: [String]) -> LockedFiles {
        LockedFiles(
            package: "a", version: "1", files: names.map { LockedFile(name: $0, hash: "sha256:\($0)") },
            evidence: Evidence(path: .root.appending(name: "uv.lock"), line: 7, excerpt: "a"))
    }
}
