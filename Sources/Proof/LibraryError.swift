package import Planning

/// Everything that keeps the artifacts from loading in the image.
package struct LibraryError: Error, Equatable, CustomStringConvertible {
    /// Sorted.
    package let problems: [LibraryProblem]

    package var description: String { problems.map(\.description).joined(separator: "\n") }
}

/// Why one file would not load.
package enum LibraryProblem: Hashable, Sendable, Comparable, CustomStringConvertible {
    /// A library is neither in the image nor in the builder. `neededBy` names it; `artifact` is the file that brings
    /// `neededBy` in, and may be the same. `package` is Debian's, where it is known.
    case missing(library: String, neededBy: ImagePath, artifact: ImagePath, package: String?)
    /// The builder has a library where the loader in the image will not look.
    case outOfReach(library: String, place: ImagePath, neededBy: ImagePath)
    /// A part of the C library is missing, which only a base can bring.
    case noLibc(library: String, neededBy: ImagePath)
    /// The program's loader is not in the image.
    case noLoader(file: ImagePath, loader: String)
    /// The only library of the name, `place`, is for another machine.
    case wrongMachine(library: String, place: ImagePath, neededBy: ImagePath, machine: String, expected: String)

    /// The library in the image lacks symbol versions, as `GLIBC_2.38`: it is older than what the file was built with.
    case olderLibrary(library: String, neededBy: ImagePath, versions: [String])

    package var description: String {
        switch self {
        case .olderLibrary(let library, let needer, let versions):
            "\(needer): needs \(versions.joined(separator: ", ")) of '\(library)', which is older in the image; "
                + "build it on the release that the image has, or choose a newer base"
        case .missing(let library, let needer, let artifact, let package):
            "\(needer): needs '\(library)', which is neither in the runtime base nor in the builder"
                + (needer == artifact ? "" : " (\(artifact) brings it in)") + "; "
                + (package.map { "add \"\($0)\" to 'runtime-packages' in autoimage.toml" }
                    ?? "add the Debian package that has it to 'runtime-packages' in autoimage.toml, or to 'build-packages'"
                    + " if only building needs more of it")
        case .outOfReach(let library, let place, let needer):
            "\(needer): needs '\(library)', which the builder has at \(place), where the image's loader does not look; "
                + "install it into /usr/lib, or set LD_LIBRARY_PATH and declare it as an artifact"
        case .noLibc(let library, let needer):
            "\(needer): needs '\(library)' of the C library, which the runtime base does not have; "
                + "choose a base with this C library, or build a static program"
        case .noLoader(let file, let loader):
            "\(file): is started by '\(loader)', which the runtime base does not have; "
                + "choose a base with this C library, or build a static program"
        case .wrongMachine(let library, let place, let needer, let machine, let expected):
            "\(needer): needs '\(library)', but \(place) is for \(machine) and the image for \(expected); "
                + "install a build of it for the image"
        }
    }

    package static func < (left: LibraryProblem, right: LibraryProblem) -> Bool {
        left.description.utf8.lexicographicallyPrecedes(right.description.utf8)
    }
}
