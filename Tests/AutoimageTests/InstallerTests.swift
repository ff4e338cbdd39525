import Files
import OCI
import Planning
import SystemPackage
import Testing

@testable import autoimage

@Suite struct InstallerTests {
    private let pip = Installer(name: "pip", debianPackage: "python3-pip")

    private func versions(_ folders: [String], beside interpreters: String?...) throws -> [String?] {
        let scratch = try ScratchFolder()
        for folder in folders { try HostFiles.makeFolder(scratch.path.pushing(FilePath(folder))) }
        let tree = OverlayTree([scratch.path])
        return try interpreters.map { try pip.version(in: tree, interpreter: $0.map { try ImagePath(parsing: $0) }) }
    }

    @Test func `an official base says its version in the metadata beside the interpreter`() throws {
        let versions = try versions(
            [
                "usr/local/bin", "usr/local/lib/python3.12/site-packages/pip-24.0.dist-info",
                "usr/local/lib/python3.12/site-packages/pip", "usr/lib/python3/dist-packages/pip-9.0.dist-info",
                "usr/local/lib/python3.12/site-packages/pip_tools-7.4.dist-info",
            ], beside: "/usr/local/bin/python3.12", "/usr/bin/python3")
        #expect(versions == ["24.0", "9.0"])
    }

    @Test func `a base without the installer has no version of it`() throws {
        let versions = try versions(
            ["usr/local/lib/python3.12/site-packages"], beside: "/usr/local/bin/python3.12", "/opt/bin/python3", nil)
        #expect(versions == [nil, nil, nil])
    }
}
