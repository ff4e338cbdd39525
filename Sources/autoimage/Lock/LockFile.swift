import ArgumentParser
import Files
import OCI
import Planning
import SystemPackage

/// `autoimage.lock` beside the service's manifests: under version control, never in an image or a key.
struct LockFile: Sendable {
    let path: FilePath
    let pins: Pins
    /// The schema of the file; nil where there is none yet.
    let schema: Int?
    /// Whether a change of the file is an error: `--locked`.
    let isLocked: Bool

    /// Reads the lock of a service's folder; an absent one holds nothing.
    init(folder: FilePath, locked: Bool = false) throws {
        path = folder.appending("autoimage.lock")
        isLocked = locked
        guard let bytes = try HostFiles.read(path) else {
            pins = Pins()
            schema = nil
            return
        }
        let contents = try LockReader(path: path, bytes: bytes).read()
        pins = contents.pins
        schema = contents.schema
    }

    /// Under `--locked`: fails where a plan needs what the file does not hold.
    ///
    /// Nothing is fetched or run to see it. What only a build can know, the shared libraries and what an official base brings, is looked at when it is known.
    func check(_ plans: [BuildPlan]) throws(LockFileError) {
        guard isLocked else { return }
        guard schema != nil else { throw .missing(path) }
        let changes = plans.flatMap(changes)
        let isOpen = plans.contains { $0.open != nil }
        guard changes.isEmpty else { throw .wouldChange(path, changes, byBuild: isOpen) }
    }

    /// What a plan is known to need that the file does not hold.
    private func changes(for plan: BuildPlan) -> [String] {
        var changes: [String] = []
        for base in [plan.builder.base, plan.runtime.base] where pins.pin(of: base) == nil {
            let why = pins.bases[base.key] == nil ? "is not in it" : "is in it for other packages or another image"
            if !changes.contains("base \(base.key) \(why)") { changes.append("base \(base.key) \(why)") }
        }
        for image in plan.images where image.digest == nil {
            changes.append("image \(image.key) is not in it")
        }
        if plan.open != nil {
            let known = pins.resolutions[plan.resolutionKey] == nil ? "is not in it" : "is in it for other requirements"
            changes.append("what is resolved for \(plan.resolutionKey) \(known)")
        }
        return changes + pins.changes(to: pins.withInstallers(of: plan))
    }

    /// What the file holds now.
    func current() throws -> Pins { try LockFile(folder: path.removingLastComponent()).pins }

    /// Writes pins that differ from what was read; returns whether the file changed.
    ///
    /// Only what this run changed is written over what the file holds now, so that two builds at once lose nothing. A
    /// file of an older schema is written anew. Under `--locked` nothing is written, and a difference is an error.
    func update(_ changed: Pins, state: State) throws -> Bool {
        let isOld = schema.map { $0 != LockWriter.schema } ?? false
        guard changed != pins || isOld && !isLocked else { return false }
        guard !isLocked else {
            let isLibraries = changed.libraries != pins.libraries
            throw LockFileError.wouldChange(path, pins.changes(to: changed), byBuild: isLibraries)
        }
        let held = try FileLock(state.lock("lock-\(Digest(of: path.string.utf8).hex)"))
        defer { _ = held }
        var merged = try current()
        Self.merge(pins.bases, changed.bases, into: &merged.bases)
        Self.merge(pins.references, changed.references, into: &merged.references)
        Self.merge(pins.libraries, changed.libraries, into: &merged.libraries)
        Self.merge(pins.images, changed.images, into: &merged.images)
        Self.merge(pins.installers, changed.installers, into: &merged.installers)
        Self.merge(pins.resolutions, changed.resolutions, into: &merged.resolutions)
        let text = Array(LockWriter.text(of: merged).utf8)
        guard try HostFiles.read(path) != text else { return false }
        try AtomicFile.write(text, to: path)
        return true
    }

    private static func merge<Value: Equatable>(
        _ old: [String: Value], _ new: [String: Value], into merged: inout [String: Value]
    ) {
        for (key, value) in new where old[key] != value { merged[key] = value }
        for key in old.keys where new[key] == nil { merged[key] = nil }
    }
}

/// Why a lock file cannot be used.
enum LockFileError: Error, Equatable, CustomStringConvertible {
    case malformed(FilePath, line: Int, what: String)
    case conflict(FilePath, line: Int)
    case schema(FilePath, Int)
    /// `--locked` without a file.
    case missing(FilePath)
    /// `--locked`, and these lines say what would be written; `byBuild` where only a build can find it out.
    case wouldChange(FilePath, [String], byBuild: Bool)
    /// A name given to `--update` that nothing in the file has.
    case unknownName(FilePath, String, known: [String])

    var description: String {
        switch self {
        case .malformed(let path, let line, let what):
            "\(path):\(line): \(what); restore it from version control, or remove it to resolve again"
        case .conflict(let path, let line):
            "\(path):\(line): has the marks of a merge conflict; take either side whole (git checkout --theirs or --ours"
                + " \(path.lastComponent?.string ?? "")), then run 'autoimage lock \(path.removingLastComponent())'"
        case .schema(let path, let version):
            "\(path): has schema \(version), and autoimage \(Autoimage.configuration.version) reads up to"
                + " \(LockWriter.schema); use the autoimage that wrote it, or a newer one"
        case .missing(let path):
            "\(path): is missing, and --locked wants it; run 'autoimage lock \(path.removingLastComponent())' with"
                + " the same options and commit the file"
        case .wouldChange(let path, let changes, let byBuild):
            "\(path): would change, and --locked forbids it:\n"
                + changes.map { "  \($0)\n" }.joined()
                + "run 'autoimage \(byBuild ? "build" : "lock") \(path.removingLastComponent())' with the same options"
                + " but --locked, and commit the file"
        case .unknownName(let path, let name, let known):
            known.isEmpty
                ? "\(path): holds nothing yet that '\(name)' could name; run 'autoimage lock' without --update"
                : "\(path): nothing in it is called '\(name)'; it has \(known.joined(separator: ", "))"
        }
    }
}
