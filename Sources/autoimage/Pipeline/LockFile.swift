import Files
import OCI
import Planning
import SystemPackage

/// `autoimage.lock` beside the service's manifests: under version control, never in an image or a key.
struct LockFile: Sendable {
    let path: FilePath
    let pins: Pins

    /// Reads the lock of a service's folder; an absent one holds nothing.
    init(folder: FilePath) throws {
        path = folder.appending("autoimage.lock")
        guard let bytes = try HostFiles.read(path) else {
            pins = Pins()
            return
        }
        do {
            pins = try CanonicalJSON.decode(Pins.self, from: bytes)
        } catch let error as MalformedPin {
            throw LockFileError.refused(path, "\(error)")
        } catch {
            throw LockFileError.malformed(path)
        }
        guard pins.schemaVersion == Pins().schemaVersion else {
            throw LockFileError.schema(path, pins.schemaVersion)
        }
    }

    /// Writes pins that differ from what was read; returns whether they did.
    ///
    /// Only what this run changed is written over what the file holds now, so that two builds at once lose nothing.
    func update(_ changed: Pins, state: State) throws -> Bool {
        guard changed != pins else { return false }
        let held = try FileLock(state.lock("lock-\(Digest(of: path.string.utf8).hex)"))
        defer { _ = held }
        var merged = try LockFile(folder: path.removingLastComponent()).pins
        for (key, pin) in changed.bases where pins.bases[key] != pin { merged.bases[key] = pin }
        for key in pins.bases.keys where changed.bases[key] == nil { merged.bases[key] = nil }
        if changed.libraries != pins.libraries { merged.libraries = changed.libraries }
        try AtomicFile.write(try CanonicalJSON.encodePretty(merged), to: path)
        return true
    }
}

/// Why a lock file cannot be used.
enum LockFileError: Error, Equatable, CustomStringConvertible {
    case malformed(FilePath)
    case refused(FilePath, String)
    case schema(FilePath, Int)

    var description: String {
        switch self {
        case .malformed(let path):
            "\(path): is not a lock file; restore it from version control, or remove it to resolve again"
        case .refused(let path, let reason):
            "\(path): \(reason); restore it from version control, or remove it to resolve again"
        case .schema(let path, let version):
            "\(path): has schema \(version), which this autoimage does not know; use the version that wrote it"
        }
    }
}
