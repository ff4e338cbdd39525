import Planning
import Proof
import TestSupport
import Testing

private typealias Nodes = [String: MemoryFileTree.Node]

private let multiarch = "/usr/lib/x86_64-linux-gnu"

private func library(_ soname: String, needs needed: [String] = [], rpath: String? = nil, runpath: String? = nil)
    -> MemoryFileTree.Node
{
    var builder = ELFBuilder()
    builder.soname = soname
    builder.needed = needed
    builder.rpath = rpath
    builder.runpath = runpath
    return builder.node
}

private func module(_ needed: [String], rpath: String? = nil, runpath: String? = nil, loader: String? = nil)
    -> MemoryFileTree.Node
{
    var builder = ELFBuilder()
    builder.needed = needed
    builder.rpath = rpath
    builder.runpath = runpath
    builder.interpreter = loader
    return builder.node
}

/// A merged Debian runtime with its C library.
private let runtimeBase: Nodes = [
    "/lib": .link("usr/lib"), "/lib64": .link("usr/lib64"),
    "/usr/lib64/ld-linux-x86-64.so.2": library("ld-linux-x86-64.so.2"),
    multiarch + "/libc.so.6": library("libc.so.6"), multiarch + "/libm.so.6": library("libm.so.6"),
    multiarch + "/libz.so.1": .link("libz.so.1.2.13"), multiarch + "/libz.so.1.2.13": library("libz.so.1"),
]

/// A builder with libpq and what it needs, and the records of their packages.
private let builderBase: Nodes = runtimeBase.merging([
    multiarch + "/libpq.so.5": .link("libpq.so.5.15"),
    multiarch + "/libpq.so.5.15": library("libpq.so.5", needs: ["libldap.so.2", "libz.so.1", "libc.so.6"]),
    multiarch + "/libldap.so.2": .link("libldap.so.2.0"),
    multiarch + "/libldap.so.2.0": library("libldap.so.2", needs: ["liblber.so.2", "libc.so.6"]),
    multiarch + "/liblber.so.2": library("liblber.so.2", needs: ["libc.so.6"]),
    "/var/lib/dpkg/status.d/libpq5": .file(Array("Package: libpq5\nVersion: 15.6-0+deb12u1\n".utf8)),
    "/var/lib/dpkg/status.d/libpq5.md5sums": .file(
        Array("d41d8cd98f00b204e9800998ecf8427e  usr/lib/x86_64-linux-gnu/libpq.so.5.15\n".utf8)),
    "/var/lib/dpkg/status.d/libldap": .file(
        Array("Package: libldap\nVersion: 2.5\nDescription: x\n Version: no\n".utf8)),
    "/var/lib/dpkg/status.d/libldap.md5sums": .file(
        Array(
            ("d41d8cd98f00b204e9800998ecf8427e  lib/x86_64-linux-gnu/libldap.so.2.0\n"
                + "d41d8cd98f00b204e9800998ecf8427e  lib/x86_64-linux-gnu/liblber.so.2\n").utf8)),
]) { _, new in new }

private func copy(_ path: StaticString, to destination: StaticString? = nil) -> ArtifactCopy {
    ArtifactCopy(
        from: "builder", path: ImagePath(path), destination: ImagePath(destination ?? path), group: .dependencies,
        reason: .usual(why: "test"))
}

private func paths(_ texts: String...) throws -> [ImagePath] { try texts.map { try ImagePath(parsing: $0) } }

private func complete(
    _ artifacts: Nodes, builder: Nodes = builderBase, runtime: Nodes = runtimeBase,
    copies: [ArtifactCopy] = [copy("/app")]
) throws -> [LibraryAddition] {
    try LibraryClosure.complete(
        copies: copies, builder: MemoryFileTree(builder.merging(artifacts) { _, new in new }),
        runtime: MemoryFileTree(runtime))
}

private func problems(_ artifacts: Nodes, builder: Nodes = builderBase, runtime: Nodes = runtimeBase) throws
    -> [LibraryProblem]
{
    do {
        Issue.record("no error, but \(try complete(artifacts, builder: builder, runtime: runtime))")
        return []
    } catch let error as LibraryError {
        return error.problems
    }
}

