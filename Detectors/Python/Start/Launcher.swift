import Planning

/// Turns a start command into the argument array of an image that has no shell.
struct Launcher {
    /// The base's interpreter.
    let interpreter: ImagePath
    /// The folder of installed programs; nil where nothing is installed.
    let programs: ImagePath?
    /// The runtime's shell; nil where it has none.
    let shell: ImagePath?
    let baseName: String
    let tree: any SourceTree
    let root: ImagePath
    /// Programs of the service's own packages, which are installed in a folder of their own.
    var ownScripts: Set<String> = []

    /// What a shell would do with `${NAME}`, `NAME=value program` and `exec`, and nothing else.
    ///
    /// An argument that is one variable alone is split at spaces and vanishes where it is empty; `$$` is a dollar sign.
    static let program = #"""
        import os,re,sys
        env=os.environ
        def put(text):return re.sub(r'\$(?:\$|\{(\w+)\})',lambda m:env.get(m[1],'') if m[1] else '$',text)
        words=[]
        for word in sys.argv[1:]:words+=put(word).split() if re.fullmatch(r'\$\{\w+\}',word) else [put(word)]
        while re.match(r'\w+=',words[0]):name,_,value=words.pop(0).partition('=');env[name]=value
        os.execvp(words[0],words)
        """#

    /// The arguments; fails where the text needs a shell and the base has none.
    func arguments(_ start: StartCommand) throws(PlanError) -> [String] {
        if let text = start.shell {
            guard let shell else {
                throw .needsShell(command: text.text, place: text.place, syntax: text.syntax, base: baseName)
            }
            return ["\(shell)", "-c", text.text]
        }
        let index = start.words.firstIndex { !$0.contains(/^\w+=/) } ?? 0
        var words = start.words
        words[index] = place(words[index], folder: start.folder)
        if index == 0, let plain = Self.plain(words) { return plain }
        return ["\(interpreter)", "-I", "-c", Self.program] + words
    }

    /// The words where none reads a variable.
    private static func plain(_ words: [String]) -> [String]? {
        let plain = words.map { $0.replacing("$$", with: "") }
        return plain.contains { $0.contains("$") } ? nil : words.map { $0.replacing("$$", with: "$") }
    }

    /// The absolute path of a program as somebody would write its name.
    private func place(_ name: String, folder: SourcePath) -> String {
        if name.hasPrefix("/") || name.hasPrefix("$") { return name }
        if name.contains("/") {
            let path = folder.resolving(name) ?? folder
            return root.appending(path.relative(to: tree.service) ?? path).description
        }
        if name.contains(/^python(3(\.\d+)?)?$/) {
            return programs.map { "\($0)/python" } ?? "\(interpreter)"
        }
        if ownScripts.contains(name) { return "\(PythonSteps.own)/bin/\(name)" }
        return programs.map { "\($0)/\(name)" } ?? name
    }
}
