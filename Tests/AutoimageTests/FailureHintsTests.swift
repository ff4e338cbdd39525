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

    @Test(arguments: [
        (
            "main.go:4:2: missing go.sum entry for module providing package example.com/y (imported by x)",
            "go mod tidy"
        ),
        ("go: updates to go.mod needed; to update it:", "go mod tidy"),
        ("go: inconsistent vendoring in /src:", "go mod vendor"),
        ("go: go.mod requires go >= 1.24.7 (running go 1.24.4; GOTOOLCHAIN=local)", "--set go.version='>=1.24.7'"),
        (
            "\tfatal: could not read Username for 'https://git.example.com': terminal prompts disabled",
            "--secret id=netrc"
        ),
        ("git@git.example.com: Permission denied (publickey).", "--ssh"),
        (
            "go: example.com/y@v1.0.0: reading http://127.0.0.1:1/example.com/y/@v/v1.0.0.mod: 404 Not Found",
            "GOPRIVATE"
        ),
        ("verifying example.com/y@v1.0.0: checksum mismatch", "go.sum"),
        ("main.go:9:12: pattern web/dist: no matching files found", "--set ignore="),
        ("cgo: C compiler \"gcc\" not found: exec: \"gcc\": executable file not found in $PATH", "CGO_ENABLED=1"),
        ("Package vips was not found in the pkg-config search path.", "build-packages=NAME-dev"),
        ("package x: build constraints exclude all Go files in /src/y", "go.tags"),
    ])
    func `what the go command says becomes a way out`(line: String, advice: String) {
        let hints = FailureHints()
        hints.note(.stepOutput(step: "build", text: "\(line)\n"))
        #expect(hints.explain(failure).contains(advice), "\(hints.explain(failure))")
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
