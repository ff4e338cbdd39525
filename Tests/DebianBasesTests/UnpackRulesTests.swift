import Planning
import Testing

@testable import DebianBases

struct UnpackRulesTests {
    @Test(arguments: [
        ("/usr/share/man", "/usr/share/man/man1/ls.1.gz", true), ("/usr/share/man", "/usr/share/manual", false),
        ("/usr/bin/*", "/usr/bin/ldd", true), ("/usr/bin/*", "/usr/bin", false),
        ("/a/*/c", "/a/b/c", true), ("/a/*/c", "/a/b/b/c", false), ("/a/**/c", "/a/b/b/c", true),
        ("/a/**/c", "/a/c", true), ("/a/**", "/a/b", true), ("/a/**", "/a", false),
        ("/lib*/x-*.so.*", "/lib64/x-1.so.2", true), ("/lib*/x-*.so.*", "/lib64/x-1.so", false),
        ("/*a*b*", "/xaxxbx", true), ("/*a*b", "/ab", true), ("/*a*b", "/abx", false), ("/a*", "/a", true),
        ("/a*a", "/a", false), ("/**", "/a", true),
        ("/" + String(repeating: "*a", count: 40) + "b", "/" + String(repeating: "a", count: 250), false),
        ("/**/__pycache__/pdb.*", "/usr/lib/python3.11/__pycache__/pdb.cpython-311.pyc", true),
    ])
    func `matches a path and all below it`(pattern: String, path: String, matches: Bool) throws {
        #expect(try PathPattern(pattern).matches(ImagePath(parsing: path)) == matches)
    }

    @Test(arguments: [
        ("/bin/sh", "/usr/bin/sh"), ("/lib/x86_64-linux-gnu/libc.so.6", "/usr/lib/x86_64-linux-gnu/libc.so.6"),
        ("/lib64/ld-linux-x86-64.so.2", "/usr/lib64/ld-linux-x86-64.so.2"), ("/sbin/ldconfig", "/usr/sbin/ldconfig"),
        ("/bin", nil), ("/lib64", nil), ("/libexec/x", "/libexec/x"), ("/usr/lib/x", "/usr/lib/x"),
        ("/usr/share/doc/libc6/copyright", "/usr/share/doc/libc6/copyright"), ("/usr/share/doc/libc6/README", nil),
        ("/usr/share/doc/libgcc-s1", "/usr/share/doc/libgcc-s1"), ("/usr/share/locale/de/LC_MESSAGES/x.mo", nil),
    ])
    func `places files under usr and leaves out documentation`(path: String, place: String?) throws {
        let result = try UnpackRules(drop: []).place(ImagePath(parsing: path))
        #expect(result?.description == place)
    }

    @Test func `lets a later pattern take back an earlier one`() throws {
        let rules = UnpackRules(drop: ["/usr/bin/*", "!/usr/bin/python3.11", "!/usr/share/man/man1"])
        #expect(rules.place(ImagePath("/usr/bin/ldd")) == nil)
        #expect(rules.place(ImagePath("/usr/bin/python3.11")) == ImagePath("/usr/bin/python3.11"))
        #expect(rules.place(ImagePath("/usr/share/man/man1/x.1")) != nil)
    }
}
