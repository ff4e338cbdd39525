import Files
import Glibc
import Planning
import SystemPackage

/// Adds to an unpacked tree what packages leave to their scripts: links, accounts, certificates, places to write.
struct BaseFinisher {
    let root: FilePath
    let entry: BaseEntry
    let recipe: DebianRecipe

    /// Owners of what this adds, other than root.
    static let owners: [ImagePath: Owner] = [ImagePath("/home/nonroot"): .nonroot]

    /// Does everything but bytecode and modes.
    func finish() throws {
        try linkMergedFolders()
        for folder in [
            "etc", "etc/ssl", "etc/ssl/certs", "home", "home/nonroot", "root", "run/lock", "tmp", "usr/bin", "var",
            "var/tmp",
        ] {
            try HostFiles.makeFolder(root.appending(folder))
        }
        try writeAccounts()
        try writeCertificates()
        for (path, target) in recipe.links.sorted(by: { $0.key < $1.key }) {
            try link(ImagePath(parsing: path), to: target)
        }
        if HostFiles.exists(root.appending("usr/share/zoneinfo/Etc/UTC")) {
            try link(ImagePath("/etc/localtime"), to: "/usr/share/zoneinfo/Etc/UTC")
        }
        try link(ImagePath("/var/run"), to: "/run")
        try link(ImagePath("/var/lock"), to: "/run/lock")
    }

    private func linkMergedFolders() throws {
        for name in UnpackRules.mergedFolders {
            let isUsed = HostFiles.exists(root.appending("usr").appending(name))
            if isUsed || ["bin", "lib", "sbin"].contains(name) {
                try HostFiles.makeFolder(root.appending("usr").appending(name))
                try link(ImagePath.root.resolving(name), to: "usr/\(name)")
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
        try write(passwd, to: root.appending("etc/passwd"))
        let group = "root:x:0:\nnobody:x:65534:\ntty:x:5:\nstaff:x:50:\nnonroot:x:65532:\n"
        try write(group, to: root.appending("etc/group"))
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
        try write(services, to: root.appending("etc/nsswitch.conf"))
    }

    /// One file of all authorities, as `update-ca-certificates` makes it; the package's folder is not shipped.
    private func writeCertificates() throws {
        let folder = root.appending("usr/share/ca-certificates")
        guard HostFiles.exists(folder) else { return }
        var bundle = ""
        for path in try files(below: folder) where path.extension == "crt" {
            let text = String(decoding: try HostFiles.read(path) ?? [], as: UTF8.self)
            bundle += text + (text.hasSuffix("\n") ? "" : "\n")
        }
        try write(bundle, to: root.appending("etc/ssl/certs/ca-certificates.crt"))
        try HostFiles.remove(folder)
    }

    private func files(below folder: FilePath) throws -> [FilePath] {
        try HostFiles.names(in: folder).flatMap { name -> [FilePath] in
            let path = folder.appending(name)
            return name.hasSuffix(".crt") ? [path] : try files(below: path)
        }
    }

    /// Makes a link; what is at the path gives way, unless it is a folder with something in it.
    private func link(_ path: ImagePath, to target: String) throws {
        guard let parent = path.parent else { return }
        let place = root.pushing(FilePath(String(path.description.dropFirst())))
        try HostFiles.makeFolder(root.pushing(FilePath(String(parent.description.dropFirst()))))
        if unlink(place.string) != 0, errno == EISDIR || errno == EPERM { rmdir(place.string) }
        guard symlink(target, place.string) == 0 else { throw SystemError.last("create", place) }
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
