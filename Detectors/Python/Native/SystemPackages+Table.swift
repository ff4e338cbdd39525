extension SystemPackages {
    /// Every project of the index that is known to need more than pip brings, by what it is for.
    static let table = databases + data + pictures + text + media + geography + devices + networks + languages

    private static let databases: [SystemPackage] = [
        .init("psycopg2", build: "libpq-dev", always: true),
        .init("psycopg2-binary", build: "libpq-dev", imports: "psycopg2"),
        // Without its C part it opens libpq by name.
        .init("psycopg", runtime: "libpq5", unless: "psycopg-binary psycopg-c [binary] [c]"),
        .init("psycopg-c", build: "libpq-dev", always: true, imports: "psycopg_c"),
        .init("psycopg-binary", build: "libpq-dev"),
        .init("pygresql", build: "libpq-dev", always: true, imports: "pg pgdb"),
        .init("mysqlclient", build: "default-libmysqlclient-dev pkg-config", always: true, imports: "MySQLdb"),
        .init("mariadb", build: "libmariadb-dev", always: true),
        .init("pymssql", build: "freetds-dev libkrb5-dev"),
        .init(
            "pyodbc", build: "unixodbc-dev",
            note:
                "no ODBC driver is in the image; add odbc-postgresql, odbc-mariadb or tdsodbc to 'runtime-packages' and name the driver by its file in the connection (DRIVER=/usr/lib/…/odbc/….so), Microsoft's own has to be copied into the service"
        ),
        .init(
            "oracledb",
            note: "works in thin mode; thick mode needs Oracle's Instant Client, which is no package of Debian"),
        .init(
            "cx-oracle", imports: "cx_Oracle",
            note: "needs Oracle's Instant Client, which is no package of Debian; oracledb needs none"),
        .init(
            "ibm-db", build: "libxml2-dev", imports: "ibm_db",
            note: "brings IBM's driver for x86_64 alone, which links libxml2, libcrypt and libpam of the system"),
        .init("pysqlcipher3", build: "libsqlcipher-dev", always: true),
        .init("sqlcipher3", build: "libsqlcipher-dev"),
        .init("plyvel", build: "libleveldb-dev"),
        .init("pylibmc", build: "libmemcached-dev zlib1g-dev libsasl2-dev"),
        .init("confluent-kafka", build: "librdkafka-dev"),
        .init("python-snappy", build: "libsnappy-dev", imports: "snappy"),
        .init("django-mysql", brings: "mysqlclient"),
    ]

    private static let data: [SystemPackage] = [
        .init("numpy", build: "libopenblas-dev gfortran pkg-config"),
        .init("scipy", build: "libopenblas-dev gfortran pkg-config"),
        .init("pandas"), .init("scikit-learn", imports: "sklearn"),
        .init("matplotlib", build: "libfreetype-dev pkg-config"),
        .init("h5py", build: "libhdf5-dev pkg-config"),
        .init("tables", build: "libhdf5-dev libbz2-dev liblzo2-dev libblosc-dev pkg-config"),
        .init("netcdf4", build: "libnetcdf-dev libhdf5-dev pkg-config", imports: "netCDF4"),
        .init("eccodes", build: "libeccodes-dev", runtime: "libeccodes0", unless: "eccodeslib"),
        .init("cfgrib", brings: "eccodes"),
        .init("pygsl", build: "libgsl-dev", always: true), .init("pyfftw", build: "libfftw3-dev"),
        .init("gmpy2", build: "libgmp-dev libmpfr-dev libmpc-dev"),
        .init("pygraphviz", build: "libgraphviz-dev pkg-config", runtime: "graphviz", always: true),
        .init("graphviz", runtime: "graphviz"), .init("pydot", runtime: "graphviz"),
        .init("diagrams", brings: "graphviz"),
        .init(
            "pyspark",
            note:
                "needs Java: add default-jre-headless to 'runtime-packages' and set JAVA_HOME to its folder in /usr/lib/jvm"
        ),
        .init(
            "jpype1", imports: "jpype",
            note:
                "needs Java: add default-jre-headless to 'runtime-packages' and set JAVA_HOME to its folder in /usr/lib/jvm"
        ),
        .init(
            "tabula-py", imports: "tabula",
            note:
                "needs Java: add default-jre-headless to 'runtime-packages' and set JAVA_HOME to its folder in /usr/lib/jvm"
        ),
        .init("sentencepiece", build: "libsentencepiece-dev pkg-config cmake"),
    ]

    private static let pictures: [SystemPackage] = [
        .init(
            "pillow",
            build:
                "libjpeg-dev zlib1g-dev libfreetype-dev libwebp-dev libtiff-dev libopenjp2-7-dev liblcms2-dev pkg-config",
            imports: "PIL"),
        .init("pillow-heif", build: "libheif-dev"),
        .init("pycairo", build: "libcairo2-dev pkg-config", always: true, imports: "cairo"),
        .init(
            "pygobject", build: "libgirepository1.0-dev libcairo2-dev pkg-config", runtime: "gir1.2-glib-2.0",
            always: true, imports: "gi"),
        .init("cairocffi", runtime: "libcairo2"), .init("cairosvg", brings: "cairocffi"),
        .init(
            "weasyprint",
            runtime:
                "libpango-1.0-0 libpangoft2-1.0-0 libharfbuzz0b libharfbuzz-subset0 fontconfig-config fonts-dejavu-core"
        ),
        .init("django-weasyprint", brings: "weasyprint"), .init("flask-weasyprint", brings: "weasyprint"),
        .init("opencv-python-headless", imports: "cv2"), .init("opencv-contrib-python-headless", imports: "cv2"),
        .init("opencv-python", linked: "libgl1 libglib2.0-0", imports: "cv2", note: headless),
        .init("opencv-contrib-python", linked: "libgl1 libglib2.0-0", imports: "cv2", note: headless),
        .init("pyvips", build: "libvips-dev pkg-config", runtime: "libvips42", unless: "pyvips-binary [binary]"),
        .init("wand", runtime: "libmagickwand-6.q16-6"),
        .init("pyzbar", runtime: "libzbar0"), .init("pylibdmtx", runtime: "libdmtx0b"),
        .init("pdf2image", runtime: "poppler-utils"),
        .init("pdftotext", build: "libpoppler-cpp-dev pkg-config", always: true),
        .init("ghostscript", runtime: "libgs10"), .init("camelot-py", runtime: "libgs10", imports: "camelot"),
        .init("pytesseract", runtime: "tesseract-ocr"), .init("pyocr", runtime: "tesseract-ocr"),
        .init("tesserocr", build: "libtesseract-dev libleptonica-dev pkg-config", runtime: "tesseract-ocr-eng"),
        .init("ocrmypdf", runtime: "tesseract-ocr ghostscript"),
    ]

    /// What to say of OpenCV with windows.
    private static let headless =
        "opencv-python draws windows, which a service has none of; opencv-python-headless needs no library of the system"

    private static let text: [SystemPackage] = [
        .init("lxml", build: "libxml2-dev libxslt1-dev zlib1g-dev"),
        .init("xmlsec", build: "libxmlsec1-dev libxml2-dev pkg-config"),
        .init("python3-saml", imports: "onelogin", brings: "xmlsec"),
        .init("pysaml2", runtime: "xmlsec1", imports: "saml2"), .init("djangosaml2", brings: "pysaml2"),
        .init("pyyaml", build: "libyaml-dev", imports: "yaml"),
        .init("python-magic", runtime: "libmagic1", imports: "magic"),
        .init("filemagic", runtime: "libmagic1", imports: "magic"),
        .init("pyenchant", runtime: "libenchant-2-2 hunspell-en-us", imports: "enchant"),
        .init("pytidylib", runtime: "libtidy5deb1", imports: "tidylib"),
        .init("pypandoc", runtime: "pandoc", unless: "pypandoc-binary"),
        .init(
            "pdfkit",
            note:
                "runs wkhtmltopdf, which Debian has no more since Debian 13; add it to 'runtime-packages' on Debian 12, or use weasyprint"
        ),
        .init(
            "imgkit",
            note:
                "runs wkhtmltoimage, which Debian has no more since Debian 13; add wkhtmltopdf to 'runtime-packages' on Debian 12"
        ),
        .init("libarchive-c", runtime: "libarchive13", imports: "libarchive"),
        .init("hunspell", build: "libhunspell-dev", always: true),
        .init("re2", build: "libre2-dev", always: true),
    ]

    private static let media: [SystemPackage] = [
        .init("pydub", runtime: "ffmpeg"), .init("ffmpeg-python", runtime: "ffmpeg", imports: "ffmpeg"),
        .init("openai-whisper", runtime: "ffmpeg", imports: "whisper"), .init("audioread", runtime: "ffmpeg"),
        .init("soundfile"), .init("moviepy"),
        .init("pyaudio", build: "portaudio19-dev", always: true), .init("sounddevice", runtime: "libportaudio2"),
        .init("pyttsx3", runtime: "libespeak1"), .init("python-vlc", runtime: "libvlc5", imports: "vlc"),
        .init("pymediainfo", runtime: "libmediainfo0v5"),
        .init(
            "av",
            build:
                "libavcodec-dev libavdevice-dev libavfilter-dev libavformat-dev libswresample-dev libswscale-dev pkg-config"
        ),
    ]

    private static let geography: [SystemPackage] = [
        .init(
            "gdal", build: "libgdal-dev", always: true, imports: "osgeo",
            note: "must be of just the version that Debian's libgdal has; fiona, rasterio and pyogrio bring their own"),
        .init("fiona", build: "libgdal-dev"), .init("rasterio", build: "libgdal-dev"),
        .init("pyogrio", build: "libgdal-dev"), .init("shapely", build: "libgeos-dev"),
        .init("pyproj", build: "libproj-dev proj-bin"), .init("cartopy", build: "libgeos-dev libproj-dev"),
        .init("rtree", build: "libspatialindex-dev"),
    ]

    private static let devices: [SystemPackage] = [
        .init("pyscard", build: "libpcsclite-dev swig", runtime: "libpcsclite1", imports: "smartcard"),
        .init("pycups", build: "libcups2-dev", always: true, imports: "cups"),
        .init("pyusb", runtime: "libusb-1.0-0", imports: "usb"), .init("pyudev", runtime: "libudev1"),
        .init("systemd-python", build: "libsystemd-dev pkg-config", always: true, imports: "systemd"),
        .init("dbus-python", build: "libdbus-1-dev libglib2.0-dev pkg-config", always: true, imports: "dbus"),
        .init("libvirt-python", build: "libvirt-dev pkg-config", always: true, imports: "libvirt"),
        .init("rrdtool", build: "librrd-dev", always: true),
        .init("evdev", build: "linux-libc-dev", always: true),
        .init("yara-python", build: "libssl-dev", imports: "yara"),
        .init("playwright", note: browser), .init("selenium", note: browser), .init("pyppeteer", note: browser),
        .init("xvfbwrapper", note: browser),
    ]

    /// What to say of projects that drive a browser.
    private static let browser =
        "drives a browser, which is not installed into an image; run the browser as a service of its own and connect to it"

    private static let networks: [SystemPackage] = [
        .init("uwsgi", always: true), .init("pyuwsgi", imports: "uwsgi"),
        .init("gevent", build: "libffi-dev"), .init("greenlet"),
        .init("grpcio", imports: "grpc"), .init("netifaces", always: true),
        .init("pycurl", build: "libcurl4-openssl-dev libssl-dev"),
        .init("python-ldap", build: "libldap-dev libsasl2-dev", always: true, imports: "ldap"),
        .init("django-auth-ldap", brings: "python-ldap"),
        .init("gssapi", build: "libkrb5-dev", always: true), .init("kerberos", build: "libkrb5-dev", always: true),
        .init("pykerberos", build: "libkrb5-dev", always: true, imports: "kerberos"),
        .init("krb5", build: "libkrb5-dev", always: true),
        .init("requests-kerberos", brings: "gssapi"), .init("requests-gssapi", brings: "gssapi"),
        .init("sasl", build: "libsasl2-dev", always: true), .init("thrift", always: true),
        .init("ssh-python", build: "libssh-dev libssl-dev cmake", imports: "ssh"),
        .init("ssh2-python", build: "libssh2-1-dev libssl-dev cmake", imports: "ssh2"),
        .init("pygit2", build: "libgit2-dev"), .init("pyzmq", build: "libzmq3-dev cmake", imports: "zmq"),
        .init("pypcap", build: "libpcap-dev", always: true, imports: "pcap"),
        .init("netfilterqueue", build: "libnetfilter-queue-dev", always: true),
        .init(
            "gitpython", imports: "git",
            note: "runs git, which brings perl along; add git to 'runtime-packages' where the service needs it"),
        .init("python-gnupg", runtime: "gpg", imports: "gnupg"),
        .init(
            "mod-wsgi", build: "apache2-dev", always: true, imports: "mod_wsgi",
            note: "needs Apache at run time: add apache2-bin to 'runtime-packages', or use gunicorn"),
        .init("mysql-connector-python", imports: "mysql"), .init("mysql-connector", imports: "mysql"),
    ]

    private static let languages: [SystemPackage] = [
        .init("cffi", build: "libffi-dev"),
        .init("cryptography", build: "libssl-dev pkg-config", rust: true), .init("bcrypt", rust: true),
        .init("orjson", rust: true), .init("pydantic-core", rust: true), .init("rpds-py", rust: true),
        .init("tokenizers", rust: true), .init("tiktoken", rust: true), .init("safetensors", rust: true),
        .init("jiter", rust: true), .init("polars", rust: true), .init("watchfiles", rust: true),
        .init("nh3", rust: true), .init("cramjam", rust: true), .init("maturin", rust: true),
        .init("pynacl", build: "libffi-dev", imports: "nacl"),
        .init("argon2-cffi-bindings", build: "libffi-dev", imports: "_argon2_cffi_bindings"),
        .init("m2crypto", build: "libssl-dev swig", always: true, imports: "M2Crypto"),
        .init("pyopenssl", imports: "OpenSSL"), .init("uvloop", build: "autoconf automake libtool"),
    ]
}
