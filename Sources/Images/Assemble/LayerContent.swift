package import Planning

/// What goes into one layer.
package struct LayerContent: Sendable {
    package var pieces: [Piece]

    package init(_ pieces: [Piece] = []) { self.pieces = pieces }

    package enum Piece: Sendable {
        /// What is at `from` in a tree, a folder with all it holds, placed at `to`. Links are copied, not followed.
        /// `owner` is asked with the path in the image.
        case tree(
            any FileTree, from: ImagePath, to: ImagePath, owner: @Sendable (ImagePath) -> Owner = { _ in .root },
            modes: Modes = .normalised)
        /// A file or folder that the plan wrote.
        case file(PlanFile)
    }

    /// Which permission bits of a tree's files reach the layer.
    package enum Modes: Sendable {
        /// 0755 for folders and executable files, 0644 for others: the same whatever umask made them.
        case normalised
        /// As in the tree, with the sticky bit and without setuid and setgid.
        case kept
    }
}
