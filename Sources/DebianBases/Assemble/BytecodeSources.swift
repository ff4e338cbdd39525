import Images
import Planning

/// Finds the Python modules of a tree that get bytecode.
struct BytecodeSources {
    private let folders: [ImagePath]
    private let rules: UnpackRules
    /// How the interpreter marks its bytecode files: `cpython-311`.
    private let tag: String

    init(entry: BaseEntry, recipe: DebianRecipe) {
        folders = recipe.bytecode
        rules = UnpackRules(drop: recipe.drop)
        tag = "cpython-" + (entry.abi ?? "").drop { !$0.isNumber }
    }

    /// The `.py` files in the recipe's folders, sorted; one whose bytecode file the recipe drops is left out.
    ///
    /// No link is followed, and a folder that is not there holds nothing.
    func find(in tree: HostFolder) throws -> [ImagePath] {
        try folders.flatMap { folder in try tree.folder(at: folder).map { try find(folder, $0) } ?? [] }.sorted()
    }

    /// The folders of bytecode below some others, and the one that Debian's packages of modules share.
    static func caches(in tree: HostFolder, below folders: [ImagePath]) throws -> [ImagePath] {
        func caches(_ folder: ImagePath, _ place: HostFolder) throws -> [ImagePath] {
            try place.names().flatMap { name -> [ImagePath] in
                guard let inner = try place.folder(name) else { return [] }
                let path = folder.resolving(name)
                return name == "__pycache__" ? [path] : try caches(path, inner)
            }
        }
        let shared = ImagePath("/usr/lib/python3/dist-packages")
        return try folders.flatMap { folder in try tree.folder(at: folder).map { try caches(folder, $0) } ?? [] }
            .sorted() + (tree.folder(at: shared) == nil ? [] : [shared])
    }

    private func find(_ folder: ImagePath, _ place: HostFolder) throws -> [ImagePath] {
        try place.names().flatMap { name -> [ImagePath] in
            let path = folder.resolving(name)
            if let inner = try place.folder(name) { return try find(path, inner) }
            guard name.hasSuffix(".py"), place.isFile(name) else { return [] }
            let bytecode = folder.resolving("__pycache__/\(name.dropLast(3)).\(tag).pyc")
            return rules.place(bytecode) == nil ? [] : [path]
        }
    }
}
