import AsyncHTTPClient
package import Images
import NIOCore
import NIOHTTP1
import NIOSSL
package import OCI
import SystemPackage

/// A running Docker or Podman, which is sent an archive through its API (Docker Engine API, "ImageLoad").
package struct DaemonDestination: ImageDestination {
    private let daemon: Daemon
    private let host: Platform

    /// `host` is the platform that a daemon gets which keeps one only.
    package init(_ daemon: Daemon, host: Platform = .host) {
        self.daemon = daemon
        self.host = host
    }

    package func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> Delivered {
        let single = images.image(for: host)
        let archive = try ArchiveContents.universal(images, names, single: single, store)
        let said: String
        if case .program(let path) = daemon.endpoint {
            said = try await PodmanLoad(path, daemon).load(archive)
        } else {
            said = try await load(archive)
        }
        let loaded = said.split(separator: "\n").map { $0.trimmingPrefix(" ") }.filter { $0.hasPrefix("Loaded image") }
        return Delivered(
            "\(daemon.kind.name) at \(daemon.endpoint)", notes: loaded.map(String.init) + images.notes(single: single))
    }

    private func load(_ archive: ArchiveContents) async throws -> String {
        let client = HTTPClient(eventLoopGroupProvider: .singleton, configuration: try configuration())
        let result: Result<String, any Error>
        do { result = .success(try await post(archive, with: client)) } catch { result = .failure(error) }
        try? await client.shutdown()
        return try result.get()
    }

    private func post(_ archive: ArchiveContents, with client: HTTPClient) async throws -> String {
        var request = HTTPClientRequest(url: address + "/images/load")
        request.method = .POST
        request.headers.add(name: "Host", value: "localhost")
        request.headers.add(name: "Content-Type", value: "application/x-tar")
        let body = ArchiveBody(archive)
        request.body = .stream(body, length: .unknown)
        do {
            let response = try await client.execute(request, deadline: .distantFuture)
            var answer = LoadAnswer(isSuccess: (200..<300).contains(response.status.code))
            for try await part in response.body { answer.append(part.readableBytesView) }
            answer.finish()
            guard let problem = answer.problem else { return answer.text }
            throw DaemonError.refused(daemon, problem)
        } catch let error as DaemonError {
            throw error
        } catch {
            try Task.checkCancellation()
            // What made our body end early tells more than that it did.
            if let cause = body.failure.value { throw cause }
            throw DaemonError.unreachable(daemon, "\(error)")
        }
    }

    private var address: String {
        switch daemon.endpoint {
        case .socket(let path): "http+unix://" + Self.percentEncoded(path.string)
        case .host(let name, let port, nil): "http://\(name):\(port)"
        case .host(let name, let port, _): "https://\(name):\(port)"
        case .program: preconditionFailure("a program has no address")
        }
    }

    private static func percentEncoded(_ text: String) -> String {
        text.utf8.map { byte in
            let isPlain =
                (0x30...0x39).contains(byte) || (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
                || "-._~".utf8.contains(byte)
            let hex = String(byte, radix: 16, uppercase: true)
            return isPlain ? String(UnicodeScalar(byte)) : "%" + (hex.count == 1 ? "0" : "") + hex
        }.joined()
    }

    private func configuration() throws -> HTTPClient.Configuration {
        var result = HTTPClient.Configuration()
        result.timeout.connect = .seconds(10)
        guard case .host(_, _, let folder?) = daemon.endpoint else { return result }
        do {
            var tls = TLSConfiguration.makeClientConfiguration()
            tls.trustRoots = .file(folder.appending("ca.pem").string)
            tls.certificateChain = try NIOSSLCertificate.fromPEMFile(folder.appending("cert.pem").string)
                .map { .certificate($0) }
            tls.privateKey = .privateKey(try NIOSSLPrivateKey(file: folder.appending("key.pem").string, format: .pem))
            result.tlsConfiguration = tls
        } catch {
            throw DaemonError.badCertificates(folder, "ca.pem, cert.pem and key.pem are needed (\(error))")
        }
        return result
    }
}
