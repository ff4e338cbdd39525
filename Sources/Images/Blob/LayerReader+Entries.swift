import OCI

extension LayerReader {
    /// Calls `visit` with every entry of the layer, in the order of the tar.
    package func forEachEntry(_ visit: (TarEntry) throws -> Void) throws {
        var tar = TarReader { try self.read(into: $0) }
        while let entry = try tar.next() { try visit(entry) }
    }
}
