import Foundation
package import OCI
package import Planning

/// What two images differ in: fields of manifest and config, layers, files, bytes.
package struct ImageDiff: Codable, Hashable, Sendable {
    /// The manifests' digests.
    package let first: Digest
    package let second: Digest
    /// Sorted by name.
    package let fields: [FieldDifference]
    package let layers: [LayerDifference]
    /// Sorted by path.
    package let files: [FileDifference]

    /// Whether the images are the same to whoever pulls them: their manifests have one digest.
    package var isEmpty: Bool { first == second }

    /// A field of manifest or config, as in `config.Env.PATH`; nil where one side has none.
    package struct FieldDifference: Codable, Hashable, Sendable {
        package let name: String
        package let first: String?
        package let second: String?
    }

    /// A layer by its place, counted from the lowest; nil where one image has fewer.
    package struct LayerDifference: Codable, Hashable, Sendable {
        package let number: Int
        package let first: Digest?
        package let second: Digest?
        /// Whether both unpack to the same bytes, and only their compression differs.
        package let hasSameContent: Bool
    }

    /// A path, and how the two images differ there.
    package struct FileDifference: Codable, Hashable, Sendable {
        package let path: ImagePath
        package let kind: Kind
        /// What differs where both have it, as in `mode 0644, 0755`.
        package let details: [String]
        /// The offset of the first byte that differs, for the first files of the list.
        package let offset: Int64?

        package enum Kind: String, Codable, Hashable, Sendable { case onlyFirst, onlySecond, changed }
    }

    /// Compares two images that are whole in their stores; layers that both begin with are not read.
    ///
    /// Fails where a blob is missing or damaged.
    package init(_ first: AssembledImage, in firstStore: BlobStore, _ second: AssembledImage, in secondStore: BlobStore)
        throws
    {
        self.first = first.descriptor.digest
        self.second = second.descriptor.digest
        fields = try Self.fields(first, firstStore, second, secondStore)
        layers = Self.layers(first, second)
        let (one, two) = (first.config.rootfs.diffIDs, second.config.rootfs.diffIDs)
        guard one != two else {
            files = []
            return
        }
        let common = zip(one, two).prefix { $0 == $1 }.count
        let base = min(common, first.manifest.layers.count, second.manifest.layers.count)
        files = try Self.files(
            ImageListing(first, from: base, in: firstStore), ImageListing(second, from: base, in: secondStore))
    }

    private static func layers(_ first: AssembledImage, _ second: AssembledImage) -> [LayerDifference] {
        let (one, two) = (first.manifest.layers, second.manifest.layers)
        return (0..<max(one.count, two.count)).compactMap { number in
            let (left, right) = (one.element(number)?.digest, two.element(number)?.digest)
            guard left != right else { return nil }
            let (leftID, rightID) = (
                first.config.rootfs.diffIDs.element(number), second.config.rootfs.diffIDs.element(number)
            )
            return LayerDifference(
                number: number, first: left, second: right, hasSameContent: leftID != nil && leftID == rightID)
        }
    }
}

// MARK: - Fields

extension ImageDiff {
    private static func fields(
        _ first: AssembledImage, _ firstStore: BlobStore, _ second: AssembledImage, _ secondStore: BlobStore
    ) throws -> [FieldDifference] {
        let (one, two) = (try fields(of: first, in: firstStore), try fields(of: second, in: secondStore))
        return Set(one.keys).union(two.keys).sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }.compactMap { name in
            one[name] == two[name] ? nil : FieldDifference(name: name, first: one[name], second: two[name])
        }
    }

    /// Everything but the lists of layers, which are compared by themselves.
    private static func fields(of image: AssembledImage, in store: BlobStore) throws -> [String: String] {
        var result: [String: String] = [:]
        for (name, descriptor) in [("manifest", image.descriptor), ("config", image.manifest.config)] {
            let document = try JSONSerialization.jsonObject(with: Data(store.read(descriptor)))
            flatten(document, name, into: &result)
        }
        let lists = ["manifest.layers", "manifest.config.digest", "manifest.config.size", "config.rootfs.diff_ids"]
        return result.filter { field in !lists.contains { field.key.hasPrefix($0) } }
    }

    private static func flatten(_ value: Any, _ name: String, into result: inout [String: String]) {
        switch value {
        case let object as [String: Any]:
            if object.isEmpty { result[name] = "{}" }
            for (key, member) in object { flatten(member, "\(name).\(key)", into: &result) }
        case let list as [String] where name == "config.config.Env":
            for variable in list {
                let pair = variable.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false)
                result["\(name).\(pair[0])"] = pair.count == 2 ? String(pair[1]) : ""
            }
        case let list as [Any]:
            for (index, item) in list.enumerated() { flatten(item, "\(name)[\(index)]", into: &result) }
        default: result[name] = "\(value)"
        }
    }
}

