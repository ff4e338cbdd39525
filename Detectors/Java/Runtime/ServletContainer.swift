import Formats
import Planning

/// The servlet container that runs a web application: Debian's Tomcat, for a `.war` that does not start by itself.
struct ServletContainer: Sendable {
    /// `jakarta` (Tomcat 10) or `javax` (Tomcat 9).
    let servlet: Decided<String>

    private static let home = ImagePath("/app/tomcat")

    /// Frameworks whose archives start by themselves, whatever they are called.
    private static let ownServers = [
        "spring-boot", "quarkus", "micronaut", "helidon", "thorntail", "payara-micro", "open-liberty", "jetty",
    ]

    /// Decides by the packaging; nil for what starts by itself.
    static func read(_ project: JavaProject, _ build: JavaBuild) throws -> ServletContainer? {
        let packaging = build.packaging
        guard packaging.value != "ear" else {
            throw PlanError.unusable(
                place: "\(packaging.reason)", what: "an .ear needs an application server, which no base has",
                fix: "build the .war that it holds, or an archive with its own server")
        }
        guard packaging.value == "war", !ownServers.contains(where: { build.uses($0) }) else { return nil }
        for output in build.outputs where project.tree.hasFile(output) {
            if try ZipNames(of: output, in: project.tree).startsByItself { return nil }
        }
        return ServletContainer(servlet: try servlet(project, build))
    }

