package import Planning

/// What the dynamic loader reads of an executable or shared library.
///
/// https://gabi.xinuos.com/elf/ and, for symbol versions, the Linux Standard Base, "Symbol Versioning".
package struct ELFFile: Hashable, Sendable {
    /// What a loader compares before anything else.
    package let machine: ELFMachine
    package let type: ELFType
    /// The loader that a program asks for (PT_INTERP).
    package let interpreter: String?
    /// Names of libraries in the order they are loaded (DT_NEEDED).
    package let needed: [String]
    /// The name that others know this library by (DT_SONAME).
    package let soname: String?
    /// Search paths as written, `$ORIGIN` and all (DT_RPATH).
    package let rpath: [String]
    /// Search paths for the direct needs alone (DT_RUNPATH).
    package let runpath: [String]
    /// A program without loader and libraries that may be placed anywhere.
    package let isStaticPIE: Bool
    /// Whether it has a dynamic section; an executable without one is static.
    package let isDynamic: Bool
    /// Symbol versions that must be there, by library.
    package let versionNeeds: [ELFVersionNeed]
    /// Symbol versions that the library offers.
    package let versionDefinitions: [String]

    /// Reads a file of a tree; nil where it is no ELF file, which takes one read of 64 bytes.
    ///
    /// Fails with an `ELFError` where the file says of itself what cannot be, with the tree's error where it cannot be
    /// read. Whatever the bytes, memory and time are bounded.
    package init?(at path: ImagePath, in tree: any FileTree) throws {
        guard case .file(let size)? = try tree.entry(at: path)?.kind else { return nil }
        try self.init(at: path, size: size, in: tree)
    }

    /// Reads a regular file whose size is known.
    package init?(at path: ImagePath, size: Int64, in tree: any FileTree) throws {
        guard let reader = try ELFReader(path: path, size: size, tree: tree) else { return nil }
        let header = try ELFHeader(reader)
        let dynamic = try ELFDynamic(reader, header)
        machine = header.machine
        type = header.type
        interpreter = try header.interpreter(reader)
        needed = try dynamic.needed.map { try dynamic.string($0, reader) }
        soname = try dynamic.soname.map { try dynamic.string($0, reader) }
        rpath = try Self.paths(dynamic.rpath, dynamic, reader)
        runpath = try Self.paths(dynamic.runpath, dynamic, reader)
        isDynamic = header.dynamic != nil
        isStaticPIE = type == .sharedObject && dynamic.isPIE && needed.isEmpty && interpreter == nil
        versionNeeds = try dynamic.versionNeeds(reader, header)
        versionDefinitions = try dynamic.versionDefinitions(reader, header)
    }

    private static func paths(_ offset: UInt64?, _ dynamic: ELFDynamic, _ reader: ELFReader) throws -> [String] {
        guard let offset else { return [] }
        return try dynamic.string(offset, reader).split(separator: ":").map(String.init)
    }
}

/// The kind of an ELF file (`e_type`).
package enum ELFType: Hashable, Sendable {
    case executable
    /// A shared library or a program that may be placed anywhere.
    case sharedObject
    /// Object code, a core dump or something unknown: never loaded.
    case other(UInt16)
}

/// Which processor and mode a file is for.
package struct ELFMachine: Hashable, Sendable, CustomStringConvertible {
    package let is64Bit: Bool
    package let isBigEndian: Bool
    /// `e_machine`: 62 is x86-64, 183 is AArch64.
    package let number: UInt16

    package init(is64Bit: Bool, isBigEndian: Bool, number: UInt16) {
        self.is64Bit = is64Bit
        self.isBigEndian = isBigEndian
        self.number = number
    }

    /// The machine of an architecture by its Go name, as platforms have it; nil where it is not known.
    package init?(architecture: String) {
        switch architecture {
        case "amd64": self.init(is64Bit: true, isBigEndian: false, number: 62)
        case "arm64": self.init(is64Bit: true, isBigEndian: false, number: 183)
        default: return nil
        }
    }

    /// Debian's name of the folder for its libraries; nil for a machine that Debian does not know so.
    package var triplet: String? { Self.known[self]?.triplet }

    package var description: String {
        Self.known[self]?.name
            ?? "machine \(number) (\(is64Bit ? 64 : 32) bit, \(isBigEndian ? "big" : "little") endian)"
    }

    private static let known: [ELFMachine: (name: String, triplet: String)] = [
        ELFMachine(is64Bit: true, isBigEndian: false, number: 62): ("x86-64", "x86_64-linux-gnu"),
        ELFMachine(is64Bit: true, isBigEndian: false, number: 183): ("arm64", "aarch64-linux-gnu"),
        ELFMachine(is64Bit: false, isBigEndian: false, number: 3): ("i386", "i386-linux-gnu"),
        ELFMachine(is64Bit: false, isBigEndian: false, number: 40): ("arm", "arm-linux-gnueabihf"),
        ELFMachine(is64Bit: true, isBigEndian: false, number: 243): ("riscv64", "riscv64-linux-gnu"),
        ELFMachine(is64Bit: true, isBigEndian: false, number: 21): ("ppc64le", "powerpc64le-linux-gnu"),
        ELFMachine(is64Bit: true, isBigEndian: true, number: 22): ("s390x", "s390x-linux-gnu"),
    ]
}

/// The symbol versions that a file needs of one library.
package struct ELFVersionNeed: Hashable, Sendable {
    package let library: String
    /// As `GLIBC_2.34`; weak ones, which may be absent, are left out.
    package let versions: [String]

    package init(library: String, versions: [String]) {
        self.library = library
        self.versions = versions
    }
}

/// Why an ELF file cannot be read.
package enum ELFError: Error, Equatable, CustomStringConvertible {
    /// Something lies behind the end of the file.
    case truncated(ImagePath)
    case invalid(ImagePath, what: String)

    package var description: String {
        switch self {
        case .truncated(let path): "\(path): is a damaged ELF file: it ends too early"
        case .invalid(let path, let what): "\(path): is a damaged ELF file: \(what)"
        }
    }
}
