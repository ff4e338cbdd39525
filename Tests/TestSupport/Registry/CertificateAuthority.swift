import Subprocess
package import SystemPackage

/// A certificate authority of a test, made by openssl in a folder.
package struct CertificateAuthority: Sendable {
    private let folder: FilePath

    /// Makes the authority.
    package init(in folder: FilePath) async throws {
        self.folder = folder
        try await Self.openssl(
            "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-days", "2",
            "-subj", "/CN=autoimage test authority", "-addext", "basicConstraints=critical,CA:TRUE",
            "-keyout", folder.appending("ca.key").string, "-out", folder.appending("ca.pem").string)
    }

    /// Its own certificate in PEM, to be trusted.
    package var certificate: FilePath { folder.appending("ca.pem") }

    /// A certificate for a server on loopback: `localhost`, 127.0.0.1 and 127.0.0.2, or other names.
    package func issue(
        _ name: String = "server", for names: String = "DNS:localhost,IP:127.0.0.1,IP:127.0.0.2"
    ) async throws -> ServerCertificate {
        let (key, request) = (folder.appending("\(name).key"), folder.appending("\(name).csr"))
        let (chain, extensions) = (folder.appending("\(name).pem"), folder.appending("\(name).ext"))
        try await Self.openssl(
            "req", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:P-256", "-nodes", "-subj", "/CN=\(name)",
            "-keyout", key.string, "-out", request.string)
        let file = try FileDescriptor.open(
            extensions, .writeOnly, options: [.create, .truncate], permissions: .ownerReadWrite)
        try file.closeAfter { _ = try file.writeAll("subjectAltName=\(names)\n".utf8) }
        try await Self.openssl(
            "x509", "-req", "-in", request.string, "-CA", certificate.string, "-CAkey",
            folder.appending("ca.key").string, "-CAcreateserial", "-days", "2", "-extfile", extensions.string,
            "-out", chain.string)
        return ServerCertificate(chain: chain, key: key)
    }

    private static func openssl(_ arguments: String...) async throws {
        let result = try await Subprocess.run(
            .name("openssl"), arguments: Arguments(arguments), output: .discarded, error: .string(limit: 1 << 16))
        guard result.terminationStatus.isSuccess else {
            throw CertificateError.openssl(arguments.first ?? "", result.standardError)
        }
    }
}

/// Why a certificate was not made.
package enum CertificateError: Error, Equatable, CustomStringConvertible {
    case openssl(String, String)

    package var description: String {
        switch self {
        case .openssl(let command, let errors): "openssl \(command) failed: \(errors)"
        }
    }
}
