import Files
import Glibc
import Images
import Planning
import SystemPackage

/// Adds to an unpacked tree what packages leave to their scripts: links, accounts, certificates, places to write.
///
/// A catalog is a file of the user's repository and may name any link, so nothing here is reached through one.
struct BaseFinisher {
    private let root: FilePath
    private let tree: HostFolder
    private let entry: BaseEntry
    private let recipe: DebianRecipe
    /// Debian's name of the machine that the base is for.
    private let architecture: String

    init(root: FilePath, entry: BaseEntry, recipe: DebianRecipe, architecture: String) throws {
        self.root = root
        tree = try HostFolder(root)
        self.entry = entry
        self.recipe = recipe
        self.architecture = architecture
    }

    /// Owners of what this adds, other than root.
    static let owners: [ImagePath: Owner] = [ImagePath("/home/nonroot"): .nonroot]

    /// Where the package of certificate authorities has them, each in a file.
    static let authorities = ImagePath("/usr/share/ca-certificates")

    /// Does everything but bytecode and modes.
    ///
    /// `alternatives` are links of which each stands only where nothing else does.
    func finish(_ alternatives: [AlternativeLink] = []) throws {
        do { try finishChecked(alternatives) } catch UnpackError.linkInPath(let path) {
            throw DebianBaseError.blocked(base: entry.id, path: path.description)
        }
    }

    private func finishChecked(_ alternatives: [AlternativeLink]) throws {
        try linkMergedFolders()
        for folder in [
            ImagePath("/etc/ssl/certs"), ImagePath("/home/nonroot"), ImagePath("/root"), ImagePath("/run/lock"),
            ImagePath("/tmp"), ImagePath("/usr/bin"), ImagePath("/var/tmp"),
        ] {
            try tree.makeFolder(at: folder)
        }
        try writeAccounts()
        try writeCertificates()
        for (path, target) in recipe.links.sorted(by: { $0.key < $1.key }) {
            let stated = try ImagePath(parsing: path)
            // The folders at the root are links by now.
            let meant = target.replacing("{architecture}", with: architecture)
            try tree.link(UnpackRules.merged(stated) ?? stated, to: meant)
        }
        for (link, target) in try Alternatives.chosen(alternatives, in: tree) {
            try tree.link(link, to: target.description)
        }
        if try tree.kind(at: ImagePath("/usr/share/zoneinfo/Etc/UTC")) != nil {
            try tree.link(ImagePath("/etc/localtime"), to: "/usr/share/zoneinfo/Etc/UTC")
        }
        try tree.link(ImagePath("/var/run"), to: "/run")
        try tree.link(ImagePath("/var/lock"), to: "/run/lock")
    }

    private func linkMergedFolders() throws {
        for name in UnpackRules.mergedFolders {
            let place = ImagePath("/usr").resolving(name)
            if try tree.kind(at: place) != nil || ["bin", "lib", "sbin"].contains(name) {
                try tree.makeFolder(at: place)
                try tree.link(ImagePath.root.resolving(name), to: "usr/\(name)")
            }
        }
    }

    private func writeAccounts() throws {
        let shell = entry.shell?.description ?? "/usr/sbin/nologin"
        let passwd = """
            root:x:0:0:root:/root:\(shell)
            nobody:x:65534:65534:nobody:/nonexistent:/usr/sbin/nologin
            nonroot:x:65532:65532:nonroot:/home/nonroot:/usr/sbin/nologin

            """
        try tree.write(passwd, to: ImagePath("/etc/passwd"))
        let group = "root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n"
        try tree.write(group, to: ImagePath("/etc/group"))
        let services = """
            passwd: files
            group: files
            shadow: files
            hosts: files dns
            networks: files
            protocols: files
            services: files
            ethers: files
            rpc: files

            """
        try tree.write(services, to: ImagePath("/etc/nsswitch.conf"))
    }

    /// One file of all authorities, as `update-ca-certificates` makes it, and Java's, where the base is to have it; the
    /// package's folder is not shipped.
    private func writeCertificates() throws {
        let place = Self.authorities
        guard let folder = try tree.folder(at: place) else { return }
        let files = try certificates(in: folder)
        try tree.write(files.map(\.text).joined(), to: ImagePath("/etc/ssl/certs/ca-certificates.crt"))
        if let path = recipe.trustStore {
            let store = try JavaTrustStore(pem: files) {
                .badPackage(package: "ca-certificates", said: "'\($0)' holds no certificate")
            }
            try tree.write(store.bytes, to: path)
        }
        try tree.remove(at: place)
    }

    /// The files of authorities, in the order of their names, each ending with a line feed.
    private func certificates(in folder: HostFolder) throws -> [(name: String, text: String)] {
        var files: [(name: String, text: String)] = []
        for name in try folder.names().sorted(by: { $0.utf8.lexicographicallyPrecedes($1.utf8) }) {
            if let inner = try folder.folder(name) {
                files += try certificates(in: inner)
            } else if name.hasSuffix(".crt"), let bytes = try folder.read(name) {
                let text = String(decoding: bytes, as: UTF8.self)
                files.append((String(name.dropLast(4)), text + (text.hasSuffix("\n") ? "" : "\n")))
            }
        }
        return files
    }

    /// Gives every folder the mode its package states, or 0755, and every file of bytecode 0644, so that no umask
    /// shows; returns the bytes of all files.
    func settleModes(_ stated: [ImagePath: UInt16]) throws -> Int64 {
        var modes = stated
        modes[ImagePath("/tmp")] = 0o1777
        modes[ImagePath("/var/tmp")] = 0o1777
        modes[ImagePath("/root")] = 0o700
        modes[ImagePath("/home/nonroot")] = 0o700
        return try settle(root.string, .root, modes)
    }

    /// Host paths are texts here: there are thousands.
    private func settle(_ folder: String, _ path: ImagePath, _ modes: [ImagePath: UInt16]) throws -> Int64 {
        guard chmod(folder, 0o700) == 0 else { throw SystemError.last("change the mode of", FilePath(folder)) }
        var size: Int64 = 0
        for name in try HostFiles.names(in: FilePath(folder)) {
            let place = folder + "/" + name
            var status = stat()
            guard lstat(place, &status) == 0 else { throw SystemError.last("read", FilePath(place)) }
            switch status.st_mode & S_IFMT {
            case S_IFDIR: size += try settle(place, path.resolving(name), modes)
            case S_IFREG:
                size += Int64(status.st_size)
                if name.hasSuffix(".pyc"), chmod(place, 0o644) != 0 {
                    throw SystemError.last("change the mode of", FilePath(place))
                }
            default: break
            }
        }
        guard chmod(folder, UInt32(modes[path] ?? 0o755)) == 0 else {
            throw SystemError.last("change the mode of", FilePath(folder))
        }
        return size
    }
}
