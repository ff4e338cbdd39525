import ArgumentParser
import Files
import OCI
import Planning
import SystemPackage
import Testing

@testable import autoimage

@Suite struct LockFileTests {
    static let zero = Digest(of: [])
    static let pin = Pin.debian(
        packages: DebianPin(
            suite: "bookworm", architecture: "amd64",
            packages: [
                PinnedPackage(name: "libc6", version: "2.36-9", sha256: zero),
                PinnedPackage(name: "g++", version: "4:12.2.0-3", sha256: zero),
            ]))
    static let library = LibraryAddition(
        package: "libpq5", version: "15.8", files: [ImagePath("/usr/lib/libpq.so.5")],
        neededBy: [ImagePath("/opt/venv/p.so")])
    static let pins = Pins(
        bases: ["debian/a@linux/amd64": pin, "official/b@linux/arm64/v8": .digest(digest: zero)],
        references: ["official/b@linux/arm64/v8": "docker.io/library/python:3.12"],
        libraries: [".@linux/amd64": [library], "api@linux/amd64": []],
        images: ["nginx:1.27@sha256:ab@linux/amd64": zero], installers: ["pip@linux/amd64": "23.0.1+dfsg-1"],
        resolutions: [
            "python@linux/amd64": Resolution(
                inputs: zero,
                packages: [
                    ResolvedPackage(
                        name: "x", version: "1", file: nil, sha256: nil,
                        url: "git+https://code.example/x@01#subdirectory=y"),
                    ResolvedPackage(
                        name: "flask", version: "3.0", file: "flask-3.0-py3-none-any.whl", sha256: zero, url: nil),
                ])
        ])

    private func folder(_ text: String) throws -> ScratchFolder {
        let folder = try ScratchFolder()
        try AtomicFile.write(Array(text.utf8), to: folder.path.appending("autoimage.lock"))
        return folder
    }

    private func state(_ folder: borrowing ScratchFolder) throws -> State {
        try State(home: folder.path.appending("state"))
    }

    @Test func `an absent lock holds nothing`() throws {
        let folder = try ScratchFolder()
        let lock = try LockFile(folder: folder.path)
        #expect(lock.pins == Pins() && lock.schema == nil)
    }