@Test func `carries a library over with its own needs and its packages' records`() throws {
    let additions = try complete(["/app/_psycopg.so": module(["libpq.so.5", "libc.so.6"]), "/app/x.py": .file([1])])
    #expect(
        additions == [
            LibraryAddition(
                package: "libldap", version: "2.5",
                files: try paths(
                    "/usr/lib/x86_64-linux-gnu/liblber.so.2", "/usr/lib/x86_64-linux-gnu/libldap.so.2",
                    "/usr/lib/x86_64-linux-gnu/libldap.so.2.0", "/var/lib/dpkg/status.d/libldap"),
                neededBy: try paths(
                    "/usr/lib/x86_64-linux-gnu/libldap.so.2.0", "/usr/lib/x86_64-linux-gnu/libpq.so.5.15")),
            LibraryAddition(
                package: "libpq5", version: "15.6-0+deb12u1",
                files: try paths(
                    "/usr/lib/x86_64-linux-gnu/libpq.so.5", "/usr/lib/x86_64-linux-gnu/libpq.so.5.15",
                    "/var/lib/dpkg/status.d/libpq5"),
                neededBy: try paths("/app/_psycopg.so")),
        ])
}

@Test func `a plan completed once needs nothing more`() throws {
    let artifacts: Nodes = ["/app/_psycopg.so": module(["libpq.so.5"])]
    let first = try complete(artifacts)
    let copies =
        [copy("/app")]
        + first.flatMap(\.files).map {
            ArtifactCopy(
                from: "builder", path: $0, destination: $0, group: .systemLibraries, reason: .usual(why: "test"))
        }
    #expect(!first.isEmpty)
    #expect(try complete(artifacts, copies: copies) == [])
}

@Test func `what the base or the artifacts have is not carried`() throws {
    #expect(try complete(["/app/a.so": module(["libz.so.1", "libm.so.6"])]) == [])
    #expect(
        try complete(["/app/a.so": module(["libb.so"], rpath: "$ORIGIN/libs"), "/app/libs/libb.so": library("libb.so")])
            == [])
    #expect(
        try complete([
            "/app/a.so": module(["libb.so"], runpath: "${ORIGIN}/libs"), "/app/libs/libb.so": library("libb.so"),
        ]) == [])
    #expect(try complete(["/app/notes.txt": .file(Array("text".utf8))]) == [])
    // Looked up at the place in the image, not in the builder.
    let moved = try complete(
        ["/build/bin/a.so": module(["libb.so"], runpath: "/srv/lib"), "/build/lib/libb.so": library("libb.so")],
        copies: [copy("/build", to: "/srv")])
    #expect(moved == [])
}

@Test func `RPATH is handed down and RUNPATH is not`() throws {
    func tree(_ rpath: String?, _ runpath: String?) -> Nodes {
        [
            "/app/main": module(["liba.so"], rpath: rpath, runpath: runpath, loader: "/lib64/ld-linux-x86-64.so.2"),
            "/app/libs/liba.so": library("liba.so", needs: ["libpq.so.5"]),
            "/app/libs/libpq.so.5": library("libpq.so.5"),
        ]
    }
    // liba.so by itself finds libpq nowhere but in the builder; that brings the package in either way.
    #expect(try complete(tree(nil, "$ORIGIN/libs")).flatMap(\.neededBy).contains(ImagePath("/app/libs/liba.so")))
    var handed = tree("$ORIGIN/libs", nil)
    handed["/app/libs/liba.so"] = library("liba.so", needs: ["libonly.so.1"])
    handed["/app/libs/deep/libonly.so.1"] = library("libonly.so.1")
    handed["/app/main"] = module(["liba.so"], rpath: "$ORIGIN/libs:$ORIGIN/libs/deep")
    #expect(try complete(handed) == [])
}

@Test func `a library for another machine is searched past`() throws {
    var foreign = ELFBuilder()
    foreign.machine = 183
    foreign.soname = "libpq.so.5"
    let runtime = runtimeBase.merging(["/usr/lib/libpq.so.5": foreign.node]) { _, new in new }
    #expect(
        try complete(["/app/a.so": module(["libpq.so.5"])], runtime: runtime).map(\.package) == ["libldap", "libpq5"])
}