// MARK: - Files

extension ImageDiff {
    /// For so many files the first byte that differs is looked up.
    private static let offsetLimit = 20

    private static func files(_ first: ImageListing, _ second: ImageListing) throws -> [FileDifference] {
        var result: [FileDifference] = []
        var places: [ImagePath: Int] = [:]
        for path in Set(first.files.keys).union(second.files.keys).sorted() {
            switch (first.files[path], second.files[path]) {
            case (let one?, let two?):
                let details = details(one, two)
                guard !details.isEmpty else { continue }
                if one.digest != two.digest, one.digest != nil, two.digest != nil, places.count < offsetLimit {
                    places[path] = zip(one.pieces, two.pieces).prefix { $0 == $1 }.count
                }
                result.append(FileDifference(path: path, kind: .changed, details: details, offset: nil))
            case (.some, nil):
                result.append(FileDifference(path: path, kind: .onlyFirst, details: [], offset: nil))
            case (nil, _): result.append(FileDifference(path: path, kind: .onlySecond, details: [], offset: nil))
            }
        }
        guard !places.isEmpty else { return result }
        let (one, two) = (try first.pieces(places), try second.pieces(places))
        return result.map { difference in
            guard let place = places[difference.path] else { return difference }
            let same = zip(one[difference.path] ?? [], two[difference.path] ?? []).prefix { $0 == $1 }.count
            return FileDifference(
                path: difference.path, kind: .changed, details: difference.details,
                offset: Int64(place) * Int64(ImageListing.pieceSize) + Int64(same))
        }
    }

    private static func details(_ one: ImageListing.File, _ two: ImageListing.File) -> [String] {
        var result: [String] = []
        func compare(_ name: String, _ left: some Equatable, _ right: some Equatable) {
            let (left, right) = ("\(left)", "\(right)")
            if left != right { result.append("\(name) \(left), \(right)") }
        }
        compare("kind", one.entry.kind.word, two.entry.kind.word)
        compare("mode", octal(one.entry.mode), octal(two.entry.mode))
        compare("owner", one.entry.owner, two.entry.owner)
        compare("modified", one.entry.modified, two.entry.modified)
        compare("target", one.entry.kind.target ?? "-", two.entry.kind.target ?? "-")
        compare("size", one.entry.size, two.entry.size)
        if one.entry.xattrs != two.entry.xattrs {
            let names = Set(one.entry.xattrs.keys).union(two.entry.xattrs.keys)
            result += names.filter { one.entry.xattrs[$0] != two.entry.xattrs[$0] }.sorted().map { "attribute \($0)" }
        }
        if one.digest != two.digest { result.append("contents") }
        return result
    }

    private static func octal(_ mode: UInt16) -> String {
        let digits = String(mode, radix: 8)
        return String(repeating: "0", count: max(0, 4 - digits.count)) + digits
    }
}

extension TarEntry.Kind {
    fileprivate var word: String {
        switch self {
        case .file: "file"
        case .folder: "folder"
        case .symbolicLink: "symbolic link"
        case .hardLink: "hard link"
        case .characterDevice, .blockDevice: "device"
        case .pipe: "pipe"
        }
    }

    fileprivate var target: String? {
        switch self {
        case .symbolicLink(let target), .hardLink(let target): target
        default: nil
        }
    }
}

extension Array {
    fileprivate func element(_ index: Int) -> Element? { indices.contains(index) ? self[index] : nil }
}
