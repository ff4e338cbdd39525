extension NativePackages {
    /// Every package of the registry that is known to need more than JavaScript, by what it is for.
    static let table = databases + pictures + cryptography + networks + data + devices + browsers + tools

    private static let databases: [NativePackage] = [
        .init("better-sqlite3", .downloaded), .init("sqlite3", .downloaded),
        .init("@journeyapps/sqlcipher", .downloaded, build: "libssl-dev"),
        .init("libsql", .brought), .init("libpq", .compiled, build: "libpq-dev"), .init("pg-native", .none),
        .init(
            "oracledb", .brought,
            note: "works in thin mode; thick mode needs Oracle's Instant Client, which is no package of Debian"),
        .init(
            "odbc", .downloaded, build: "unixodbc-dev", runtime: "unixodbc",
            note: "no ODBC driver is in the image; add odbc-postgresql, odbc-mariadb or tdsodbc to 'runtime-packages'"),
        .init(
            "ibm_db", .downloaded, build: "libxml2-dev",
            note: "downloads IBM's driver, which is for x86_64 alone and links libxml2 and libpam of the system"),
        .init(
            "msnodesqlv8", .downloaded, build: "unixodbc-dev",
            note: "needs Microsoft's ODBC driver, which is no package of Debian; mssql with tedious needs none"),
        .init("couchbase", .downloaded, build: "libssl-dev cmake"),
        .init("aerospike", .downloaded, build: "libssl-dev zlib1g-dev"),
        .init("leveldown", .brought), .init("classic-level", .brought), .init("rocksdb", .brought),
        .init("lmdb", .brought),
        .init("hiredis", .compiled), .init("mongodb-client-encryption", .downloaded), .init("duckdb", .downloaded),
        .init("@duckdb/node-api", .brought),
        .init("prisma", .downloaded, setup: "openssl", until: "7.0.0"),
        .init(
            "@prisma/client", .downloaded, setup: "openssl", runtime: "openssl dash", until: "7.0.0",
            note:
                "asks 'openssl version' through a shell for the engine that fits; from version 7 on, or with engineType = \"client\", it needs neither"
        ),
    ]

    private static let pictures: [NativePackage] = [
        .init("sharp", .downloaded, build: "libvips-dev pkg-config", until: "0.33.0"),
        .init(
            "canvas", .downloaded,
            build: "libcairo2-dev libpango1.0-dev libjpeg-dev libgif-dev librsvg2-dev pkg-config",
            runtime: "fontconfig fonts-dejavu-core",
            note: "draws text with the fonts of the image, which are DejaVu's alone; add others to 'runtime-packages'"),
        .init("@napi-rs/canvas", .brought), .init("skia-canvas", .downloaded, runtime: "fontconfig fonts-dejavu-core"),
        .init("gl", .downloaded, build: "libgl1-mesa-dev libxi-dev libxext-dev pkg-config", runtime: "libgl1"),
        .init("gm", .none, runtime: "graphicsmagick"), .init("imagemagick", .none, runtime: "imagemagick"),
        .init("pdf2pic", .none, runtime: "graphicsmagick ghostscript"),
        .init("pdf-poppler", .none, runtime: "poppler-utils"),
        .init("node-poppler", .none, runtime: "poppler-utils"),
        .init("node-tesseract-ocr", .none, runtime: "tesseract-ocr"),
        .init("fluent-ffmpeg", .none, runtime: "ffmpeg"), .init("ffmpeg-static", .downloaded),
        .init("imagemin-mozjpeg", .downloaded, build: "autoconf automake libtool nasm"),
        .init("imagemin-pngquant", .downloaded, build: "libpng-dev"),
        .init("mozjpeg", .downloaded, build: "autoconf automake libtool nasm"),
        .init("pngquant-bin", .downloaded, build: "libpng-dev"),
        .init("gifsicle", .downloaded, build: "autoconf automake libtool"),
    ]

    private static let cryptography: [NativePackage] = [
        .init("bcrypt", .downloaded, until: "6.0.0"), .init("argon2", .downloaded, until: "0.40.0"),
        .init("@node-rs/bcrypt", .brought), .init("@node-rs/argon2", .brought), .init("@mongodb-js/zstd", .downloaded),
        .init("sodium-native", .brought), .init("sodium", .compiled, build: "autoconf automake libtool"),
        .init("scrypt", .compiled), .init("keccak", .brought), .init("secp256k1", .brought),
        .init("bigint-buffer", .compiled),
        .init("ursa-optional", .compiled), .init("kerberos", .downloaded, build: "libkrb5-dev"),
        .init("pkcs11js", .compiled), .init("node-webcrypto-ossl", .compiled, build: "libssl-dev"),
        .init("blake-hash", .brought), .init("tiny-secp256k1", .compiled, until: "2.0.0"),
    ]

    private static let networks: [NativePackage] = [
        .init("node-rdkafka", .compiled, build: "libsasl2-dev libssl-dev libzstd-dev zlib1g-dev bash"),
        .init("@confluentinc/kafka-javascript", .downloaded, build: "libsasl2-dev libssl-dev libzstd-dev zlib1g-dev"),
        .init(
            "grpc", .downloaded,
            note:
                "is given up by its makers and does not compile on current releases of Node; @grpc/grpc-js takes its place"
        ),
        .init("zeromq", .brought, build: "libzmq3-dev cmake"), .init("cpu-features", .compiled),
        .init("ssh2", .compiled),
        .init("node-libcurl", .downloaded, build: "libcurl4-openssl-dev libssl-dev"), .init("unix-dgram", .compiled),
        .init("bufferutil", .brought), .init("utf-8-validate", .brought), .init("uWebSockets.js", .brought),
        .init("mediasoup", .downloaded, build: "python3-pip"), .init("@roamhq/wrtc", .brought),
        .init(
            "wrtc", .downloaded,
            note:
                "downloads an archive that is no longer served for current releases of Node; @roamhq/wrtc takes its place"
        ),
        .init("nodegit", .downloaded, build: "libkrb5-dev libssl-dev libcurl4-openssl-dev"),
        .init("ldapjs", .none), .init("ldap-client", .compiled, build: "libldap-dev libsasl2-dev"),
        .init("pcap", .compiled, build: "libpcap-dev"), .init("cap", .compiled, build: "libpcap-dev"),
        .init("raw-socket", .compiled), .init("net-ping", .none), .init("node-pty", .compiled),
        .init("posix", .compiled),
        .init(
            "simple-git", .none,
            note: "runs git, which brings perl along; add git to 'runtime-packages' where the service needs it"),
        .init("dd-trace", .brought), .init("@newrelic/native-metrics", .downloaded),
        .init("v8-profiler-next", .compiled),
        .init("heapdump", .compiled), .init("event-loop-stats", .compiled), .init("microtime", .brought),
        .init("@sentry/profiling-node", .brought), .init("@datadog/pprof", .brought),
    ]

    private static let data: [NativePackage] = [
        .init("re2", .downloaded), .init("libxmljs", .downloaded), .init("libxmljs2", .downloaded),
        .init("node-expat", .compiled), .init("iconv", .compiled), .init("snappy", .compiled, until: "7.0.0"),
        .init("farmhash", .compiled), .init("xxhash", .compiled), .init("xxhash-addon", .brought),
        .init("murmurhash-native", .compiled), .init("node-snap7", .brought), .init("lzma-native", .brought),
        .init("node-zstd", .compiled), .init("msgpackr-extract", .brought), .init("cbor-extract", .brought),
        .init("gdal-async", .downloaded), .init("zlib-sync", .compiled), .init("erlpack", .compiled),
        .init("@discordjs/opus", .downloaded), .init("node-opus", .compiled), .init("integer", .compiled),
        .init("deasync", .compiled), .init("ref-napi", .brought), .init("ffi-napi", .brought),
        .init("tree-sitter", .brought), .init("isolated-vm", .brought), .init("vm2", .none),
        .init("@tensorflow/tfjs-node", .downloaded), .init("onnxruntime-node", .downloaded),
        .init("hnswlib-node", .compiled),
        .init("faiss-node", .downloaded, build: "cmake libopenblas-dev"),
        .init("node-llama-cpp", .brought, build: "cmake"),
        .init(
            "node-sass", .downloaded,
            note: "is given up by its makers and does not compile on current releases of Node; sass takes its place"),
        .init("textract", .none, runtime: "poppler-utils"), .init("node-pandoc", .none, runtime: "pandoc"),
    ]

    private static let devices: [NativePackage] = [
        .init("usb", .brought, build: "libudev-dev", runtime: "libudev1"),
        .init("node-hid", .brought, build: "libudev-dev libusb-1.0-0-dev"),
        .init("@serialport/bindings-cpp", .brought), .init("serialport", .none), .init("i2c-bus", .compiled),
        .init("epoll", .compiled),
        .init("spi-device", .compiled),
        .init(
            "pigpio", .compiled,
            note: "needs the library pigpio of the machine that it drives, which is no package of Debian 13"),
        .init("@pokusew/pcsclite", .compiled, build: "libpcsclite-dev", runtime: "libpcsclite1"),
        .init("pcsclite", .compiled, build: "libpcsclite-dev", runtime: "libpcsclite1"),
        .init(
            "robotjs", .downloaded, build: "libxtst-dev",
            note: "moves the pointer of a desktop, which a service has none of"),
        .init("speaker", .compiled, build: "libasound2-dev"), .init("usocket", .compiled),
        .init("systeminformation", .none), .init("fsevents", .none),
    ]

    private static let browsers: [NativePackage] = [
        .init(
            "puppeteer", .none, environment: ["PUPPETEER_SKIP_DOWNLOAD": "true"],
            note: "\(browser); with chromium in 'runtime-packages' set PUPPETEER_EXECUTABLE_PATH=/usr/bin/chromium"),
        .init("puppeteer-core", .none),
        .init("playwright", .none, environment: ["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"], note: browser),
        .init("@playwright/test", .none, environment: ["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"]),
        .init("playwright-chromium", .none, environment: ["PLAYWRIGHT_SKIP_BROWSER_DOWNLOAD": "1"], note: browser),
        .init("chromedriver", .none, environment: ["CHROMEDRIVER_SKIP_DOWNLOAD": "true"], note: browser),
        .init("cypress", .none, environment: ["CYPRESS_INSTALL_BINARY": "0"]),
        .init("electron", .none, environment: ["ELECTRON_SKIP_BINARY_DOWNLOAD": "1"]),
        .init(
            "phantomjs-prebuilt", .downloaded, build: "bzip2",
            note: "is given up by its makers; run a browser as a service of its own"),
    ]

    /// What to say of packages that drive a browser.
    private static let browser =
        "drives a browser, which is not downloaded into an image; run the browser as a service of its own and connect to it"

    private static let tools: [NativePackage] = [
        .init("esbuild", .brought), .init("@swc/core", .brought), .init("@parcel/watcher", .brought),
        .init("lightningcss", .brought),
        .init("rollup", .brought), .init("@next/swc-linux-x64-gnu", .brought), .init("@rspack/core", .brought),
        .init("turbo", .brought), .init("nx", .brought), .init("@biomejs/biome", .brought),
        .init("unrs-resolver", .brought),
        .init("@tailwindcss/oxide", .brought), .init("protoc-gen-grpc-web", .downloaded),
        .init("grpc-tools", .downloaded),
    ]
}