    /// The name of the servlet classes: in the build files, else in `web.xml`, else in the sources.
    private static func servlet(_ project: JavaProject, _ build: JavaBuild) throws -> Decided<String> {
        let inside = project.tree.entries.filter { $0.isFile && $0.path.isInside(build.module.value) }.map(\.path)
        let descriptors = inside.filter { $0.name == "web.xml" }
        let sources = inside.filter { path in [".java", ".kt", ".groovy", ".jsp"].contains { path.name.hasSuffix($0) } }
        let places: [([SourcePath], Regex<(Substring, Substring)>)] = [
            (
                build.files.reversed(),
                #/\b(javax\.servlet|javax\.platform|javaee-(?:web-)?api|jakarta\.servlet|jakarta\.platform|jakarta\.jakartaee-(?:web-)?api)\b/#
            ),
            (descriptors, #/(java\.sun\.com/xml/ns|xmlns\.jcp\.org/xml/ns|jakarta\.ee/xml/ns)/#),
            (sources, #/\bimport\s+(?:static\s+)?(javax\.servlet|jakarta\.servlet)\b/#),
        ]
        for (paths, pattern) in places {
            for path in paths {
                guard let text = try? project.tree.text(at: path),
                    let match = text.firstMatch(of: pattern)
                else { continue }
                let line = text[..<match.range.lowerBound].count { $0 == "\n" } + 1
                let name = match.output.1.hasPrefix("jakarta") ? "jakarta" : "javax"
                return Decided(
                    name, .found(evidence: [Evidence(path: path, line: line, excerpt: String(match.output.1))]))
            }
        }
        return Decided("jakarta", .usual(why: "no file names a servlet API; the current one is Jakarta's"))
    }

    private var number: Int { servlet.value == "jakarta" ? 10 : 9 }

    var decision: Decision { Decision("servlet container", servlet.map { _ in "tomcat \(number)" }) }

    /// Debian packages of the image.
    var packages: [Decided<String>] { [servlet.map { _ in "libtomcat\(number)-java" }] }

    /// Options and class of the JVM: only what serves is on the class path; archives that a version lacks are passed over.
    var arguments: [String] {
        let names = [
            "annotations-api", "api", "catalina", "coyote", "dbcp", "el-api", "jasper", "jasper-el", "jaspic-api",
            "jdbc",
            "jni", "jsp-api", "juli", "servlet-api", "util", "util-scan", "websocket", "websocket-api",
            "websocket-client-api",
        ]
        let path = names.map { "/usr/share/java/tomcat\(number)-\($0).jar" } + ["/usr/share/java/eclipse-jdt-core.jar"]
        return [
            "-Dcatalina.home=\(Self.home)", "-Dcatalina.base=\(Self.home)",
            "-Dorg.apache.tomcat.util.digester.PROPERTY_SOURCE=org.apache.tomcat.util.digester.EnvironmentPropertySource",
            "-cp", path.joined(separator: ":"), "org.apache.catalina.startup.Bootstrap", "start",
        ]
    }

    /// Tomcat's configuration; it needs no folder to write to but `/tmp`.
    func files(port: Int) -> [PlanFile] {
        [
            ("catalina.properties", Self.properties, "every class is on the class path"),
            ("server.xml", Self.server(port), "one web application, no manager, no port for shutting down"),
        ].map { name, text, why in
            PlanFile(
                path: Self.home.resolving("conf/\(name)"), contents: text, mode: 0o644, owner: .root,
                group: .application, reason: .usual(why: why))
        }
    }

    private static let properties = "common.loader=\nserver.loader=\nshared.loader=\n"

    /// The elements of Tomcat's configuration reference, https://tomcat.apache.org/tomcat-10.1-doc/config.
    private static func server(_ port: Int) -> String {
        """
        <?xml version="1.0" encoding="UTF-8"?>
        <Server port="-1">
          <Service name="Catalina">
            <Connector port="${PORT:-\(port)}" protocol="HTTP/1.1" URIEncoding="UTF-8" />
            <Engine name="Catalina" defaultHost="localhost">
              <Host name="localhost" appBase="webapps" autoDeploy="false" deployOnStartup="false" unpackWARs="false">
                <Valve className="org.apache.catalina.valves.ErrorReportValve" showReport="false" showServerInfo="false" />
                <Context path="" docBase="/app/webapp" workDir="/tmp/work">
                  <Listener className="org.apache.catalina.startup.Tomcat$DefaultWebXmlListener" />
                  <Manager pathname="" />
                  <Resources>
                    <PostResources className="org.apache.catalina.webresources.DirResourceSet" base="/app/lib" webAppMount="/WEB-INF/lib" readOnly="true" />
                    <PostResources className="org.apache.catalina.webresources.DirResourceSet" base="/app/snapshots" webAppMount="/WEB-INF/lib" readOnly="true" />
                  </Resources>
                </Context>
              </Host>
            </Engine>
          </Service>
        </Server>

        """
    }
}

/// The names of a zip file's entries, which its directory at the end holds uncompressed (APPNOTE.TXT, 4.3.12).
struct ZipNames {
    private(set) var names: [String] = []

    /// Reads the directory; what is no zip file has no names.
    init(of path: SourcePath, in tree: any SourceTree) throws {
        guard case .file(_, let size)? = tree.entry(at: path)?.kind, size <= 1 << 30 else { return }
        var bytes: [UInt8] = []
        bytes.reserveCapacity(Int(size))
        try tree.read(path) { bytes.append(contentsOf: $0) }
        func number(_ place: Int, _ count: Int) -> Int {
            (0..<count).reduce(0) { $0 | Int(bytes[place + $1]) << (8 * $1) }
        }
        let first = max(0, bytes.count - 65_557)
        guard bytes.count >= 22,
            let end = (first...(bytes.count - 22)).last(where: {
                bytes[$0..<($0 + 4)].elementsEqual([0x50, 0x4B, 5, 6])
            })
        else { return }
        // Bytes before the archive, as of a script that starts it, move everything.
        var place = end - number(end + 12, 4)
        while place >= 0, place + 46 <= end, bytes[place..<(place + 4)].elementsEqual([0x50, 0x4B, 1, 2]) {
            let length = number(place + 28, 2)
            guard place + 46 + length <= end else { return }
            names.append(String(decoding: bytes[(place + 46)..<(place + 46 + length)], as: UTF8.self))
            place += 46 + length + number(place + 30, 2) + number(place + 32, 2)
        }
    }

    /// Whether classes lie where only a JVM looks for them, and no servlet container.
    var startsByItself: Bool {
        names.contains { $0.hasSuffix(".class") && !$0.hasPrefix("WEB-INF/") && !$0.hasPrefix("META-INF/") }
    }
}
