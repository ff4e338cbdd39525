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
                staticRuntime("debian", "bookworm", release: "debian-12", language: "web", libc: "2.36"),
                staticRuntime("debian", "trixie", release: "debian-13", language: "web", libc: "2.41"),
                staticRuntime("debian", "trixie", release: "debian-13", language: "jlink", libc: "2.41"),
                staticRuntime("official", nil, release: "debian-12", language: "web", libc: "2.36"),
            ] + node + java)

    private static let node: [BaseEntry] =
        interpreted("node", "bookworm", "18", release: "debian-12", libc: "2.36", tools: ["npm"], endOfLife: "2025-04")
        + interpreted("node", "trixie", "20", release: "debian-13", libc: "2.41", tools: ["npm"], endOfLife: "2026-04")
        + [("22", "2027-04"), ("24", "2028-04"), ("26", "2029-04")].flatMap {
            interpreted(
                "node", nil, $0.0, release: "debian-12", libc: "2.36", tools: ["npm", "g++", "make", "python3"],
                endOfLife: $0.1)
        }

    private static let java: [BaseEntry] =
        interpreted(
            "java", "bookworm", "17", release: "debian-12", libc: "2.36", tools: ["java", "javac", "mvn"],
            endOfLife: "2029-09")
        + ["21", "25"].flatMap {
            interpreted(
                "java", "trixie", $0, release: "debian-13", libc: "2.41", tools: ["java", "javac", "mvn"],
                endOfLife: "2031-09")
        }
        + ["8", "11", "17", "21", "25"].flatMap { version in
            ["mvn", "gradle"].flatMap {
                interpreted(
                    "java", nil, version, release: "ubuntu-24.04", libc: "2.39", tools: ["java", "javac", $0],
                    endOfLife: "2031-09", suffix: "-\($0)")
            }
        }

    /// A builder and runtimes with and without a shell of a language that an interpreter runs.
    private static func interpreted(
        _ language: String, _ suite: String?, _ version: String, release: String, libc: String, tools: [String],
        endOfLife: String, suffix: String = ""
    ) -> [BaseEntry] {
        let family = suite == nil ? "official" : "debian"
        let kinds = [("builder", true), ("runtime", suite == nil)] + (suite == nil ? [] : [("runtime-shell", true)])
        return kinds.map { kind, hasShell in
            let isBuilder = kind == "builder"
            let id = [family, suite, "\(language)-\(version)-\(kind)\(isBuilder ? suffix : "")"].compactMap(\.self)
            return BaseEntry(
                id: id.joined(separator: "/"), family: family, language: language, version: version,
                role: isBuilder ? .builder : .runtime, reference: id.joined(separator: "/"),
                libc: LibC(family: .glibc, version: libc), release: release,
                interpreter: try? ImagePath(parsing: "/usr/bin/\(language)"), abi: nil,
                shell: hasShell ? ImagePath("/bin/sh") : nil,
                user: isBuilder || suite == nil ? "0:0" : "65532:65532", tools: isBuilder ? tools : [],
                environment: ["PATH": "/usr/bin"], endOfLife: endOfLife, note: nil,
                debian: suite.map { recipe($0, [isBuilder ? "\(language)-dev" : language]) },
                packages: suite == nil ? [] : nil)
        }
    }

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
