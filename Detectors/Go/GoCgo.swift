import Planning

/// Whether programs are built with C, and what the builder needs for it.
struct GoCgo: Sendable {
    /// `static` without C, `dynamic` with it.
    let linking: Decided<String>
    /// Debian packages of the builder.
    let packages: [Decided<String>]
    let warnings: [String]

    var isOn: Bool { linking.value != "static" }

    /// Decides by `CGO_ENABLED` of the build's variables, by imports of C in what can be read, by the table for the rest.
    init(_ project: GoProject, _ reach: GoReach) throws {
        let known = Self.modules.compactMap { module, needs in
            reach.first(of: [module]).map { (evidence: $0, needs: needs) }
        }
        let asked = project.options.buildEnvironment["CGO_ENABLED"]
        if let asked, asked.value != "1" {
            linking = Decided("static", asked.reason)
            packages = []
            warnings =
                (reach.imported ?? known.first?.evidence).map {
                    ["\($0): needs cgo, which \(asked.option) turns off"]
                } ?? []
            return
        }
        guard let reason = asked?.reason ?? (reach.imported ?? known.first?.evidence).map({ .found(evidence: [$0]) })
        else {
            linking = Decided("static", .usual(why: "no package of the program imports C"))
            packages = []
            warnings = Self.unseen(project, reach)
            return
        }
        linking = Decided("dynamic", reason)
        let compiler = Reason.usual(why: "cgo compiles C")
        var packages = ["gcc", "libc6-dev"].map { Decided($0, compiler) }
        for (evidence, needs) in known {
            packages += needs.map { Decided($0, .found(evidence: [evidence])) }
        }
        var warnings: [String] = []
        for path in reach.c {
            try Self.read(path, of: project, &packages, &warnings)
        }
        var seen: Set<String> = []
        self.packages = packages.filter { seen.insert($0.value).inserted }
        self.warnings = warnings
    }

