import Planning

/// What the names of one module are, as far as web applications go.
struct ModuleObjects: Sendable {
    var objects: [String: Object] = [:]

    /// An application, a function that makes one, or a class of them.
    struct Object: Sendable, Hashable {
        let kind: Kind
        let framework: Framework
        /// Where its module says so.
        let evidence: Evidence
        /// `shop.factory:app`, where it is made; differs from its own name where it is only imported.
        let origin: String
    }

    enum Kind: Sendable, Hashable {
        case application
        case factory(isAsync: Bool, needs: Needs)
        case type
    }

    /// What a factory must be given.
    enum Needs: Sendable, Hashable {
        case nothing
        /// Pyramid's `main(global_config, **settings)`, to which an empty dictionary does.
        case settings
        case more
    }
}

/// Works out what the names of the service's modules are, following assignments, calls and imports.
///
/// It reads statements in their order, as an interpreter would, and believes only what it can follow to a framework's class.
final class ModuleReader {
    let modules: ServiceModules
    private var known: [SourcePath: ModuleObjects] = [:]
    /// How many modules are being read, each for an import of the one before.
    private var depth = 0
    /// Longer chains of imports are not followed: the stack is not endless.
    private static let depthLimit = 50

    init(modules: ServiceModules) { self.modules = modules }

    /// The objects of a module; what an import of a module that is just being read would give is not known.
    func objects(of module: PythonModule) throws -> ModuleObjects {
        if let found = known[module.path] { return found }
        known[module.path] = ModuleObjects()
        var scope = Scope(module: module)
        for (local, found) in module.imports where found.statement.indent == 0 {
            guard let object = try imported(found.origin, module) else { continue }
            scope.objects[local] = ModuleObjects.Object(
                kind: object.kind, framework: object.framework, evidence: module.evidence(found.statement),
                origin: object.origin)
        }
        try read(module.source.statements.filter { $0.indent == 0 }, into: &scope)
        let result = ModuleObjects(objects: scope.objects)
        known[module.path] = result
        return result
    }

    private struct Scope {
        let module: PythonModule
        var objects: [String: ModuleObjects.Object] = [:]
    }

    private func imported(_ origin: String, _ module: PythonModule) throws -> ModuleObjects.Object? {
        guard let (found, rest) = try modules.find(origin, from: module.folder), rest.count == 1,
            found.path != module.path, depth < Self.depthLimit
        else { return nil }
        depth += 1
        defer { depth -= 1 }
        return try objects(of: found).objects[rest[0]]
    }

