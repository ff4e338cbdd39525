import Planning

/// Files that a static server sends.
struct StaticSite: Sendable {
    /// Below the service: `dist`, `build/client`; `.` for a site that nothing builds.
    let output: Decided<String>
    /// What answers unknown paths.
    let fallback: Decided<Fallback>
    /// The page that answers them where `fallback` is `index`: `index.html`, or `200.html` where the build writes that.
    var page = "index.html"
    /// Paths whose names change with their content, as the server's patterns: `/assets/*`.
    var immutable: [String] = []

    enum Fallback: String, Sendable, Codable, Hashable {
        /// The page of an application of one page, unless the output has a 404.html.
        case index
        /// 404.html, with the status 404.
        case notFound
        /// The status 404 alone, or with 404.html where there is one.
        case none
    }

    /// Where the files lie in the image.
    static let root = ImagePath("/srv/www")
    /// Where the server's configuration lies.
    static let configuration = ImagePath("/etc/caddy/Caddyfile")
    static let port = 8080

    /// The configuration of Caddy 2: what Debian's release understands, and later ones too.
    ///
    /// - `/health` says that the server is there.
    /// - Text is compressed by zstd or gzip, as the browser asks.
    /// - `/about` is `about.html` where no such file is there; a folder is its `index.html`.
    /// - Names that begin with a dot are not there, but for `.well-known`; nor are files of the sources beside a page.
    /// - Files in an image have no time of their own, so a browser is never told that its copy is still good by time; what
    ///   has a hash in its name it keeps for a year.
    var caddyfile: String {
        """
        {
        \tadmin off
        \tauto_https off
        }

        :{$PORT:\(Self.port)} {
        \troot * \(Self.root)
        \tencode zstd gzip
        \trequest_header -If-Modified-Since
        \trequest_header -If-None-Match
        \theader {
        \t\t-Last-Modified
        \t\t-Etag
        \t\t-Server
        \t\tX-Content-Type-Options nosniff
        \t\tdefer
        \t}

        \thandle /health {
        \t\theader Content-Type "text/plain; charset=utf-8"
        \t\trespond "ok" 200
        \t}

        \t@write not method GET HEAD
        \thandle @write {
        \t\terror 405
        \t}

        \t@hidden {
        \t\tpath */.* \(output.value == "." ? "\(Self.sources.joined(separator: " "))" : "/.*")
        \t\tnot path /.well-known/*
        \t}
        \thandle @hidden {
        \t\terror 404
        \t}

        \thandle {
        \(caching)\
        \t\ttry_files {path} {path}.html {path}/
        \(singlePage)\
        \t\tfile_server
        \t}

        \thandle_errors {
        \t\theader {
        \t\t\tCache-Control "no-cache"
        \t\t\t-Last-Modified
        \t\t\t-Etag
        \t\t\t-Server
        \t\t\tdefer
        \t\t}
        \t\t@page {
        \t\t\texpression {http.error.status_code} == 404
        \t\t\tfile /404.html
        \t\t}
        \t\thandle @page {
        \t\t\trewrite * /404.html
        \t\t\tfile_server {
        \t\t\t\tstatus 404
        \t\t\t}
        \t\t}
        \t\thandle {
        \t\t\trespond "{http.error.status_code} {http.error.status_text}"
        \t\t}
        \t}
        }

        """
    }

    /// Files beside the pages of a folder that nothing builds, which are not pages.
    private static let sources = ["/.*", "/Staticfile", "/Staticfile.auth", "/Procfile", "/package.json", "/app.yaml"]

    /// What a browser keeps: for a year what has a hash in its name, and the rest until it has asked again.
    private var caching: String {
        guard !immutable.isEmpty else { return "\t\theader Cache-Control \"no-cache\"\n" }
        return """
            \t\t@hashed path \(immutable.joined(separator: " "))
            \t\theader @hashed Cache-Control "public, max-age=31536000, immutable"
            \t\t@pages not path \(immutable.joined(separator: " "))
            \t\theader @pages Cache-Control "no-cache"

            """
    }

    /// Unknown paths of an application of one page: its page, but for what asks for a file of a known kind, and never where
    /// the output has a page for what is not found.
    private var singlePage: String {
        guard fallback.value == .index else { return "" }
        return """
            \t\t@route {
            \t\t\tnot file {path} {path}.html {path}/
            \t\t\tnot file /404.html
            \t\t\tnot path_regexp \\.(?i:\(Self.extensions))$
            \t\t}
            \t\trewrite @route /\(page)

            """
    }

    private static let extensions =
        "js|mjs|css|map|json|png|jpe?g|gif|svg|ico|webp|avif|woff2?|ttf|otf|eot|wasm|txt|xml|webmanifest|mp3|mp4|webm|pdf"

    /// The configuration as a file of the plan.
    var file: PlanFile {
        PlanFile(
            path: Self.configuration, contents: caddyfile, mode: 0o644, owner: .root, group: .application,
            reason: .usual(why: "how the server answers: \(fallback.value.sentence(page)) (\(fallback.reason))"))
    }
}

extension StaticSite.Fallback {
    /// What happens to an unknown path, in words.
    func sentence(_ page: String) -> String {
        switch self {
        case .index: "an unknown path is \(page), unless there is a 404.html"
        case .notFound: "an unknown path is 404.html with the status 404"
        case .none: "an unknown path has the status 404"
        }
    }
}
