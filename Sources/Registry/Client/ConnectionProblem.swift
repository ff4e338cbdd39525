import AsyncHTTPClient
import Glibc
import NIOCore
import NIOHTTP1
import NIOPosix
import NIOSSL
import SystemPackage

/// What a failure of the network layers means, for people and for the next attempt.
struct ConnectionProblem {
    let text: String
    /// No connection came to be: refused, no such host, no TLS.
    var isConnect = false
    /// Another attempt would fail in the same way.
    var isFinal = false
    /// The host speaks something else than TLS.
    var isPlain = false

    init(_ error: any Error) {
        switch error {
        case let error as NIOConnectionError:
            isConnect = true
            text =
                error.dnsAError != nil && error.dnsAAAAError != nil && error.connectionErrors.isEmpty
                ? "no such host" : error.connectionErrors.first.map { Self.reason($0.error) } ?? "no connection"
        case let error as NIOSSLError:
            isConnect = true
            let detail = "\(error)"
            isPlain = Self.isPlain(detail)
            isFinal = detail.contains("CERTIFICATE_VERIFY_FAILED") || detail.contains("CERTIFICATE_REQUIRED")
            text = Self.text(ofTLS: detail, isPlain: isPlain)
            if case .uncleanShutdown = error { isConnect = false }
        case is NIOSSLExtraError:
            isConnect = true
            isFinal = true
            text = "its certificate is for another host"
        case let error as IOError:
            isConnect = [ECONNREFUSED, EHOSTUNREACH, ENETUNREACH, EADDRNOTAVAIL].contains(error.errnoCode)
            text = Self.reason(error)
        case let error as HTTPParserError:
            text = error == .invalidEOFState ? "it closed the connection" : "it does not speak HTTP (\(error))"
        case let error as HTTPClientError: (text, isConnect, isFinal) = Self.client(error)
        default: text = Self.reason(error)
        }
    }

    private static func isPlain(_ detail: String) -> Bool {
        [
            "WRONG_VERSION_NUMBER", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG", "UNEXPECTED_MESSAGE",
            "EOF during handshake",
        ]
        .contains { detail.contains($0) }
    }

    private static func text(ofTLS detail: String, isPlain: Bool) -> String {
        if detail.contains("CERTIFICATE_VERIFY_FAILED") {
            return "its certificate is not trusted; name its authority's file with --registry-ca"
        }
        if isPlain { return "it does not speak TLS; --insecure-registry allows plain HTTP to a host" }
        return "TLS failed (\(detail))"
    }

    private static func client(_ error: HTTPClientError) -> (text: String, isConnect: Bool, isFinal: Bool) {
        switch error {
        case .connectTimeout: ("no connection within 10 s", true, false)
        case .readTimeout, .deadlineExceeded: ("no answer in time", false, false)
        case .writeTimeout: ("it takes no more bytes", false, false)
        case .remoteConnectionClosed: ("it closed the connection", false, false)
        case .tlsHandshakeTimeout: ("no TLS within 10 s", false, false)
        case .proxyAuthenticationRequired: ("the proxy asks for a user and password", true, true)
        case .invalidProxyResponse, .httpProxyHandshakeTimeout, .socksHandshakeTimeout:
            ("the proxy does not connect to it", true, false)
        case .alreadyShutdown: ("the client was shut down", false, true)
        default: ("\(error.shortDescription)", false, false)
        }
    }

    private static func reason(_ error: any Error) -> String {
        guard let error = error as? IOError else { return "\(error)" }
        return "\(Errno(rawValue: error.errnoCode))".lowercased()
    }
}
