import Files
import Images
import Planning
import SystemPackage
import Testing

@testable import DebianBases

struct AlternativesTests {
    private func made(_ alternatives: [(String, String, Int)]) throws -> [AlternativeLink] {
        try alternatives.map {
            AlternativeLink(link: try ImagePath(parsing: $0.0), target: try ImagePath(parsing: $0.1), priority: $0.2)
        }
    }

    @Test(arguments: [
        (
            "#!/bin/sh\nupdate-alternatives --install /usr/lib/x/libblas.so.3 \\\n   libblas.so.3-x /usr/lib/x/blas/libblas.so.3 10\n",
            [("/usr/lib/x/libblas.so.3", "/usr/lib/x/blas/libblas.so.3", 10)]
        ),
        (
            "for prog in compare convert; do\n  update-alternatives --install /usr/bin/$prog \\\n $prog /usr/bin/${prog}-im7 60 --slave /usr/share/a/$prog.1 $prog.1 /usr/share/b/$prog.1\ndone\n",
            [
                ("/usr/bin/compare", "/usr/bin/compare-im7", 60),
                ("/usr/share/a/compare.1", "/usr/share/b/compare.1", 60),
                ("/usr/bin/convert", "/usr/bin/convert-im7", 60),
                ("/usr/share/a/convert.1", "/usr/share/b/convert.1", 60),
            ]
        ),
        (
            "dir=/usr/lib/jvm\nupdate-alternatives --install /bin/java java \"$dir/bin/java\" 5",
            [("/usr/bin/java", "/usr/lib/jvm/bin/java", 5)]
        ),
        ("update-alternatives --install /usr/bin/a a $(dirname $0)/a 5", []),
        ("update-alternatives --install ../a a /b 5", []), ("update-alternatives --install /a a /b high", []),
        ("# update-alternatives --install /a a /b 5", []), ("update-alternatives --remove a /b", []),
        ("if x; then update-alternatives --install /a a /b 5; fi", [("/a", "/b", 5)]), ("", []),
    ])
    func `reads what a script would link, and runs nothing`(script: String, expected: [(String, String, Int)]) throws {
        #expect(try Alternatives.parse(script) == made(expected))
    }

    @Test func `links the highest priority that is there, and never what stands already`() throws {
        let scratch = try Scratch()
        for file in ["usr/lib/blas/lib.so.3", "usr/lib/openblas/lib.so.3", "usr/bin/taken", "usr/bin/other"] {
            try scratch.write("x", to: "root/\(file)")
        }
        let tree = try HostFolder(scratch.path.appending("root"))
        let chosen = try Alternatives.chosen(
            made([
                ("/usr/lib/lib.so.3", "/usr/lib/blas/lib.so.3", 10),
                ("/usr/lib/lib.so.3", "/usr/lib/openblas/lib.so.3", 100),
                ("/usr/lib/lib.so.3", "/usr/lib/atlas/lib.so.3", 200), ("/usr/bin/taken", "/usr/bin/other", 10),
                ("/usr/bin/self", "/usr/bin/self", 10),
            ]), in: tree)
        #expect(chosen.map { "\($0.link) -> \($0.target)" } == ["/usr/lib/lib.so.3 -> /usr/lib/openblas/lib.so.3"])
    }
}

struct LoaderCacheTests {
    @Test(arguments: [
        ("libc.so.6", "libc.so.6", 0), ("liba.so.10", "liba.so.9", 1), ("liba.so.1.2", "liba.so.1", 1),
        ("liba.so", "libb.so", -1), ("lib1.so", "liba.so", 1), ("liba.so.2", "liba.so.x", 1), ("lib", "lib-a", -1),
    ])
    func `orders names as glibc does`(one: String, other: String, sign: Int) {
        #expect(LoaderCache.compare(one, other).signum() == sign)
        #expect(LoaderCache.compare(other, one).signum() == -sign)
    }

    @Test func `holds every library by the name that others know it by`() throws {
        let scratch = try Scratch()
        for file in ["libz.so.1.3", "liba.so.10", "liba.so.9", "plugin.so", "sub/libd.so.1"] {
            try scratch.write("x", to: "root/usr/lib/x86_64-linux-gnu/\(file)")
        }
        let tree = try HostFolder(scratch.path.appending("root"))
        for (link, target) in [("libz.so.1", "libz.so.1.3"), ("libz.so", "libz.so.1"), ("libblas.so.3", "/etc/x")] {
            try tree.link(ImagePath("/usr/lib/x86_64-linux-gnu").appending(link), to: target)
        }
        let cache = try #require(try LoaderCache(of: tree, architecture: "amd64"))
        let bytes = cache.bytes
        #expect(bytes.starts(with: Array("glibc-ld.so.cache1.1".utf8) + [4, 0, 0, 0]))
        let texts = bytes[(48 + 4 * 24)...].split(separator: 0).map { String(decoding: $0, as: UTF8.self) }
        #expect(
            texts
                == ["libz.so.1", "libblas.so.3", "liba.so.10", "liba.so.9"].flatMap {
                    [$0, "/usr/lib/x86_64-linux-gnu/\($0)"]
                })
        // The first entry: flags of x86-64, then where its texts begin.
        #expect(Array(bytes[48..<60]) == [3, 3, 0, 0, 144, 0, 0, 0, 154, 0, 0, 0])
        let unknown = try LoaderCache(of: tree, architecture: "sparc64")
        #expect(unknown == nil)
    }
}
