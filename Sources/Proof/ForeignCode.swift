package import Planning

/// Looks for machine code among artifacts that were made on another platform than the one they go to.
package enum ForeignCode {
    /// Fails with a `ForeignCodeError` at the first ELF file, by path, that is for another machine.
    ///
    /// What no loader would take is passed over: a damaged file, and what is no program and no shared library.
    package static func check(
        copies: [ArtifactCopy], builder: any FileTree, machine: ELFMachine
    ) throws {
        var found: [(path: ImagePath, machine: ELFMachine)] = []
        for copy in copies {
            guard let source = try builder.resolve(copy.path) else { continue }
            try builder.walk(source) { path, entry in
                // A smaller file has no room for an ELF header.
                guard case .file(let size) = entry.kind, size >= 52, let inner = path.relative(to: source) else {
                    return
                }
                let file: ELFFile?
                do { file = try ELFFile(at: path, size: size, in: builder) } catch is ELFError { return }
                guard let file, file.machine != machine else { return }
                if case .other = file.type { return }
                found.append((copy.destination.appending(inner), file.machine))
            }
        }
        guard let first = found.min(by: { $0.path < $1.path }) else { return }
        throw ForeignCodeError(
            file: first.path, machine: "\(first.machine)", expected: "\(machine)", more: found.count - 1)
    }
}

/// An artifact that was built for another machine.
package struct ForeignCodeError: Error, Equatable, CustomStringConvertible {
    /// Where it would be in the image.
    package let file: ImagePath
    package let machine: String
    package let expected: String
    /// How many others there are.
    package let more: Int

    package init(file: ImagePath, machine: String, expected: String, more: Int) {
        self.file = file
        self.machine = machine
        self.expected = expected
        self.more = more
    }

    package var description: String {
        let others = more == 0 ? "" : " (and \(more) more \(more == 1 ? "file" : "files"))"
        return "\(file)\(others): is compiled for \(machine) and the image is for \(expected): this service needs a "
            + "machine of that platform; build it there, or leave the platform out of --platform; building it here needs "
            + "the BuildKit engine with emulation or a remote builder, which is not in this version"
    }
}
