import Planning

/// Turns a start into the argument array of an image in which Node is the first process and no shell is there.
struct NodeLauncher {
    let interpreter: ImagePath
    /// The runtime's shell; nil where it has none.
    let shell: ImagePath?
    let baseName: String
    /// Whether packages are Yarn's archives, which a file of Yarn's makes Node read.
    var isPlugAndPlay = false
    /// Whether the service's own files are ES modules.
    var isModule = false

    /// What a shell would do with `${NAME}`, `NAME=value program` and nothing else, in Node's own process: it replaces
    /// the words and goes on with the file, so that signals arrive there.
    ///
    /// An argument that is one variable alone is split at spaces and vanishes where it is empty; `$$` is a dollar sign.
    static let program = #"""
        const env=process.env,put=text=>text.replace(/\$(?:\$|\{(\w+)\})/g,(all,name)=>name?env[name]??'':'$')
        const words=process.argv.slice(1).flatMap(word=>/^\$\{\w+\}$/.test(word)?put(word).split(/\s+/).filter(Boolean):[put(word)])
        while(/^\w+=/.test(words[0])){const word=words.shift(),at=word.indexOf('=');env[word.slice(0,at)]=word.slice(at+1)}
        process.argv=[process.execPath,require('path').resolve(words[0]),...words.slice(1)]
        process.execArgv=process.execArgv.slice(0,process.execArgv.indexOf('-e'))
        require('module').runMain()
        """#

    /// Replaces the name of a program by its file in one of the archives that the service depends on.
    private static let archived = #"""
        const pnp=require('pnpapi'),fs=require('fs'),top=pnp.findPackageLocator(process.cwd()+'/')||pnp.topLevel,wanted=process.argv[1]
        for(const [name,to] of pnp.getPackageInformation(top).packageDependencies){
          const found=to&&pnp.getPackageInformation(pnp.getLocator(name,to)),folder=found&&found.packageLocation
          if(!folder||!fs.existsSync(folder+'package.json'))continue
          const {bin}=JSON.parse(fs.readFileSync(folder+'package.json','utf8'))
          const file=typeof bin==='string'?name.split('/').pop()===wanted&&bin:bin&&bin[wanted]
          if(file){process.argv[1]=folder+file;break}
        }

        """#

    /// The arguments; fails where the text needs a shell and the base has none.
    func arguments(_ start: NodeStart) throws(PlanError) -> [String] {
        if let text = start.shell ?? Self.hidden(start) {
            guard let shell else {
                throw .needsShell(command: text.text, place: text.place, syntax: text.syntax, base: baseName)
            }
            return ["\(shell)", "-c", text.text]
        }
        let assignments = start.words.prefix { $0.contains(/^\w+=/) }
        var words = Array(start.words.dropFirst(assignments.count))
        var options = isPlugAndPlay ? ["-r", "\(NodeSteps.app)/.pnp.cjs"] : []
        if isPlugAndPlay, isModule { options += ["--experimental-loader", "\(NodeSteps.app)/.pnp.loader.mjs"] }
        var program = Self.program
        if words.first == "node" {
            words.removeFirst()
            options += Self.takeOptions(&words)
        } else if let first = words.first, !first.contains("/"), isPlugAndPlay {
            program = Self.archived + program
        } else if let first = words.first, !first.contains("/") {
            words[0] = "node_modules/.bin/\(first)"
        }
        let rest = assignments + words
        if let plain = Self.plain(Array(rest)), assignments.isEmpty, program == Self.program {
            return ["\(interpreter)"] + options.map { $0.replacing("$$", with: "$") } + plain
        }
        return ["\(interpreter)"] + options.map { $0.replacing("$$", with: "$") } + ["-e", program, "--"] + rest
    }

    /// Whether only a shell can start it, since an option of Node itself reads a variable.
    static func needsShell(_ start: NodeStart) -> Bool { start.shell != nil || hidden(start) != nil }

    private static func hidden(_ start: NodeStart) -> (text: String, syntax: String, place: String)? {
        var words = Array(start.words.drop { $0.contains(/^\w+=/) })
        guard words.first == "node" else { return nil }
        words.removeFirst()
        guard let word = takeOptions(&words).first(where: { $0.contains(/\$\{/) }) else { return nil }
        let text = "exec \(start.words.map { $0.contains(" ") ? "'\($0)'" : $0 }.joined(separator: " "))"
        return (text, word, "\(start.reason)")
    }

    /// Options of Node that take the next word.
    private static let withValue: Set<String> = [
        "-r", "--require", "--import", "--loader", "--experimental-loader", "-C", "--conditions", "--env-file",
        "--title",
        "--icu-data-dir", "--max-http-header-size",
    ]

    private static func takeOptions(_ words: inout [String]) -> [String] {
        var options: [String] = []
        while let word = words.first, word.hasPrefix("-"), word != "--", word != "-" {
            options.append(words.removeFirst())
            if withValue.contains(word), !words.isEmpty { options.append(words.removeFirst()) }
        }
        return options
    }

    /// The words where none reads a variable.
    private static func plain(_ words: [String]) -> [String]? {
        words.contains { $0.replacing("$$", with: "").contains("$") }
            ? nil : words.map { $0.replacing("$$", with: "$") }
    }
}
