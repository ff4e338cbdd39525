import Files
import Glibc
import Planning
import SystemPackage

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
    func find(in tree: FilePath) throws -> [ImagePath] {
        try folders.flatMap { try find($0, tree.pushing(FilePath(String($0.description.dropFirst())))) }.sorted()
    }

    private func find(_ folder: ImagePath, _ place: FilePath) throws -> [ImagePath] {
        try HostFiles.names(in: place).flatMap { name -> [ImagePath] in
            var status = stat()
            guard lstat(place.appending(name).string, &status) == 0 else { return [] }
            let path = folder.resolving(name)
            switch status.st_mode & S_IFMT {
            case S_IFDIR: return try find(path, place.appending(name))
            case S_IFREG where name.hasSuffix(".py"):
                let bytecode = folder.resolving("__pycache__/\(name.dropLast(3)).\(tag).pyc")
                return rules.place(bytecode) == nil ? [] : [path]
            default: return []
            }
        }
    }
}
