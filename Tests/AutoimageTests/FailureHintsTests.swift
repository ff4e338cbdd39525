import Planning
import Testing

@testable import autoimage

@Suite struct FailureHintsTests {
    private let failure = StepFailure(step: "wheels", command: ["pip"], status: 1, tail: ["error"], inspect: nil)

    @Test(arguments: [
        (
            "  src/_pylibmcmodule.h:42:10: fatal error: libmemcached/memcached.h: No such file or directory",
            "libmemcached/memcached.h"
        ),
        ("/usr/bin/ld: cannot find -lpq: No such file or directory", "'pq'"),
        ("      error: command 'swig' failed: No such file or directory", "'swig'"),
    ])
    func `a compiler's complaint becomes a way out`(line: String, word: String) {
        let hints = FailureHints()
        hints.note(.stepOutput(step: "wheels", text: "building\n\(line)\nmore\n"))
        let text = hints.explain(failure)
        #expect(text.hasPrefix("\(failure)\n"))
        #expect(text.contains(word))
        #expect(text.contains("--set build-packages="))
    }

    @Test func `what has no known cause gets no advice`() {
        let hints = FailureHints()
        hints.note(.stepOutput(step: "wheels", text: "ERROR: No matching distribution found for x\n"))
        #expect(hints.explain(failure) == "\(failure)")
    }

    @Test func `a word for a shell is quoted where it must be`() {
        #expect(ShellWord.quoted("oci:/a/b:c") == "oci:/a/b:c")
        #expect(ShellWord.quoted("a b'c") == "'a b'\\''c'")
    }
}