    private func read(_ statements: [PythonSource.Statement], into scope: inout Scope) throws {
        for statement in statements {
            let text = statement.text
            // A pattern is made anew at each use: most statements are told by a sign or a word that they lack.
            let assigns = text.utf8.contains(UInt8(ascii: "="))
            if assigns, let match = text.prefixMatch(of: /(\w+)\s*(?::([^=]*))?=(?!=)\s*/) {
                var names = [String(match.output.1)]
                var value = text[match.range.upperBound...]
                while let next = value.prefixMatch(of: /(\w+)\s*=(?!=)\s*/) {
                    names.append(String(next.output.1))
                    value = value[next.range.upperBound...]
                }
                let annotated = match.output.2.flatMap { type(named: String($0), scope) }
                let framework = try framework(String(value), assignedTo: names[0], scope) ?? annotated
                for name in names { note(name, .application, framework, statement, &scope) }
            } else if assigns, let match = text.prefixMatch(of: /(\w+)\s*,[\w\s,]*=\s*/) {
                let framework = try framework(String(text[match.range.upperBound...]), assignedTo: nil, scope)
                note(String(match.output.1), .application, framework, statement, &scope)
            } else if text.hasPrefix("def") || text.hasPrefix("async"),
                let match = text.wholeMatch(of: /(async\s+)?def\s+(\w+)\s*\((.*)\)\s*(?:->\s*(.+?))?\s*:(.*)/)?.output
            {
                let made = try made(by: statement, annotation: match.4.map(String.init), scope)
                let kind = ModuleObjects.Kind.factory(isAsync: match.1 != nil, needs: Self.needs(match.3))
                note(String(match.2), kind, made, statement, &scope)
            } else if text.hasPrefix("class"), let match = text.prefixMatch(of: /class\s+(\w+)\s*\(([^)]*)\)/)?.output {
                let base = match.2.split(separator: ",").compactMap { type(named: String($0), scope) }.first
                note(String(match.1), .type, base, statement, &scope)
            }
        }
    }

    private func note(
        _ name: String, _ kind: ModuleObjects.Kind, _ framework: Framework?, _ statement: PythonSource.Statement,
        _ scope: inout Scope
    ) {
        guard let framework else { return }
        let known = scope.objects[name]
        scope.objects[name] = ModuleObjects.Object(
            kind: kind, framework: framework,
            evidence: known?.kind == kind
                ? known?.evidence ?? scope.module.evidence(statement)
                : scope.module.evidence(statement),
            origin: "\(scope.module.name):\(name)")
    }

    /// What a function returns: its annotation, else a return statement that can be followed.
    private func made(
        by statement: PythonSource.Statement, annotation: String?, _ scope: Scope
    ) throws -> Framework? {
        if let annotation, let framework = type(named: annotation, scope) { return framework }
        var local = scope
        var isNested: Int?
        for inner in scope.module.source.body(of: statement) {
            if let indent = isNested, inner.indent > indent { continue }
            isNested = inner.text.contains(/^(?:async\s+)?(?:def|class)\s/) ? inner.indent : nil
            if let match = inner.text.prefixMatch(of: /return\s+/) {
                let value = String(inner.text[match.range.upperBound...])
                if let framework = try framework(value, assignedTo: nil, local) { return framework }
            } else if isNested == nil {
                try read([inner], into: &local)
            }
        }
        return nil
    }

    /// The framework of a class by its name in a module: the framework's own or a subclass.
    private func type(named text: String, _ scope: Scope) -> Framework? {
        let name = text.trimming(while: { $0.isWhitespace || $0 == "\"" || $0 == "'" })
        guard name.wholeMatch(of: /[\w.]+/) != nil else { return nil }
        if let object = scope.objects[name], object.kind == .type { return object.framework }
        return scope.module.origins(of: name).lazy.compactMap(Framework.made).first
    }

    /// The framework of the application that an expression gives; nil where it gives none that can be followed.
    private func framework(_ text: String, assignedTo name: String?, _ scope: Scope) throws -> Framework? {
        guard let expression = Expression(text) else { return nil }
        var framework: Framework?
        if let arguments = expression.arguments {
            framework = try called(expression.name, arguments, assignedTo: name, scope)
        } else {
            framework = try value(of: expression.name, scope)
        }
        guard !expression.rest.isEmpty else { return framework }
        if expression.rest.hasPrefix(".make_wsgi_app(") { return pyramid(scope) }
        return framework.flatMap { Self.attribute(expression.rest.dropFirst(), of: $0) }
    }

    private func value(of name: String, _ scope: Scope) throws -> Framework? {
        let parts = name.split(separator: ".", maxSplits: 1).map(String.init)
        if let object = scope.objects[parts[0]], object.kind == .application {
            return parts.count == 1 ? object.framework : Self.attribute(parts[1][...], of: object.framework)
        }
        guard parts.count > 1, let origin = scope.module.origins(of: name).first,
            let object = try imported(origin, scope.module), object.kind == .application
        else { return nil }
        return object.framework
    }

    private func called(
        _ name: String, _ arguments: [String], assignedTo variable: String?, _ scope: Scope
    ) throws -> Framework? {
        if name.hasSuffix(".make_wsgi_app") { return pyramid(scope) }
        if let object = scope.objects[name] { return object.kind == .application ? nil : object.framework }
        for origin in scope.module.origins(of: name) {
            if let framework = Framework.made(by: origin) { return framework }
            if let object = try imported(origin, scope.module), object.kind != .application { return object.framework }
            if let serving = Framework.adapters[origin] {
                return argument(arguments, scope)?.framework.served(by: serving)
            }
        }
        // Middleware around an application is an application again; `SQLAlchemy(app)` is none.
        guard let inner = argument(arguments, scope) else { return nil }
        let last = name.split(separator: ".").last.map(String.init) ?? name
        let wraps = ["Middleware", "ProxyFix", "WhiteNoise", "ASGIApp", "WSGIApp"].contains(where: last.hasSuffix)
        return wraps || inner.name == variable ? inner.framework : nil
    }

    /// The first argument that is an application.
    private func argument(_ arguments: [String], _ scope: Scope) -> (name: String, framework: Framework)? {
        for argument in arguments {
            let text = argument.replacing(/^\w+\s*=\s*/, with: "")
            if let object = scope.objects[text], object.kind == .application { return (text, object.framework) }
        }
        return nil
    }

    private func pyramid(_ scope: Scope) -> Framework? {
        scope.module.imports(package: "pyramid") ? Framework.all.first { $0.name == "Pyramid" } : nil
    }

    private static func attribute(_ name: Substring, of framework: Framework) -> Framework? {
        switch framework.serving {
        case .attribute(let own): name == own ? framework.served(by: .wsgi) : nil
        case .wsgi where name == "wsgi_app": framework
        case .asgi where name == "asgi_app": framework
        default: nil
        }
    }

    private static func needs(_ parameters: Substring) -> ModuleObjects.Needs {
        let required = PythonLiteral.elements(String(parameters)).filter { part in
            !part.contains("=") && !part.hasPrefix("*") && part != "/"
        }
        if required.isEmpty { return .nothing }
        return required.count == 1 && required[0].contains(/^_?global_(config|settings)\b/) ? .settings : .more
    }
}

/// `name(arguments)rest` or `name`, which is all of an expression that is followed.
private struct Expression {
    let name: String
    /// nil where nothing is called.
    let arguments: [String]?
    /// What follows the call: `.server`.
    let rest: String

    init?(_ text: String) {
        let text = text.replacing(/^await\s+/, with: "")
        guard let match = text.prefixMatch(of: /[A-Za-z_][\w.]*/) else { return nil }
        name = String(match.output)
        let tail = text[match.range.upperBound...]
        guard tail.first == "(" else {
            guard tail.isEmpty else { return nil }
            arguments = nil
            rest = ""
            return
        }
        guard let end = Self.closing(tail) else { return nil }
        arguments = PythonLiteral.elements(String(tail[tail.index(after: tail.startIndex)..<end]))
        rest = tail[tail.index(after: end)...].trimming(while: { $0.isWhitespace || $0 == ";" })
    }

    /// The index of the bracket that closes the first one.
    private static func closing(_ text: Substring) -> Substring.Index? {
        var depth = 0
        var quote: Character?
        for index in text.indices {
            let character = text[index]
            if let open = quote {
                if character == open { quote = nil }
                continue
            }
            switch character {
            case "\"", "'": quote = character
            case "(", "[", "{": depth += 1
            case ")", "]", "}":
                depth -= 1
                if depth == 0 { return index }
            default: break
            }
        }
        return nil
    }
}

extension StringProtocol {
    /// The text without the characters at both ends that satisfy a condition.
    fileprivate func trimming(while isOuter: (Character) -> Bool) -> String {
        let start = drop(while: isOuter)
        return String(start.reversed().drop(while: isOuter).reversed())
    }
}
