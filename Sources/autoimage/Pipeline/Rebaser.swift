import BaseImages
import Files
import Images
import OCI
import Planning
import Proof
import Registry

/// Puts images onto a newer base, or another one, without a build: the layers above the base stay as they are.
struct Rebaser: Sendable {
    let state: State
    let store: LocalStore
    let registry: RegistryAccess
    let bases: BaseSuppliers
    let progress: Progress
    /// The base to take: a catalog id or a reference; nil for what the image's own base is now.
    let newBase: String?
    /// The reference of the base that the image has, for images of others.
    let oldBase: String?

    /// What the image will stand on.
    private struct Ground {
        let base: NewBase
        let tree: OverlayTree
    }

    /// The image on its new base, proven to hold together there.
    func rebase(_ image: AssembledImage, named name: String) async throws -> AssembledImage {
        let (count, oldEnvironment, entry) = try await ownBase(of: image, name)
        let ground = try await ground(for: image, entry, name)
        let rebase = try ImageRebase(image, baseLayers: count)
        let result = try rebase.onto(ground.base, oldEnvironment: oldEnvironment, in: store.blobs)
        try prove(result, image, layers: count, on: ground)
        return result
    }

    /// How many layers the image's base has, its variables, and what it is in the catalog.
    private func ownBase(
        of image: AssembledImage, _ name: String
    ) async throws -> (layers: Int, environment: [String], entry: BaseEntry?) {
        if let oldBase {
            let base = try await pull(oldBase, image.platform)
            let diffIDs = base.config.rootfs.diffIDs
            guard image.config.rootfs.diffIDs.starts(with: diffIDs) else {
                throw Failure(
                    .usage, "--old-base \(oldBase): \(name) does not stand on it: its first layers are others")
            }
            return (diffIDs.count, base.config.config.env ?? [], nil)
        }
        let id = image.config.config.labels?["autoimage.base"]
        guard let layers = ImageRebase.baseLayers(of: image), let id else {
            throw Failure(
                .usage, "\(name) was not built by autoimage: say with --old-base REFERENCE which base it stands on")
        }
        let entry = try BaseImages.catalog().entry(id)
        return (layers, entry.map(Self.variables) ?? [], entry)
    }

    private static func variables(_ entry: BaseEntry) -> [String] {
        entry.environment.sorted { $0.key < $1.key }.map { "\($0.key)=\($0.value)" }
    }

    private func ground(for image: AssembledImage, _ old: BaseEntry?, _ name: String) async throws -> Ground {
        guard let newBase else {
            guard let old else {
                throw Failure(.usage, "\(name): its base is not in the catalog; say with --base which one to take")
            }
            return try await ground(old, image)
        }
        if let entry = try BaseImages.catalog().entry(newBase) {
            try Self.check(entry, replaces: old)
            return try await ground(entry, image)
        }
        guard (try? Reference(parsing: newBase)) != nil else {
            throw Failure(
                .usage, "--base \(newBase): is neither an id that 'autoimage bases list' shows nor a reference")
        }
        let base = try await pull(newBase, image.platform)
        let folders = try LayerUnpacker(state: state, store: store.blobs).unpack(base)
        return Ground(base: NewBase(base, name: newBase), tree: OverlayTree(folders.reversed()))
    }

    /// What the catalog says that two bases must share for what was built on one to run on the other.
    private static func check(_ new: BaseEntry, replaces old: BaseEntry?) throws {
        guard let old else { return }
        func refuse(_ what: String, _ was: String, _ now: String) -> Failure {
            Failure(
                .proofFailed,
                "\(new.id) has \(what) \(now) where \(old.id) has \(was): the image was built for that; build it anew")
        }
        if new.role != .runtime { throw Failure(.usage, "--base \(new.id): is a builder, with its toolchain") }
        if new.libc.family != old.libc.family, old.libc.family != .none {
            throw refuse("the C library", "\(old.libc.family)", "\(new.libc.family)")
        }
        if new.interpreter != old.interpreter {
            throw refuse(
                "the interpreter", old.interpreter.map { "\($0)" } ?? "none",
                new.interpreter.map { "\($0)" } ?? "none")
        }
        if new.abi != old.abi { throw refuse("the ABI", old.abi ?? "none", new.abi ?? "none") }
    }

