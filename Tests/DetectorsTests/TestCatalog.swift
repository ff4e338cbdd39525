import Planning

/// A small catalog with the shape of the real one.
enum TestCatalog {
    static let catalog = BaseCatalog(
        date: "2026-11-20",
        entries: debian("bookworm", "3.11", release: "debian-12", libc: "2.36", endOfLife: "2027-10")
            + debian("trixie", "3.13", release: "debian-13", libc: "2.41", endOfLife: "2029-10")
            + debian("testing", "3.14", release: "debian-14", libc: "2.42", endOfLife: "2030-10")
            + ["3.9", "3.12", "3.13"].flatMap(official)
            + [
                go("debian", "bookworm", "1.19", release: "debian-12", libc: "2.36"),
                go("debian", "trixie", "1.24", release: "debian-13", libc: "2.41"),
                go("debian", "testing", "1.27", release: "debian-14", libc: "2.42"),
                go("official", nil, "1.22", release: "debian-12", libc: "2.36"),
                staticRuntime("debian", "bookworm", release: "debian-12"),
                staticRuntime("debian", "trixie", release: "debian-13"),
                staticRuntime("debian", "testing", release: "debian-14"),
                staticRuntime("official", nil, release: "debian-12"),
                staticRuntime("debian", "trixie", release: "debian-13", language: "static-net"),
                staticRuntime("debian", "trixie", release: "debian-13", language: "scratch"),
                staticRuntime("debian", "bookworm", release: "debian-12", language: "cc", libc: "2.36"),
                staticRuntime("debian", "trixie", release: "debian-13", language: "cc", libc: "2.41"),
            ])

    private static func go(
        _ family: String, _ suite: String?, _ version: String, release: String, libc: String
    ) -> BaseEntry {
        BaseEntry(
            id: [family, suite, "go-\(version)-builder"].compactMap(\.self).joined(separator: "/"), family: family,
            language: "go", version: version, role: .builder, reference: "go:\(version)",
            libc: LibC(family: .glibc, version: libc), release: release, interpreter: nil, abi: nil,
            shell: ImagePath("/bin/sh"), user: "0:0", tools: ["go"], environment: ["PATH": "/usr/bin"],
            endOfLife: "2027-08", note: suite == "testing" ? "Debian testing, not yet released" : nil,
            debian: suite.map { recipe($0, ["golang-\(version)-go"]) })
    }

    private static func staticRuntime(
        _ family: String, _ suite: String?, release: String, language: String = "static", libc: String? = nil
    ) -> BaseEntry {
        BaseEntry(
            id: [family, suite, "\(language)-runtime"].compactMap(\.self).joined(separator: "/"), family: family,
            language: language, version: "1", role: .runtime, reference: "\(language):1",
            libc: LibC(family: libc == nil ? .none : .glibc, version: libc), release: release, interpreter: nil,
            abi: nil, shell: nil,
            user: "65532:65532", tools: [], environment: ["SSL_CERT_FILE": "/etc/ssl/certs/ca-certificates.crt"],
            endOfLife: nil, note: nil, debian: suite.map { recipe($0, ["ca-certificates"]) })
    }

    private static func recipe(_ suite: String, _ packages: [String]) -> DebianRecipe {
        DebianRecipe(
            suite: suite, extraSuites: [], packages: packages, closed: false, drop: [], links: [:], bytecode: [])
    }

    private static func debian(
        _ suite: String, _ version: String, release: String, libc: String, endOfLife: String
    ) -> [BaseEntry] {
        [(BaseEntry.Role.builder, false), (.runtime, false), (.runtime, true)].map { role, hasShell in
            let isBuilder = role == .builder
            return entry(
                "debian/\(suite)/python-\(version)-\(role.rawValue)\(hasShell ? "-shell" : "")", family: "debian",
                version: version, role: role, libc: libc, release: release, interpreter: "/usr/bin/python\(version)",
                shell: isBuilder || hasShell ? "/bin/sh" : nil, tools: isBuilder ? ["gcc", "pip"] : [],
                endOfLife: endOfLife, note: suite == "testing" ? "Debian testing, not yet released" : nil,
                debian: DebianRecipe(
                    suite: suite, extraSuites: [], packages: isBuilder ? ["gcc", "python3-pip"] : ["python3-minimal"],
                    closed: !isBuilder, drop: [], links: [:], bytecode: []))
        }
    }

    private static func official(_ version: String) -> [BaseEntry] {
        [BaseEntry.Role.builder, .runtime].map { role in
            entry(
                "official/python-\(version)-\(role.rawValue)", family: "official", version: version, role: role,
                libc: "2.36", release: "debian-12", interpreter: "/usr/local/bin/python\(version)", shell: "/bin/sh",
                tools: role == .builder ? ["gcc", "git", "pip"] : ["pip"],
                endOfLife: version == "3.9" ? "2025-10" : "2028-10", note: nil,
                debian: nil, packages: role == .builder ? ["libpq-dev"] : [])
        }
    }

    private static func entry(
        _ id: String, family: String, version: String, role: BaseEntry.Role, libc: String, release: String,
        interpreter: String, shell: String?, tools: [String], endOfLife: String, note: String?, debian: DebianRecipe?,
        packages: [String]? = nil
    ) -> BaseEntry {
        BaseEntry(
            id: id, family: family, language: "python", version: version, role: role, reference: id,
            libc: LibC(family: .glibc, version: libc), release: release,
            interpreter: try? ImagePath(parsing: interpreter),
            abi: "cp" + version.replacing(".", with: ""), shell: shell.flatMap { try? ImagePath(parsing: $0) },
            user: debian == nil ? "0:0" : "65532:65532", tools: tools, environment: [:], endOfLife: endOfLife,
            note: note,
            debian: debian, packages: packages)
    }
}
