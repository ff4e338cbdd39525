import Files
package import OCI
package import SystemPackage

/// A place that finished images go to.
///
/// To add one, conform a type in a file of its own. What it writes must appear complete or not at all.
package protocol ImageDestination: Sendable {
    /// Copies an image, or an index with its images, from a store, under names; returns what was done.
    func deliver(_ images: ImageSet, from store: BlobStore, names: [Reference]) async throws -> Delivered
}

/// What a destination did.
package struct Delivered: Hashable, Sendable {
    /// The place for people to read: `OCI archive image.tar`.
    package let place: String
    /// What else people should know, such as which platform Docker gets.
    package var notes: [String]
    /// What moved, for programs, by name: `sent`, `sentBytes`, `mounted`, `present`.
    package var counts: [String: Int64]

    package init(_ place: String, notes: [String] = [], counts: [String: Int64] = [:]) {
        self.place = place
        self.notes = notes
        self.counts = counts
    }
}

extension AssembledImage {
    /// The blobs of the image by digest, each once: layers, config, manifest.
    package var blobs: [Descriptor] {
        var seen: Set<Digest> = []
        return (manifest.layers + [manifest.config, descriptor]).filter { seen.insert($0.digest).inserted }
    }

    /// The layers with the digests of their tars, lowest first.
    package func diffs() throws -> [(layer: Descriptor, diffID: Digest)] {
        let diffIDs = config.rootfs.diffIDs
        guard diffIDs.count == manifest.layers.count else {
            throw ImageProblem.layerCount(manifest: manifest.layers.count, config: diffIDs.count)
        }
        return zip(manifest.layers, diffIDs).map { (layer: $0, diffID: $1) }
    }

    /// What the image runs on: as its index says, else as its config does.
    package var platform: Platform {
        descriptor.platform
            ?? Platform(architecture: config.architecture, os: config.os, variant: config.variant)
    }
}

extension ImageSet {
    /// All blobs by digest, each once: those of the images, then the index where there is one.
    package var blobs: [Descriptor] {
        var seen: Set<Digest> = []
        return (images.flatMap(\.blobs) + [descriptor]).filter { seen.insert($0.digest).inserted }
    }

    /// The image that a program takes which knows no index: the one for `platform`, else the first.
    package func image(for platform: Platform) -> AssembledImage {
        images.first { $0.platform.normalized == platform.normalized }
            ?? images.first { $0.platform.os == platform.os && $0.platform.architecture == platform.architecture }
            ?? images[0]
    }
}

/// Why a place did not take an image.
package enum DestinationError: Error, Equatable, CustomStringConvertible {
    case noFolder(FilePath)
    case cannotWrite(FilePath, Errno)
    /// A folder for files that holds something we did not put there.
    case notEmpty(FilePath)
    case notAFolder(FilePath)
    case isAFolder(FilePath)
    /// The reader of a pipe went away.
    case closed(String)

    package var description: String {
        switch self {
        case .noFolder(let path): "there is no folder \(path) to write to; make it first"
        case .cannotWrite(let path, .noSpace), .cannotWrite(let path, .diskQuotaExceeded):
            "\(path) cannot be written: there is no space left on its disk; nothing of it was kept"
        case .cannotWrite(let path, let code): "\(path) cannot be written: \(code)"
        case .notEmpty(let path):
            "\(path) holds files that autoimage did not put there; remove it, or give an empty or new folder"
        case .notAFolder(let path): "\(path) is not a folder"
        case .isAFolder(let path): "\(path) is a folder; name the file in it that is to be written"
        case .closed(let name): "\(name) was closed before all was written"
        }
    }
}

extension DestinationError {
    /// Runs work that writes at `path`; what the system refuses becomes an error about this place.
    static func naming<Result>(_ path: FilePath, _ work: () throws -> Result) throws -> Result {
        do { return try work() } catch let error as SystemError
            where error.operation != "read" && error.path.isBeside(path)
        {
            throw error.code == .noSuchFileOrDirectory
                ? DestinationError.noFolder(path.folder) : DestinationError.cannotWrite(path, error.code)
        }
    }
}

extension FilePath {
    /// The folder that holds what is at the path.
    var folder: FilePath {
        let parent = removingLastComponent()
        return parent.isEmpty ? "." : parent
    }

    /// Whether the path is in the folder that holds `place`, so that an error about it is one about the place.
    fileprivate func isBeside(_ place: FilePath) -> Bool { starts(with: place.folder) || place.folder == "." }
}