    private func ground(_ entry: BaseEntry, _ image: AssembledImage) async throws -> Ground {
        let packages = (image.config.config.labels?["autoimage.base.packages"] ?? "").split(separator: " ")
        var base = Base(
            entry: entry, reason: .usual(why: "the base that the image has"),
            packages: packages.map { Decided(String($0), .usual(why: "the image has it")) }, platform: image.platform)
        progress.report(.phase(name: "resolve", detail: base.key))
        base.pin = try await bases.resolve(base)
        let assembled = try await bases.assemble(base, content: true, compiler: try await compiler(for: base))
        let variables = Self.variables(entry)
        let tree = OverlayTree([assembled.root])
        if let pulled = assembled.image {
            return Ground(
                base: NewBase(
                    layers: pulled.layers.map(\.descriptor), diffIDs: pulled.layers.map(\.diffID),
                    history: pulled.history, environment: variables, name: pulled.reference, digest: pulled.digest,
                    label: entry.id), tree: tree)
        }
        let layer = try assembled.layer(of: entry, state, in: store.blobs)
        let history = ImageConfig.History(
            created: image.config.created, createdBy: "\(ImageRebase.mark)base: \(entry.id)")
        return Ground(
            base: NewBase(
                layers: [layer.descriptor], diffIDs: [layer.diffID], history: [history], environment: variables,
                name: nil, digest: nil, label: entry.id), tree: tree)
    }

    /// What makes the bytecode of a base for another platform: the same base for this one.
    private func compiler(for base: Base) async throws -> AssembledBase? {
        guard base.entry.debian?.bytecode.isEmpty == false, base.platform.architecture != Platform.host.architecture
        else { return nil }
        var own = Base(entry: base.entry, reason: base.reason, packages: [], platform: .host)
        own.pin = try await bases.resolve(own)
        return try await bases.assemble(own, content: true)
    }

    private func pull(_ reference: String, _ platform: Platform) async throws -> AssembledImage {
        if let images = try? store.images(reference), let image = images.member(for: platform),
            image.blobs.allSatisfy({ store.blobs.has($0.digest) })
        {
            return image
        }
        return try await registry.client().pull(
            Reference(parsing: reference), platform: platform, into: store.blobs, layers: true)
    }
}

// MARK: - Proof

extension Rebaser {
    /// Fails where the image is not sound, cannot start, or lacks a library on its new base that it had on the old one.
    private func prove(_ result: AssembledImage, _ old: AssembledImage, layers count: Int, on ground: Ground) throws {
        progress.report(.phase(name: "proof", detail: "\(result.descriptor.digest.short)"))
        let problems = ImageCheck(store: store.blobs).problems(of: result.descriptor).filter { !$0.isAdvice }
        guard problems.isEmpty else {
            throw Failure(.proofFailed, problems.map { "\($0)" }.joined(separator: "\n"))
        }
        let unpacker = LayerUnpacker(state: state, store: store.blobs)
        let before = try unpacker.unpack(old)
        let upper = Array(before.dropFirst(count).reversed())
        let known = Set(try LibraryClosure.problems(of: OverlayTree(upper), in: OverlayTree(before.reversed())))
        let whole = OverlayTree(try unpacker.unpack(result).reversed())
        let missing = try LibraryClosure.problems(of: OverlayTree(upper), in: whole).filter { !known.contains($0) }
        let findings = try missing.map(\.fact) + StartCheck(result, in: whole).errors()
        guard findings.isEmpty else {
            throw Failure(
                .proofFailed,
                "the image does not hold together on \(ground.base.name ?? ground.base.label ?? "the new base"): "
                    + findings.joined(separator: "\n") + "\nbuild it anew, or choose another base")
        }
    }
}
