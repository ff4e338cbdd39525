import Files
import Planning
package import SystemPackage

/// What of this machine's network settings reaches builder steps, as mounts and variables only.
package struct HostSettings: Sendable, Hashable {
    /// The file of certificates that this machine trusts; nil leaves the builder's own in charge.
    package let caBundle: FilePath?
    /// Proxy variables as they are set here.
    package let proxyEnvironment: [String: String]

    package init(caBundle: FilePath? = nil, proxyEnvironment: [String: String] = [:]) {
        self.caBundle = caBundle
        self.proxyEnvironment = proxyEnvironment
    }

    /// Finds the settings: `SSL_CERT_FILE` and its like before the usual places, and the proxy variables in both cases.
    package static func detect(environment: [String: String]) -> HostSettings {
        let named = ["SSL_CERT_FILE", "REQUESTS_CA_BUNDLE", "CURL_CA_BUNDLE"].compactMap { environment[$0] }
        let usual = [
            "/etc/ssl/certs/ca-certificates.crt", "/etc/pki/tls/certs/ca-bundle.crt", "/etc/ssl/ca-bundle.pem",
            "/etc/pki/ca-trust/extracted/pem/tls-ca-bundle.pem", "/etc/ssl/cert.pem",
        ]
        let bundle = (named + usual).lazy.filter { $0.hasPrefix("/") }.compactMap { HostFiles.realPath(FilePath($0)) }
            .first { !HostFiles.isFolder($0) }
        let names = ["HTTP_PROXY", "HTTPS_PROXY", "FTP_PROXY", "ALL_PROXY", "NO_PROXY"]
        var proxies: [String: String] = [:]
        for name in names + names.map({ $0.lowercased() }) {
            if let value = environment[name], !value.isEmpty { proxies[name] = value }
        }
        return HostSettings(caBundle: bundle, proxyEnvironment: proxies)
    }

    /// Where the bundle appears in a step.
    static let bundleTarget = ImagePath("/run/autoimage/ca-certificates.crt")

    /// The variables by which the usual tools find certificates and proxies.
    var environment: [String: String] {
        var result = proxyEnvironment
        if caBundle != nil {
            for name in [
                "PIP_CERT", "REQUESTS_CA_BUNDLE", "SSL_CERT_FILE", "CURL_CA_BUNDLE", "NODE_EXTRA_CA_CERTS",
                "GIT_SSL_CAINFO", "CARGO_HTTP_CAINFO",
            ] { result[name] = Self.bundleTarget.description }
        }
        return result
    }
}