@Test func `links through other folders come along`() throws {
    let builder = builderBase.merging([
        multiarch + "/libblas.so.3": .link("/etc/alternatives/libblas.so.3"),
        "/etc/alternatives/libblas.so.3": .link(multiarch + "/blas/libblas.so.3"),
        multiarch + "/blas/libblas.so.3": .link("libblas.so.3.11"),
        multiarch + "/blas/libblas.so.3.11": library("libblas.so.3"),
    ]) { _, new in new }
    let additions = try complete(["/app/a.so": module(["libblas.so.3"])], builder: builder)
    #expect(
        additions == [
            LibraryAddition(
                package: nil, version: nil,
                files: try paths(
                    "/etc/alternatives/libblas.so.3", "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3",
                    "/usr/lib/x86_64-linux-gnu/blas/libblas.so.3.11", "/usr/lib/x86_64-linux-gnu/libblas.so.3"),
                neededBy: try paths("/app/a.so"))
        ])
}

@Test func `every missing library is told, with its package and who needs it`() throws {
    let found = try problems([
        "/app/a.so": module(["libxml2.so.2", "libunknown.so.9"]), "/app/b.so": module(["libunknown.so.9"]),
        "/app/main": module(["libpq.so.5", "libfoo.so.1"], loader: "/lib64/ld-linux-x86-64.so.2"),
    ])
    let (a, b, main) = (ImagePath("/app/a.so"), ImagePath("/app/b.so"), ImagePath("/app/main"))
    #expect(
        found == [
            .missing(library: "libunknown.so.9", neededBy: a, artifact: a, package: nil),
            .missing(library: "libxml2.so.2", neededBy: a, artifact: a, package: "libxml2"),
            .missing(library: "libunknown.so.9", neededBy: b, artifact: b, package: nil),
            .missing(library: "libfoo.so.1", neededBy: main, artifact: main, package: nil),
        ])
    #expect(
        found[1].description
            == "/app/a.so: needs 'libxml2.so.2', which is neither in the runtime base nor in the builder; "
            + "add \"libxml2\" to 'runtime-packages' in autoimage.toml")
}

@Test func `a need of a carried library that is nowhere names the artifact too`() throws {
    let builder = builderBase.merging([multiarch + "/libodd.so.1": library("libodd.so.1", needs: ["libgone.so.1"])]) {
        _, new in new
    }
    let needer = try ImagePath(parsing: "/usr/lib/x86_64-linux-gnu/libodd.so.1")
    #expect(
        try problems(["/app/a.so": module(["libodd.so.1"])], builder: builder) == [
            .missing(library: "libgone.so.1", neededBy: needer, artifact: ImagePath("/app/a.so"), package: nil)
        ])
}

@Test func `the C library is never carried`() throws {
    let program = module(["libc.so.6"], loader: "/lib64/ld-linux-x86-64.so.2")
    let main = ImagePath("/app/main")
    #expect(
        try problems(["/app/main": program], runtime: [:]) == [
            .noLoader(file: main, loader: "/lib64/ld-linux-x86-64.so.2"), .noLibc(library: "libc.so.6", neededBy: main),
        ])
    #expect(
        try problems(["/app/a.so": module(["libc.musl-x86_64.so.1"])]) == [
            .noLibc(library: "libc.musl-x86_64.so.1", neededBy: ImagePath("/app/a.so"))
        ])
}

@Test func `files for another machine, object code and damaged files are passed over`() throws {
    var foreign = ELFBuilder()
    foreign.machine = 3
    foreign.is64Bit = false
    foreign.needed = ["libc.so.6", "libgone.so.1"]
    foreign.interpreter = "/lib/ld-linux.so.2"
    var object = ELFBuilder()
    object.type = 1
    let damaged = Array(ELFBuilder().build()[..<60])
    let artifacts: Nodes = [
        "/app/a_i386.so": foreign.node, "/app/b.o": object.node, "/app/c.so": .file(damaged),
        "/app/d.so": module(["libpq.so.5"]),
    ]
    #expect(try complete(artifacts).map(\.package) == ["libldap", "libpq5"])
}

