import DebianBases
import Files
import Images
import Planning
import SandboxEngine

/// Supplies bases of either kind: assembled from Debian's packages, or pulled.
struct BaseSuppliers: Sendable {
    let debian: DebianBaseSupplier
    private let images: ImageBaseSupplier

    /// `fallbacks` are asked for locked packages that the mirror has dropped.
    init(
        settings: Settings, state: State, sandbox: Sandbox, registry: RegistryAccess, progress: Progress,
        fallbacks: [DebianAccess.Fallback] = []
    ) throws {
        // Not every build needs one: bases may be images, or be here already.
        let mirror = try DebianMirror.known(
            option: settings.debianMirror?.value, environment: ProcessEnvironment.current)
        var access = try settings.debianAccess()
        access.fallbacks += fallbacks
        debian = DebianBaseSupplier(
            state: state, mirror: mirror, access: access,
            note: { progress.report(.note(text: $0)) },
            runInterpreter: { root, arguments, environment in
                try await sandbox.runInPlace(root: root, arguments: arguments, environment: environment)
            },
            runBeside: { root, other, place, emptied, arguments, environment in
                try await sandbox.runBeside(
                    root: root, other: other, place: place, emptied: emptied, arguments: arguments,
                    environment: environment)
            })
        images = ImageBaseSupplier(
            state: state, store: try LocalStore(state).blobs, registry: registry,
            note: { progress.report(.note(text: $0)) })
    }

    /// What fixes a base to the bytes that it has now.
    func resolve(_ base: Base) async throws -> Pin {
        base.entry.debian == nil ? try await images.resolve(base) : try await debian.resolve(base)
    }

    /// The unpacked base; without `content` the layers of a pulled one stay where they are.
    ///
    /// The interpreter of `compiler` makes the bytecode of a Debian base for another platform.
    func assemble(_ base: Base, content: Bool, compiler: AssembledBase? = nil) async throws -> AssembledBase {
        base.entry.debian == nil
            ? try await images.assemble(base, content: content)
            : try await debian.assemble(base, compiler: compiler)
    }
}
