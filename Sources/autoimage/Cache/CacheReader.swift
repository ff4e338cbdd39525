import Images
import OCI
import Planning
import Registry

/// One `--cache-from`: its index is read when something first asks, once.
actor CacheReader {
    nonisolated let place: any CachePlace
    private let progress: Progress
    private var reading: Task<CacheIndex?, Never>?
    private var isGivenUp = false

    init(_ place: any CachePlace, _ progress: Progress) {
        self.place = place
        self.progress = progress
    }

    /// What the cache holds; nil where there is nothing, or it cannot be had, which is told once.
    func index() async -> CacheIndex? {
        guard !isGivenUp else { return nil }
        if let reading { return await reading.value }
        let (place, progress) = (place, progress)
        let task = Task { () -> CacheIndex? in
            do {
                if let index = try await place.index() { return index }
                progress.report(.note(text: "\(place.name) holds no cache yet"))
            } catch {
                progress.report(.warning(text: "the cache \(place.name) is not used: \(error)"))
            }
            return nil
        }
        reading = task
        return await task.value
    }

    /// Brings a blob into a store; a registry that has gone away meanwhile is not asked again.
    func fetch(_ blob: Descriptor, into store: BlobStore) async throws {
        do { try await place.fetch(blob, into: store) } catch let error as RegistryError {
            if case .unreachable = error { isGivenUp = true }
            throw error
        }
    }
}
