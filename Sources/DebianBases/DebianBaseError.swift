/// Why a base of the `debian` family cannot be resolved or assembled.
package enum DebianBaseError: Error, Equatable, CustomStringConvertible {
    /// The entry has no recipe: it is of another family.
    case noRecipe(base: String)
    case notPinned(base: String)
    case foreignPlatform(base: String, platform: String)
    /// Nothing on this host says where Debian's packages are.
    case noMirror
    /// `name` is the option or variable that holds the value.
    case malformedMirror(name: String, value: String)
    case noSecurityMirror(name: String, value: String)
    case noTool(String)
    case toolFailed(String, said: String)
    case noKeyring
    case badHome(String)
    case badPackageName(String)
    case badSuite(String)
    /// A link or a file stands where the base needs a folder.
    case blocked(base: String, path: String)
    case unknownPackage(name: String, suite: String, nearest: String?)
    case missingFromClosedList(names: [String], suite: String)
    case expired(suite: String, said: String)
    case unsigned(suite: String, said: String)
    case notOnMirror(suite: String, said: String)
    case unreachable(said: String)
    case noSpace(said: String)
    case aptFailed(said: String)
    /// The mirror no longer has the pinned versions, each `name version`, and nor has anything else that was asked.
    case gone(packages: [String], suite: String)
    /// The archive of `--debian-snapshot` cannot be used.
    case badSnapshot(url: String, said: String)
    case badKeyring(name: String, path: String)
    /// `--offline`, and the base has no pin yet.
    case unresolvedOffline(base: String)
    /// `--offline`, and these packages of a base, each `name version`, were never downloaded.
    case missingOffline(base: String, packages: [String])
    case wrongDigest(package: String, file: String, expected: String, actual: String)
    case badPackage(package: String, said: String)
    case interpreterFailed(base: String, said: String)
    /// A package that was added has a program that must run once, here or nowhere.
    case foreignProgram(base: String, program: String, platform: String)
    case programFailed(base: String, program: String, said: String)

    /// Whether trying again later may help: the command ends with 75.
    package var isTransient: Bool {
        switch self {
        case .unreachable: true
        default: false
        }
    }

    /// `a 1, b 2 and 40 more are`.
    private static func some(_ packages: [String]) -> String {
        let shown = packages.prefix(3).joined(separator: ", ")
        let more = packages.count > 3 ? " and \(packages.count - 3) more" : ""
        return shown + more + (packages.count == 1 ? " is" : " are")
    }

    package var description: String {
        switch self {
        case .noRecipe(let base):
            "base '\(base)' is not assembled from Debian packages, and autoimage cannot pull images yet; choose a base"
                + " whose catalog entry has 'debian'"
        case .notPinned(let base): "base '\(base)' has no pin: it is assembled only from exact package versions"
        case .foreignPlatform(let base, let platform):
            "base '\(base)' for \(platform) cannot be assembled here: nothing that this machine can run makes its"
                + " bytecode; assemble it on a \(platform) machine"
        case .noMirror:
            "no Debian mirror is known: this host has no Debian sources and no mmdebstrap; name one with"
                + " --debian-mirror URL, AUTOIMAGE_DEBIAN_MIRROR or debian-mirror in autoimage.toml"
        case .malformedMirror(let name, let value):
            "\(name): '\(value)' is not a mirror; write MIRROR-URL or MIRROR-URL,SECURITY-URL"
        case .noSecurityMirror(let name, let value):
            "\(name): '\(value)' does not end in /debian, so its security archive is unknown; write"
                + " MIRROR-URL,SECURITY-URL"
        case .toolFailed(let name, let said): "'\(name)' cannot be started: \(said); check the host's installation"
        case .noTool(let name):
            "'\(name)' is not installed: the debian bases need apt and dpkg; install them, or build on a Debian host"
        case .noKeyring:
            "/usr/share/keyrings/debian-archive-keyring.gpg is missing: Debian's packages cannot be verified without"
                + " it; install the package debian-archive-keyring"
        case .badHome(let path): "the state folder '\(path)' has a character that apt cannot take; set AUTOIMAGE_HOME"
        case .badPackageName(let name):
            "\(name.debugDescription) is not the name of a Debian package: lower-case letters, digits, '+', '-' and '.'"
        case .badSuite(let name):
            "\(name.debugDescription) is not the name of a Debian suite: lower-case letters, digits, '-' and '.'"
        case .blocked(let base, let path):
            "base '\(base)': \(path) cannot be made, as a link or a file stands on the way; mend 'links' of its catalog"
                + " entry"
        case .unknownPackage(let name, let suite, let nearest):
            "Debian \(suite) has no package '\(name)'"
                + (nearest.map { "; did you mean '\($0)'?" } ?? "; look for its name with apt-cache search")
        case .missingFromClosedList(let names, let suite):
            "Debian \(suite) offers no file for \(names.joined(separator: ", ")); mend the base's package list"
        case .expired(let suite, let said):
            "Debian \(suite)'s index on the mirror is past its Valid-Until date: it may be held back or abandoned;"
                + " name another mirror with --debian-mirror, or accept it with --allow-expired-suites\n  \(said)"
        case .unsigned(let suite, let said):
            "Debian \(suite)'s index is not signed by a key of debian-archive-keyring; update that package or name"
                + " another mirror with --debian-mirror\n  \(said)"
        case .notOnMirror(let suite, let said):
            "the Debian mirror lacks a part of \(suite); name another with --debian-mirror\n  \(said)"
        case .unreachable(let said):
            "the Debian mirror cannot be reached; check the network and proxy, or name another with"
                + " --debian-mirror, and try again\n  \(said)"
        case .noSpace(let said): "no space left for Debian packages; free some or set AUTOIMAGE_HOME\n  \(said)"
        case .aptFailed(let said): "apt cannot resolve or download the base's packages\n  \(said)"
        case .gone(let packages, let suite):
            "the Debian mirror no longer has \(packages.joined(separator: ", ")) of \(suite), as autoimage.lock pins:"
                + " take the present version with 'autoimage lock PATH --update"
                + " \(packages.map { String($0.prefix { $0 != " " }) }.joined(separator: " "))', or have the pinned one"
                + " fetched from a cache with --cache-from or from an archive of its day with --debian-snapshot URL"
        case .badSnapshot(let url, let said):
            "the Debian archive \(url) of --debian-snapshot cannot be used; check its address, which holds 'dists' and"
                + " 'pool'\n  \(said)"
        case .badKeyring(let name, let path):
            "\(name): '\(path)' is not a keyring that apt can take; give the path of a file, without spaces or brackets"
        case .unresolvedOffline(let base):
            "base '\(base)' is not in autoimage.lock, and resolving it needs the network; run once without --offline"
        case .missingOffline(let base, let packages):
            "base '\(base)' is not here, and with --offline nothing is fetched: \(Self.some(packages)) missing; run once"
                + " without --offline"
        case .wrongDigest(let package, let file, let expected, let actual):
            "\(file): package \(package) has digest \(actual), but autoimage.lock pins \(expected); refuse it, or"
                + " take the present version with autoimage lock --update"
        case .badPackage(let package, let said):
            "package \(package) cannot be unpacked; its download is kept, remove the state folder 'debian' and try again\n"
                + "  \(said)"
        case .foreignProgram(let base, let program, let platform):
            "base '\(base)' for \(platform) cannot be assembled here: '\(program)' of a package that was added lists its"
                + " plugins, and this machine cannot run it; build on a \(platform) machine"
        case .programFailed(let base, let program, let said):
            "base '\(base)': '\(program)' of a package that was added cannot list its plugins; leave the package out of"
                + " 'runtime-packages'\n  \(said)"
        case .interpreterFailed(let base, let said):
            "base '\(base)' is assembled, but its interpreter failed to make bytecode\n  \(said)"
        }
    }
}