@Test func `a library that is there for another machine only is an error of whoever needs it`() throws {
    var foreign = ELFBuilder()
    foreign.machine = 183
    foreign.soname = "libown.so.1"
    #expect(
        try problems([
            "/app/a.so": module(["libown.so.1"], runpath: "$ORIGIN/libs"), "/app/libs/libown.so.1": foreign.node,
        ]) == [
            .wrongMachine(
                library: "libown.so.1", place: ImagePath("/app/libs/libown.so.1"), neededBy: ImagePath("/app/a.so"),
                machine: "arm64", expected: "x86-64")
        ])
}

@Test func `without any C library the machine of most artifacts counts`() throws {
    var foreign = ELFBuilder()
    foreign.machine = 183
    let artifacts: Nodes = [
        "/app/a.so": foreign.node, "/app/b.so": module([]), "/app/c.so": module(["libown.so.1"], runpath: "$ORIGIN"),
        "/app/libown.so.1": library("libown.so.1"),
    ]
    #expect(try complete(artifacts, builder: [:], runtime: [:]) == [])
    foreign.needed = ["libgone.so.1"]
    #expect(try complete(artifacts.merging(["/app/a.so": foreign.node]) { $1 }, builder: [:], runtime: [:]) == [])
}

@Test func `a static program needs nothing, not even a base`() throws {
    var builder = ELFBuilder()
    builder.type = 2
    builder.isDynamic = false
    #expect(try complete(["/app/main": builder.node], runtime: [:]) == [])
}

@Test func `a library that a program loads by itself counts where an artifact has its name`() throws {
    #expect(
        try complete([
            "/app/a.so": module(["libcuda-x.so.12"]), "/app/nvidia/libcuda-x.so.12": library("libcuda-x.so.12"),
        ]) == [])
}

@Test func `ld.so.conf counts for the base with a cache, not for what comes on top`() throws {
    let configured: Nodes = [
        "/etc/ld.so.conf": .file(Array("# x\ninclude /etc/ld.so.conf.d/*.conf\n".utf8)),
        "/etc/ld.so.conf.d/libc.conf": .file(Array("/usr/local/lib\n".utf8)), "/etc/ld.so.cache": .file([0]),
    ]
    let local: Nodes = ["/usr/local/lib/libown.so.1": library("libown.so.1")]
    let runtime = runtimeBase.merging(configured) { _, new in new }
    let artifact: Nodes = ["/app/a.so": module(["libown.so.1"])]
    #expect(try complete(artifact, runtime: runtime.merging(local) { _, new in new }) == [])
    let builder = builderBase.merging(configured) { _, new in new }.merging(local) { _, new in new }
    #expect(
        try problems(artifact, builder: builder, runtime: runtime) == [
            .outOfReach(
                library: "libown.so.1", place: ImagePath("/usr/local/lib/libown.so.1"), neededBy: ImagePath("/app/a.so")
            )
        ])
}

@Test func `needs that go round in a circle end`() throws {
    let builder = builderBase.merging([
        multiarch + "/libx.so.1": library("libx.so.1", needs: ["liby.so.1"]),
        multiarch + "/liby.so.1": library("liby.so.1", needs: ["libx.so.1"]),
    ]) { _, new in new }
    let files = try complete(["/app/a.so": module(["libx.so.1"])], builder: builder).flatMap(\.files)
    #expect(files == (try paths("/usr/lib/x86_64-linux-gnu/libx.so.1", "/usr/lib/x86_64-linux-gnu/liby.so.1")))
}

@Test func `the packages of an ordinary Debian builder are known from dpkg's database`() throws {
    let builder = runtimeBase.merging([
        multiarch + "/libpq.so.5": library("libpq.so.5"),
        "/var/lib/dpkg/info/libpq5:amd64.md5sums": .file(
            Array("d41d8cd98f00b204e9800998ecf8427e  usr/lib/x86_64-linux-gnu/libpq.so.5\n".utf8)),
        "/var/lib/dpkg/status": .file(
            Array("Package: a\nVersion: 1\n\nPackage: libpq5\nStatus: x\nVersion: 15.6\n".utf8)),
    ]) { _, new in new }
    let additions = try complete(["/app/a.so": module(["libpq.so.5"])], builder: builder)
    #expect(additions.map(\.package) == ["libpq5"])
    #expect(additions.map(\.version) == ["15.6"])
    #expect(additions.flatMap(\.files) == (try paths("/usr/lib/x86_64-linux-gnu/libpq.so.5")))
}

