import Files
import Planning
import SystemPackage
import Testing

@testable import autoimage

@Suite struct SecretStoreTests {
    @Test func `takes values from files and from variables`() throws {
        let folder = try ScratchFolder()
        try AtomicFile.write(Array("from file".utf8), to: folder.path.appending("s"))
        let store = try SecretStore(
            ["id=a,src=\(folder.path)/s", "id=b,env=B", "id=C"], environment: ["B": "from variable", "C": "c"])
        #expect(
            store.values.mapValues { String(decoding: $0, as: UTF8.self) } == [
                "a": "from file", "b": "from variable", "C": "c",
            ])
        #expect(store.offered.map(\.isVariable) == [false, true, true])
    }

    @Test(arguments: [
        ("src=x", "--secret src=x: needs an id, as in id=NAME,src=FILE"),
        ("id=a,foo=b", "--secret id=a,foo=b: unknown field 'foo'; the fields are id, src and env"),
        ("id=a,src=/no/such/file", "--secret a: no such file: /no/such/file"),
        ("id=a,env=NOT_SET", "--secret a: the variable 'NOT_SET' is not set"),
    ])
    func `says what is wrong with a secret`(argument: String, message: String) {
        let failure = #expect(throws: Failure.self) { try SecretStore([argument], environment: [:]) }
        #expect(failure?.text == message)
    }
}
