import Foundation

/// Folders of test data beside the tests.
package enum FixtureFolder {
    /// The names of the folders in `folder`, sorted; fails where it holds none, so that no test passes for want of data.
    package static func names(in folder: String) throws -> [String] {
        let names = try FileManager.default.contentsOfDirectory(atPath: folder).filter { name in
            var isFolder: ObjCBool = false
            return FileManager.default.fileExists(atPath: "\(folder)/\(name)", isDirectory: &isFolder)
                && isFolder.boolValue
        }
        guard !names.isEmpty else { throw FixtureError.none(folder: folder) }
        return names.sorted()
    }

    /// The text files below a folder, but those that `isLeftOut` names, as a tree in memory.
    package static func tree(_ folder: String, without leftOut: Set<String> = []) throws -> MemorySourceTree {
        var files: [String: String] = [:]
        guard let names = FileManager.default.enumerator(atPath: folder) else {
            throw FixtureError.none(folder: folder)
        }
        for case let name as String in names where !leftOut.contains(name) {
            var isFolder: ObjCBool = false
            let path = "\(folder)/\(name)"
            guard FileManager.default.fileExists(atPath: path, isDirectory: &isFolder), !isFolder.boolValue else {
                continue
            }
            let mark = FileManager.default.isExecutableFile(atPath: path) ? "*" : ""
            files[name + mark] = try String(contentsOfFile: path, encoding: .utf8)
        }
        return try MemorySourceTree(files)
    }

    /// The text of a file; nil where there is none.
    package static func text(_ path: String) -> String? { try? String(contentsOfFile: path, encoding: .utf8) }
}

/// Why test data cannot be used.
package enum FixtureError: Error, Equatable, CustomStringConvertible {
    case none(folder: String)

    package var description: String {
        switch self {
        case .none(let folder): "no fixtures in \(folder)"
        }
    }
}
