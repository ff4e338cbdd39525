import Formats
import Planning

/// A file that a lock names for one version of a package.
struct LockedFile: Hashable, Sendable {
    /// `numpy-2.1.0-cp313-cp313-manylinux_2_17_x86_64.whl` or `numpy-2.1.0.tar.gz`.
    let name: String
    /// `sha256:…`; nil where the lock knows none.
    let hash: String?

    init(name: String, hash: String?) {
        self.name = name
        self.hash = hash
    }

    /// The file that an address or a path ends with, without its query and with `%2B` and its kin decoded.
    init(address: String, hash: String?) {
        let path = address.prefix { $0 != "#" && $0 != "?" }
        self.init(name: Self.decoded(String(path.split(separator: "/").last ?? path)), hash: hash)
    }

    private static func decoded(_ text: String) -> String {
        var bytes: [UInt8] = []
        var rest = Array(text.utf8)[...]
        while let byte = rest.popFirst() {
            if byte == UInt8(ascii: "%"), rest.count > 1,
                let value = UInt8(String(decoding: rest.prefix(2), as: UTF8.self), radix: 16)
            {
                bytes.append(value)
                rest = rest.dropFirst(2)
            } else {
                bytes.append(byte)
            }
        }
        return String(decoding: bytes, as: UTF8.self)
    }
}

/// The files that a lock names for one version of a package, of which one is installed.
struct LockedFiles: Sendable {
    /// Normalised (PEP 503).
    let package: String
    let version: String
    let files: [LockedFile]
    /// Where the lock names the package.
    let evidence: Evidence

    /// The file that is installed, and what kind it is.
    struct Choice: Hashable, Sendable {
        let file: LockedFile
        let kind: Requirement.File

        /// For `Requirement.hashes`.
        var hashes: [String] { file.hash.map { [$0] } ?? [] }
    }

    /// The wheel that fits a target best, else the sdist; fails naming the target and what files there are.
    ///
    /// `noBinary` and `noBuild` say that somebody forbids wheels or building.
    func choose(for target: PythonTarget, noBinary: Bool = false, noBuild: Bool = false) throws(PlanError) -> Choice {
        try choose(WheelTags(for: target), target, noBinary: noBinary, noBuild: noBuild)
    }

    /// The same, for a reader that asks for many packages: the target's tags are made once.
    func choose(
        _ tags: WheelTags, _ target: PythonTarget, noBinary: Bool = false, noBuild: Bool = false
    ) throws(PlanError) -> Choice {
        if !noBinary, let wheel = bestWheel(tags) { return wheel }
        let sources = files.filter { $0.isSource }.sorted { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }
        // A gzipped tar archive is what PEP 625 asks for; other forms are older.
        if !noBuild, let source = sources.first(where: { $0.name.hasSuffix(".tar.gz") }) ?? sources.first {
            return Choice(file: source, kind: .source)
        }
        throw nothingFits(target, noBinary: noBinary, noBuild: noBuild, hasSource: !sources.isEmpty)
    }

    private func bestWheel(_ tags: WheelTags) -> Choice? {
        var best: (choice: Choice, rank: Int, build: WheelName.Build?)?
        for file in files.sorted(by: { $0.name.utf8.lexicographicallyPrecedes($1.name.utf8) }) {
            guard let wheel = WheelName(parsing: file.name), let (rank, tag) = tags.best(of: wheel) else { continue }
            if let best {
                let isLater = rank == best.rank && Self.isLater(wheel.build, than: best.build)
                guard rank < best.rank || isLater else { continue }
            }
            best = (Choice(file: file, kind: tag.isPure ? .pureWheel : .nativeWheel), rank, wheel.build)
        }
        return best?.choice
    }

    private static func isLater(_ build: WheelName.Build?, than other: WheelName.Build?) -> Bool {
        guard let build else { return false }
        return other.map { $0 < build } ?? true
    }

    private func nothingFits(
        _ target: PythonTarget, noBinary: Bool, noBuild: Bool, hasSource: Bool
    ) -> PlanError {
        let names = files.map(\.name).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
        let shown = names.prefix(6).joined(separator: ", ") + (names.count > 6 ? " and \(names.count - 6) more" : "")
        let there = names.isEmpty ? "the lock names no file at all" : "there is \(shown)"
        let place = "\(evidence)"
        let title = "\(package) \(version)"
        if noBinary {
            return .unusable(
                place: place, what: "\(title) has no sdist, and its wheels are forbidden; \(there)",
                fix: "allow its wheels, or lock a version that has an sdist")
        }
        if noBuild, hasSource {
            return .unusable(
                place: place, what: "\(title) has no wheel for \(target), and building it is forbidden; \(there)",
                fix: "allow building it, or choose another Python with --set python.version=VERSION")
        }
        return .unusable(
            place: place, what: "\(title) has no file for \(target); \(there)",
            fix: "choose another Python with --set python.version=VERSION, or lock a version of \(package) that has one"
        )
    }
}

extension LockedFile {
    /// Whether this is an archive of sources: neither a wheel nor one of the forms that only old installers read.
    var isSource: Bool {
        [".tar.gz", ".tgz", ".zip", ".tar.bz2", ".tar.xz", ".tar"].contains { name.hasSuffix($0) }
    }
}

extension PythonTarget: CustomStringConvertible {
    /// `Python 3.13 on x86_64 with glibc 2.41`.
    var description: String { "Python \(version) on \(machine) with \(libc)" }
}