    @Test func `the file has a package a line, its keys in order, a platform a part`() {
        let text = LockWriter.text(of: Self.pins)
        #expect(
            text == """
                {
                  "schemaVersion": 2,
                  "platforms": {
                    "linux/amd64": {
                      "bases": {
                        "debian/a": {
                          "suite": "bookworm",
                          "architecture": "amd64",
                          "packages": [
                            "g++ 4:12.2.0-3 \(Self.zero)",
                            "libc6 2.36-9 \(Self.zero)"
                          ]
                        }
                      },
                      "images": {
                        "nginx:1.27@sha256:ab": "\(Self.zero)"
                      },
                      "installers": {
                        "pip": "23.0.1+dfsg-1"
                      },
                      "libraries": {
                        ".": [
                          {
                            "package": "libpq5",
                            "version": "15.8",
                            "files": [
                              "/usr/lib/libpq.so.5"
                            ],
                            "neededBy": [
                              "/opt/venv/p.so"
                            ]
                          }
                        ],
                        "api": []
                      },
                      "resolutions": {
                        "python": {
                          "inputs": "\(Self.zero)",
                          "packages": [
                            "flask 3.0 \(Self.zero) flask-3.0-py3-none-any.whl",
                            "x 1 - - git+https://code.example/x@01#subdirectory=y"
                          ]
                        }
                      }
                    },
                    "linux/arm64/v8": {
                      "bases": {
                        "official/b": {
                          "reference": "docker.io/library/python:3.12",
                          "digest": "\(Self.zero)"
                        }
                      }
                    }
                  }
                }

                """)
    }

    @Test func `what is written is read again, and written once`() throws {
        let folder = try ScratchFolder()
        #expect(try LockFile(folder: folder.path).update(Self.pins, state: state(folder)))
        let again = try LockFile(folder: folder.path)
        #expect(again.pins == Self.pins)
        #expect(try !again.update(Self.pins, state: state(folder)))
    }

    @Test(
        arguments: [
            "--pre 3.0 - -", "flask 3.0", "flask 3.0\\n--pre - -", "flask 3.0 sha256:00 -", "Flask 3.0 - -",
            "flask 3.0 - a/b.whl", "flask 3.0 - - file", "flask 3.0 - - https://x y", "",
        ])
    func `a resolved package that would be another line for pip is refused`(_ line: String) throws {
        let folder = try folder(
            """
            {"schemaVersion": 2, "platforms": {"linux/amd64": {"resolutions": {"python": {"inputs": "\(Self.zero)",
            "packages": ["\(line)"]}}}}}
            """)
        let error = #expect(throws: LockFileError.self) { try LockFile(folder: folder.path) }
        #expect("\(error.map { "\($0)" } ?? "")".contains("is not 'NAME VERSION sha256:HEX FILE [URL]'"))
    }

    @Test func `two builds that started from one lock lose nothing of each other`() throws {
        let folder = try ScratchFolder()
        let first = try LockFile(folder: folder.path)
        let second = try LockFile(folder: folder.path)
        _ = try first.update(Pins(bases: ["a@linux/amd64": Self.pin]), state: state(folder))
        _ = try second.update(
            Pins(bases: ["b@linux/amd64": Self.pin], installers: ["pip@linux/amd64": "1"]), state: state(folder))
        let pins = try LockFile(folder: folder.path).pins
        #expect(pins.bases.keys.sorted() == ["a@linux/amd64", "b@linux/amd64"])
        #expect(pins.installers == ["pip@linux/amd64": "1"])
    }

    @Test func `a lock of schema 1 is read whole, and the next change writes it anew`() throws {
        let folder = try folder(
            """
            {"bases":{"debian/a+gcc@linux/amd64":{"debian":{"packages":{"architecture":"amd64","packages":[{"name":"libc6",\
            "sha256":"\(Self.zero)","version":"2.36-9"}],"suite":"bookworm"}}}},"libraries":[{"files":["/usr/lib/a.so"],\
            "neededBy":["/app/b.so"],"package":"liba","version":"1"}],"schemaVersion":1}
            """)
        let lock = try LockFile(folder: folder.path)
        #expect(lock.schema == 1)
        let addition = LibraryAddition(
            package: "liba", version: "1", files: [ImagePath("/usr/lib/a.so")], neededBy: [ImagePath("/app/b.so")])
        let package = PinnedPackage(name: "libc6", version: "2.36-9", sha256: Self.zero)
        let pin = Pin.debian(packages: DebianPin(suite: "bookworm", architecture: "amd64", packages: [package]))
        #expect(
            lock.pins
                == Pins(bases: ["debian/a+gcc@linux/amd64": pin], libraries: [".@linux/amd64": [addition]]))
        #expect(try lock.update(lock.pins, state: state(folder)))
        let upgraded = try LockFile(folder: folder.path)
        #expect(upgraded.schema == 2 && upgraded.pins == lock.pins)
    }

    @Test func `a lock of schema 1 that would not change is left alone under --locked`() throws {
        let folder = try folder(#"{"bases":{},"schemaVersion":1}"#)
        let lock = try LockFile(folder: folder.path, locked: true)
        #expect(try !lock.update(lock.pins, state: state(folder)))
    }

    @Test(arguments: [
        ("{", 1, "column 2: is not JSON: it has no key in double quotes where one is expected"),
        (
            "{\n  \"schemaVersion\": 2,\n}", 3,
            "column 1: is not JSON: it has no key in double quotes where one is expected"
        ),
        (
            "{\n \"schemaVersion\": 2 \"x\"", 2,
            "column 21: is not JSON: it has neither ',' nor '}' after a member of an object"
        ),
        ("[]", 1, "is an array, not an object"), ("{}", 1, "has no schemaVersion"),
        (
            "{\"schemaVersion\": 2,\n\"platform\": {}}", 2,
            "unknown key 'platform'; known here are schemaVersion, platforms"
        ),
        (
            "{\"schemaVersion\": 2,\n\"platforms\": {\n\"amd64\": {}}}", 3,
            "'amd64' is not a platform, as linux/amd64 is"
        ),
        (
            "{\"schemaVersion\": 2, \"platforms\": {\"linux/amd64\": {\n\"bases\": {\"a\": {\"suite\": \"s\",\n\"packages\": []}}}}}",
            2, "'a' has no 'architecture'"
        ),
        (
            "{\"schemaVersion\": 2, \"platforms\": {\"linux/amd64\": {\"bases\": {\"a\": {\"suite\": \"s\", \"architecture\": \"amd64\","
                + " \"packages\": [\n\"libc6 2.36-9\"]}}}}}",
            2, "\"libc6 2.36-9\" is not 'NAME VERSION sha256:HEX'"
        ),
        (
            "{\"schemaVersion\": 2,\n\"platforms\": {\"linux/amd64\": {\n\"installers\": {},\n\"installers\": {}}}}", 4,
            "the key 'installers' is there twice, first on line 3"
        ),
    ])
    func `a broken lock is refused with its line, and left alone`(text: String, line: Int, what: String) throws {
        let folder = try folder(text)
        let path = folder.path.appending("autoimage.lock")
        #expect(throws: LockFileError.malformed(path, line: line, what: what)) { try LockFile(folder: folder.path) }
        #expect(try HostFiles.read(path) == Array(text.utf8))
    }

    @Test(arguments: [1, 2]) func `a pin that is an option of apt is refused by name`(schema: Int) throws {
        let name = "-oAcquire::http::Proxy-Auto-Detect"
        let first = """
            {"schemaVersion":1,"bases":{"a@linux/amd64":{"debian":{"packages":{"suite":"bookworm","architecture":"amd64",\
            "packages":[{"name":"\(name)","version":"/tmp/x","sha256":"\(Self.zero)"}]}}}}}
            """
        let second = LockWriter.text(of: Self.pins).replacing("libc6", with: name)
        let folder = try folder(schema == 1 ? first : second)
        let error = #expect(throws: LockFileError.self) { try LockFile(folder: folder.path) }
        #expect(error?.description.contains(name) == true)
    }

    @Test(arguments: ["<<<<<<< HEAD", "=======", ">>>>>>> other", "||||||| base"])
    func `a merge conflict is called one, with its line`(mark: String) throws {
        let lines = LockWriter.text(of: Self.pins).split(separator: "\n", omittingEmptySubsequences: false)
        let text = (lines.prefix(8).map(String.init) + [mark] + lines.dropFirst(8).map(String.init))
        let folder = try folder(text.joined(separator: "\n"))
        let path = folder.path.appending("autoimage.lock")
        let error = #expect(throws: LockFileError.conflict(path, line: 9)) { try LockFile(folder: folder.path) }
        #expect(error?.description.contains("take either side whole") == true)
        #expect(error?.description.contains("autoimage lock \(folder.path)") == true)
    }

    @Test func `a newer schema names this autoimage and what it reads`() throws {
        let folder = try folder(#"{"schemaVersion": 3, "platforms": {}, "news": 1}"#)
        let path = folder.path.appending("autoimage.lock")
        let error = #expect(throws: LockFileError.schema(path, 3)) { try LockFile(folder: folder.path) }
        #expect(
            error?.description
                == "\(path): has schema 3, and autoimage \(Autoimage.configuration.version) reads up to 2; use the"
                + " autoimage that wrote it, or a newer one")
    }

    @Test func `under --locked nothing is written, and what would change is said`() throws {
        let folder = try folder(LockWriter.text(of: Self.pins))
        let path = folder.path.appending("autoimage.lock")
        let before = try HostFiles.read(path)
        let lock = try LockFile(folder: folder.path, locked: true)
        var changed = Self.pins
        changed.installers["pip@linux/amd64"] = "24.0"
        #expect(
            throws: LockFileError.wouldChange(
                path, ["installer pip@linux/amd64: 23.0.1+dfsg-1 → 24.0"], byBuild: false)
        ) { try lock.update(changed, state: state(folder)) }
        changed = Self.pins
        changed.libraries[".@linux/amd64"] = []
        #expect(
            throws: LockFileError.wouldChange(
                path, ["shared libraries of .@linux/amd64: - libpq5 15.8"], byBuild: true)
        ) { try lock.update(changed, state: state(folder)) }
        #expect(try HostFiles.read(path) == before)
    }
}
