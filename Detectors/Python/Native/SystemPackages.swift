import Planning

/// Which Debian packages a builder needs to compile requirements that come as source.
enum SystemPackages {
    /// One project of the index.
    struct Row: Sendable {
        let requirement: String
        /// Packages of the builder.
        let packages: [String]
        /// Whether the index has no wheels, so that it is always compiled.
        let isAlwaysBuilt: Bool

        init(_ requirement: String, _ packages: [String], always: Bool = false) {
            self.requirement = requirement
            self.packages = packages
            isAlwaysBuilt = always
        }
    }

    static let table = [
        Row("psycopg2", ["libpq-dev"], always: true),
        Row("mysqlclient", ["default-libmysqlclient-dev", "pkg-config"], always: true),
        Row("pycairo", ["libcairo2-dev", "pkg-config"], always: true),
        Row("pygobject", ["libgirepository1.0-dev", "libcairo2-dev", "pkg-config"], always: true),
        Row("python-ldap", ["libldap-dev", "libsasl2-dev"], always: true),
        Row("uwsgi", [], always: true),
        Row("dbus-python", ["libdbus-1-dev", "libglib2.0-dev", "pkg-config"], always: true),
        Row("pygraphviz", ["libgraphviz-dev", "pkg-config"], always: true),
        Row("psycopg-c", ["libpq-dev"], always: true),
        Row("xmlsec", ["libxmlsec1-dev", "libxml2-dev", "pkg-config"]),
        Row("lxml", ["libxml2-dev", "libxslt1-dev"]),
        Row("pillow", ["libjpeg-dev", "zlib1g-dev", "libfreetype-dev", "libwebp-dev"]),
        Row("cffi", ["libffi-dev"]),
        Row("cryptography", ["libssl-dev", "cargo", "pkg-config"]),
        Row("pyodbc", ["unixodbc-dev"]),
        Row("h5py", ["libhdf5-dev", "pkg-config"]),
        Row("pynacl", ["libsodium-dev", "libffi-dev"]),
        Row("psycopg2-binary", ["libpq-dev"]),
    ]

    /// The packages to add to a builder, each with the line that asks for it.
    static func needed(for requirements: RequirementSet, python: String, builder: BaseEntry) -> [Decided<String>] {
        var result: [Decided<String>] = []
        func add(_ names: [String], _ reason: Reason) {
            for name in names where !result.contains(where: { $0.value == name }) {
                result.append(Decided(name, reason))
            }
        }
        let compiler = builder.tools.contains("gcc") ? [] : ["gcc", "libc6-dev", "python\(python)-dev"]
        for requirement in requirements.requirements {
            if case .url(let address) = requirement.source, address.hasPrefix("git+"), !builder.tools.contains("git") {
                add(["git"], .found(evidence: [requirement.evidence]))
            }
            guard let name = requirement.name else { continue }
            let row = table.first { $0.requirement == name }
            let forced = requirements.noBinary[name] ?? requirements.noBinary[":all:"]
            guard forced != nil || row?.isAlwaysBuilt == true else { continue }
            let reason = Reason.found(evidence: [requirement.evidence] + (forced.map { [$0] } ?? []))
            add(compiler + (row?.packages ?? []), reason)
        }
        // A project of the source tree may bring C of its own; only its build knows.
        return result.sorted { $0.value < $1.value }
    }
}
