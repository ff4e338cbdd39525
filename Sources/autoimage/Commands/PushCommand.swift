import ArgumentParser
import Files
import Images
import OCI

/// `autoimage push`.
struct PushCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "push", abstract: "Pushes an image of the local store to registries.",
        discussion: """
            Standard output gets a line for each reference, with the digest that was pushed. Without a reference the \
            image goes where its own name says.
            """)

    @Argument(help: "Name, digest or beginning of a digest.")
    var name: String

    @Argument(help: "Where to: HOST/NAME[:TAG], several of them.")
    var references: [String] = []

    @OptionGroup(title: "Registries") var registries: RegistryArguments

    func run() async throws {
        let progress = Progress(.auto)
        try await guarded {
            try await interruptible {
                try await StoredDelivery(name, registries, progress).run(
                    [OutputArgument(.registry)], names: references.map { try Reference(name: $0) }
                ) { Terminal.standardOutput.line($0) }
            }
        }
    }
}

/// Takes an image out of the local store to somewhere else.
struct StoredDelivery: Sendable {
    private let name: String
    private let registries: RegistryArguments
    private let progress: Progress

    init(_ name: String, _ registries: RegistryArguments, _ progress: Progress) {
        self.name = name
        self.registries = registries
        self.progress = progress
    }

    /// Delivers under `names`, or under the names that the image has; hands out those that arrived, with the digest.
    func run(
        _ outputs: [OutputArgument], names given: [Reference], done: (String) -> Void = { _ in }
    ) async throws {
        let state = try State(environment: ProcessEnvironment.current)
        let use = try StateUse.shared(state)
        defer { withExtendedLifetime(use) {} }
        let store = try LocalStore(state)
        let descriptor = try store.resolve(name)
        let names = given.isEmpty ? try ownNames(descriptor, in: store) : given
        try await withRegistry(registries, progress) { registry in
            let outputs = Outputs(outputs: outputs, registry: registry, progress: progress)
            try outputs.check(names: names)
            let images = try ImageSet(descriptor, in: store.blobs)
            let results = try await outputs.deliver(images, from: store.blobs, names: names)
            let arrived = Set(results.filter { (try? $0.outcome.get()) != nil }.flatMap(\.names))
            for name in names where arrived.contains(name) { done("\(name.tagged)@\(descriptor.digest)") }
            try results.require(storedAs: nil)
        }
    }

    /// The name that was asked for, where the image has it; else all it has.
    private func ownNames(_ descriptor: Descriptor, in store: LocalStore) throws -> [Reference] {
        let all = try store.list().filter { $0.descriptor.digest == descriptor.digest }.map {
            try Reference(parsing: $0.name)
        }
        let asked = (try? Reference(parsing: name)).map(\.tagged)
        return all.filter { $0.tagged == asked }.isEmpty ? all : all.filter { $0.tagged == asked }
    }
}

extension Reference {
    /// A name to give to an image; fails with a `Failure` that says what is wrong with it.
    init(name text: String) throws {
        do { try self.init(parsing: text) } catch { throw Failure(.usage, "\(error)") }
        guard digest == nil else { throw Failure(.usage, "'\(text)': a name to give has no digest") }
    }
}
