import Files
import NIOSSL
import SystemPackage

/// Whose certificates are trusted, and who we are to hosts that ask for a certificate.
struct Trust: Sendable {
    /// Where Docker and Podman keep the authorities of single hosts.
    static let hostFolders: [FilePath] = ["/etc/docker/certs.d", "/etc/containers/certs.d"]

    /// Takes any certificate.
    static var anybody: TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        configuration.certificateVerification = .none
        configuration.trustRoots = .certificates([])
        return configuration
    }

    private let authorities: [NIOSSLCertificate]
    private let environment: [String: String]
    private let folders: [FilePath]

    /// Reads the files of the user; fails with `RegistryError.badConfiguration` where one cannot be used.
    init(authorities files: [FilePath], environment: [String: String], folders: [FilePath] = hostFolders) throws {
        authorities = try files.flatMap { try Self.certificates($0, named: "\($0)") }
        self.environment = environment
        self.folders = folders
    }

    /// The folder with certificates for one host, where there is one.
    func folder(for origin: Origin) -> FilePath? {
        for name in Set([origin.name, "\(origin.host):\(origin.port)"]).sorted() {
            guard let component = FilePath.Component(name) else { continue }
            for folder in folders where HostFiles.exists(folder.appending(component)) {
                return folder.appending(component)
            }
        }
        return nil
    }

    /// The configuration of connections: the host's own roots, those of the environment and the user, and those of `folder`.
    func configuration(_ folder: FilePath?) throws -> TLSConfiguration {
        var configuration = TLSConfiguration.makeClientConfiguration()
        var roots = authorities
        if let file = environment["SSL_CERT_FILE"], !file.isEmpty {
            roots += try Self.certificates(FilePath(file), named: "SSL_CERT_FILE \(file)")
        }
        for part in (environment["SSL_CERT_DIR"] ?? "").split(separator: ":") {
            roots += try Self.certificates(inside: FilePath(String(part))) { _ in true }
        }
        if let folder {
            roots += try Self.certificates(inside: folder) { $0.hasSuffix(".crt") }
            try identify(&configuration, by: folder)
        }
        if !roots.isEmpty {
            configuration.additionalTrustRoots = [.certificates(roots)]
        }
        return configuration
    }

    /// A client's certificate and key, `NAME.cert` and `NAME.key`.
    private func identify(_ configuration: inout TLSConfiguration, by folder: FilePath) throws {
        for name in try HostFiles.names(in: folder).sorted() where name.hasSuffix(".cert") {
            let key = folder.appending(String(name.dropLast(5)) + ".key")
            guard HostFiles.exists(key) else {
                throw RegistryError.badConfiguration(
                    place: "\(folder.appending(name))", problem: "there is no \(key) beside it")
            }
            configuration.certificateChain = try Self.certificates(folder.appending(name), named: "\(folder)/\(name)")
                .map { .certificate($0) }
            do { configuration.privateKey = .privateKey(try NIOSSLPrivateKey(file: key.string, format: .pem)) } catch {
                throw RegistryError.badConfiguration(place: "\(key)", problem: "it is no private key in PEM")
            }
            return
        }
    }

    private static func certificates(_ file: FilePath, named name: String) throws -> [NIOSSLCertificate] {
        guard HostFiles.exists(file) else {
            throw RegistryError.badConfiguration(place: name, problem: "there is no such file")
        }
        guard let found = try? NIOSSLCertificate.fromPEMFile(file.string), !found.isEmpty else {
            throw RegistryError.badConfiguration(place: name, problem: "it holds no certificate in PEM")
        }
        return found
    }

    /// The certificates of a folder; files that hold none are passed over, as OpenSSL does.
    private static func certificates(
        inside folder: FilePath, where isWanted: (String) -> Bool
    ) throws -> [NIOSSLCertificate] {
        guard HostFiles.exists(folder) else { return [] }
        return try HostFiles.names(in: folder).sorted().filter(isWanted).flatMap {
            (try? NIOSSLCertificate.fromPEMFile(folder.appending($0).string)) ?? []
        }
    }
}