    /// What `#cgo` lines of a file ask for, and whether C++ lies beside it.
    private static func read(
        _ path: SourcePath, of project: GoProject, _ packages: inout [Decided<String>], _ warnings: inout [String]
    ) throws {
        let text = try project.tree.text(at: path) ?? ""
        let platform = project.options.platform
        for (index, line) in text.split(separator: "\n", omittingEmptySubsequences: false).enumerated() {
            guard
                let match = line.wholeMatch(of: #/\s*(?:\/\/)?\s*#cgo\s+([^:]*?)(LDFLAGS|pkg-config)\s*:\s*(.*)/#)?
                    .output
            else { continue }
            let conditions = match.1.split(separator: " ").map(String.init)
            // Options between spaces are alternatives, as in `// +build` lines.
            let constraint = GoConstraint(platform: platform, tags: GoProject.tags(project.options), cgo: true)
            if let expression = GoConstraint.expression(
                ofPlusBuild: conditions.isEmpty ? [] : [conditions.joined(separator: " ")]),
                !constraint.holds(expression)
            {
                continue
            }
            let evidence = Evidence(
                path: path, line: index + 1, excerpt: line.drop { $0 == "/" || $0 == " " }.description)
            let words = match.3.split(separator: " ").map(String.init)
            if match.2 == "pkg-config" { packages.append(Decided("pkg-config", .found(evidence: [evidence]))) }
            for word in words {
                let isLibrary = word.hasPrefix("-l")
                guard isLibrary || match.2 == "pkg-config", isLibrary || !word.hasPrefix("-") else { continue }
                let name = isLibrary ? String(word.dropFirst(2)) : word
                if Self.compilers.contains(name) {
                    if name == "stdc++" { packages.append(Decided("g++", .found(evidence: [evidence]))) }
                } else if let package = Self.libraries[name] {
                    packages.append(Decided(package, .found(evidence: [evidence])))
                } else if project.options.buildPackages.isEmpty {
                    warnings.append(
                        "\(evidence): no Debian package is known for '\(name)'; name it with --set build-packages=NAME-dev"
                    )
                }
            }
        }
        guard let folder = path.parent else { return }
        let plus = project.tree.entries.first {
            $0.isFile && $0.path.parent == folder && [".cc", ".cpp", ".cxx"].contains(where: $0.path.name.hasSuffix)
        }
        if let plus {
            packages.append(Decided("g++", .found(evidence: [Evidence(path: plus.path, excerpt: plus.path.name)])))
        }
    }

    /// Modules of the table that are required, and whose import nobody saw: another module may bring it.
    private static func unseen(_ project: GoProject, _ reach: GoReach) -> [String] {
        guard !reach.outside.isEmpty else { return [] }
        let names = modules.map(\.module)
        return project.layout.requirements.filter { required in
            names.contains { $0 == required.module || $0.hasPrefix(required.module + "/") }
        }.map {
            "\($0.evidence): \($0.module) needs cgo and nothing that can be read imports it; built without, "
                + "--build-env CGO_ENABLED=1 builds with it"
        }
    }

    /// Part of the C library or of the compiler.
    private static let compilers: Set<String> = [
        "c", "m", "dl", "rt", "pthread", "util", "resolv", "crypt", "stdc++", "gcc", "gcc_s", "gomp", "atomic",
    ]

    /// Packages that do nothing without C, and the Debian packages that compiling them takes beside the compiler.
    private static let modules: [(module: String, needs: [String])] = [
        ("crawshaw.io/sqlite", []),
        ("github.com/DataDog/zstd", []),
        ("github.com/bytecodealliance/wasmtime-go", []),
        ("github.com/chai2010/webp", []),
        ("github.com/confluentinc/confluent-kafka-go", []),
        ("github.com/coreos/go-systemd/sdjournal", ["libsystemd-dev"]),
        ("github.com/coreos/go-systemd/v22/sdjournal", ["libsystemd-dev"]),
        ("github.com/davidbyttow/govips", ["libvips-dev", "pkg-config"]),
        ("github.com/gen2brain/go-fitz", []),
        ("github.com/godror/godror", []),
        ("github.com/google/gopacket/pcap", ["libpcap-dev"]),
        ("github.com/gopacket/gopacket/pcap", ["libpcap-dev"]),
        ("github.com/h2non/bimg", ["libvips-dev", "pkg-config"]),
        ("github.com/libgit2/git2go", ["libgit2-dev", "pkg-config"]),
        ("github.com/linxGnu/grocksdb", ["librocksdb-dev"]),
        ("github.com/marcboeker/go-duckdb", ["g++"]),
        ("github.com/mattn/go-sqlite3", []),
        ("github.com/miekg/pkcs11", []),
        ("github.com/mutecomm/go-sqlcipher", []),
        ("github.com/otiai10/gosseract", ["g++", "libleptonica-dev", "libtesseract-dev"]),
        ("github.com/pebbe/zmq4", ["libzmq3-dev", "pkg-config"]),
        ("github.com/seccomp/libseccomp-golang", ["libseccomp-dev", "pkg-config"]),
        ("github.com/smacker/go-tree-sitter", []),
        ("github.com/tree-sitter/go-tree-sitter", []),
        ("github.com/valyala/gozstd", []),
        ("github.com/yalue/onnxruntime_go", []),
        ("gocv.io/x/gocv", ["g++", "libopencv-dev", "pkg-config"]),
        ("gopkg.in/gographics/imagick.v3", ["libmagickwand-dev", "pkg-config"]),
        // These bring the ones above.
        ("gorm.io/driver/sqlite", []),
        ("github.com/golang-migrate/migrate/v4/database/sqlite3", []),
    ]

    /// The Debian package for a name of `-l` or of pkg-config.
    static let libraries: [String: String] = [
        "MagickWand": "libmagickwand-dev", "alsa": "libasound2-dev", "asound": "libasound2-dev",
        "archive": "libarchive-dev", "avcodec": "libavcodec-dev", "avformat": "libavformat-dev",
        "avutil": "libavutil-dev", "brotlidec": "libbrotli-dev", "brotlienc": "libbrotli-dev", "bz2": "libbz2-dev",
        "cairo": "libcairo2-dev", "crypto": "libssl-dev", "curl": "libcurl4-openssl-dev", "db": "libdb-dev",
        "expat": "libexpat1-dev", "ffi": "libffi-dev", "fftw3": "libfftw3-dev", "freetype": "libfreetype-dev",
        "freetype2": "libfreetype-dev", "gdal": "libgdal-dev", "geos_c": "libgeos-dev", "gif": "libgif-dev",
        "git2": "libgit2-dev", "glib-2.0": "libglib2.0-dev", "gmp": "libgmp-dev", "gnutls": "libgnutls28-dev",
        "icui18n": "libicu-dev", "icuuc": "libicu-dev", "icu-i18n": "libicu-dev", "icu-uc": "libicu-dev",
        "jpeg": "libjpeg-dev", "ldap": "libldap-dev", "leptonica": "libleptonica-dev", "leveldb": "libleveldb-dev",
        "libarchive": "libarchive-dev", "libavcodec": "libavcodec-dev",
        "libavformat": "libavformat-dev", "libavutil": "libavutil-dev", "libbrotlienc": "libbrotli-dev",
        "libcrypto": "libssl-dev", "libcurl": "libcurl4-openssl-dev", "libgit2": "libgit2-dev",
        "libheif": "libheif-dev", "liblz4": "liblz4-dev", "libpcap": "libpcap-dev", "libpng": "libpng-dev",
        "libpq": "libpq-dev", "librdkafka": "librdkafka-dev", "rdkafka": "librdkafka-dev",
        "libseccomp": "libseccomp-dev", "libsodium": "libsodium-dev", "libssl": "libssl-dev",
        "libswscale": "libswscale-dev", "libsystemd": "libsystemd-dev", "libturbojpeg": "libturbojpeg0-dev",
        "libusb-1.0": "libusb-1.0-0-dev", "libwebp": "libwebp-dev", "libxml-2.0": "libxml2-dev",
        "libxslt": "libxslt1-dev", "libzmq": "libzmq3-dev", "libzstd": "libzstd-dev", "lz4": "liblz4-dev",
        "lzma": "liblzma-dev", "liblzma": "liblzma-dev", "magic": "libmagic-dev", "mysqlclient": "libmariadb-dev",
        "ncurses": "libncurses-dev", "odbc": "unixodbc-dev", "opencv4": "libopencv-dev", "openssl": "libssl-dev",
        "opus": "libopus-dev", "pam": "libpam0g-dev", "pango": "libpango1.0-dev", "pcap": "libpcap-dev",
        "pcre": "libpcre3-dev", "pcre2-8": "libpcre2-dev", "libpcre2-8": "libpcre2-dev", "png": "libpng-dev",
        "poppler-glib": "libpoppler-glib-dev", "portaudio-2.0": "portaudio19-dev", "pq": "libpq-dev",
        "proj": "libproj-dev", "readline": "libreadline-dev", "rocksdb": "librocksdb-dev",
        "sasl2": "libsasl2-dev", "sdl2": "libsdl2-dev", "seccomp": "libseccomp-dev", "snappy": "libsnappy-dev",
        "sodium": "libsodium-dev", "sqlite3": "libsqlite3-dev", "ssh2": "libssh2-1-dev", "ssl": "libssl-dev",
        "swscale": "libswscale-dev", "systemd": "libsystemd-dev", "tesseract": "libtesseract-dev",
        "tiff": "libtiff-dev", "turbojpeg": "libturbojpeg0-dev", "usb-1.0": "libusb-1.0-0-dev",
        "uuid": "uuid-dev", "vips": "libvips-dev", "webp": "libwebp-dev", "x11": "libx11-dev", "X11": "libx11-dev",
        "xml2": "libxml2-dev", "xslt": "libxslt1-dev", "yaml": "libyaml-dev", "z": "zlib1g-dev",
        "zlib": "zlib1g-dev", "zmq": "libzmq3-dev", "zstd": "libzstd-dev",
    ]
}
