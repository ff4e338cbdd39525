import Planning

/// One argument of a command that starts something: texts and variables.
struct CommandWord: Sendable {
    let parts: [SplitCommand.Word.Part]

    /// The argument where it holds no variable.
    var plain: String? { variables.isEmpty ? written : nil }

    /// The argument as people write it.
    var written: String {
        parts.map {
            switch $0 {
            case .text(let text): text
            case .variable(let name): "${\(name)}"
            }
        }.joined()
    }

    /// The names of the variables in it.
    var variables: [String] { parts.compactMap { if case .variable(let name) = $0 { name } else { nil } } }

    /// The name where the word is one variable and nothing else.
    var onlyVariable: String? {
        guard parts.count == 1, case .variable(let name)? = parts.first else { return nil }
        return name
    }
}