@Test(arguments: ["/bin/sh", "/proc/self/exe"])
func `real programs of the host are read, and complete on their own host`(program: String) throws {
    let host = HostTree()
    let path = try #require(try host.resolve(try ImagePath(parsing: program)))
    let file = try #require(try ELFFile(at: path, in: host))
    #expect(file.interpreter?.contains("ld-") == true)
    #expect(file.needed.contains { $0.hasPrefix("libc.") })
    #expect(file.versionNeeds.contains { $0.versions.contains { $0.hasPrefix("GLIBC_") } })
    let libc = try #require(try host.resolve(try ImagePath(parsing: file.interpreter ?? "/")))
    #expect(try #require(try ELFFile(at: libc, in: host)).versionDefinitions.contains { $0.hasPrefix("GLIBC_") })
    let copy = ArtifactCopy(
        from: "builder", path: path, destination: path, group: .application, reason: .usual(why: "test"))
    #expect(try LibraryClosure.complete(copies: [copy], builder: host, runtime: host) == [])
}

private func versioned(_ soname: String, _ versions: [String]) -> MemoryFileTree.Node {
    var builder = ELFBuilder()
    builder.soname = soname
    builder.versionDefinitions = versions
    return builder.node
}

private func module(needing versions: [String], of library: String) -> MemoryFileTree.Node {
    var builder = ELFBuilder()
    builder.needed = [library]
    builder.versionNeeds = [(library, versions.map { ($0, false) } + [("GLIBC_9", true)])]
    return builder.node
}

@Test func `a library of the image that is older than what a file was built with is a problem`() throws {
    let runtime = runtimeBase.merging([
        multiarch + "/libc.so.6": versioned("libc.so.6", ["GLIBC_2.2.5", "GLIBC_2.36"])
    ]) { _, new in new }
    let fine = module(needing: ["GLIBC_2.36"], of: "libc.so.6")
    #expect(try complete(["/app/a.so": fine], runtime: runtime) == [])
    let newer = module(needing: ["GLIBC_2.38", "GLIBC_2.36", "GLIBC_2.37"], of: "libc.so.6")
    let problem = LibraryProblem.olderLibrary(
        library: "libc.so.6", neededBy: ImagePath("/app/a.so"), versions: ["GLIBC_2.37", "GLIBC_2.38"])
    #expect(try problems(["/app/a.so": newer], runtime: runtime) == [problem])
    #expect(
        problem.description
            == "/app/a.so: needs GLIBC_2.37, GLIBC_2.38 of 'libc.so.6', which is older in the image; "
            + "build it on the release that the image has, or choose a newer base")
    // A library without versions satisfies every loader.
    #expect(try complete(["/app/a.so": newer], runtime: runtimeBase) == [])
}

@Test func `a finished image is looked at as it is`() throws {
    let files: Nodes = [
        "/app/a.so": module(["libz.so.1", "libpq.so.5"]), "/app/b": module([], loader: "/lib/ld-musl-x86_64.so.1"),
    ]
    let image = try MemoryFileTree(runtimeBase.merging(files) { _, new in new })
    #expect(
        try LibraryClosure.problems(of: MemoryFileTree(files), in: image) == [
            .missing(
                library: "libpq.so.5", neededBy: ImagePath("/app/a.so"), artifact: ImagePath("/app/a.so"),
                package: "libpq5"),
            .noLoader(file: ImagePath("/app/b"), loader: "/lib/ld-musl-x86_64.so.1"),
        ])
    #expect(try LibraryClosure.problems(of: image, in: image).count == 2)
    #expect(try LibraryClosure.problems(of: MemoryFileTree(runtimeBase), in: image) == [])
}
