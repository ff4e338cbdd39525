import Glibc
import SystemPackage

/// An npm registry on loopback, made of the modules that Debian packages hold and of packages that a test brings.
///
/// One version of each: Debian's. Ranges of its dependencies are relaxed to what is there. Every archive has its
/// integrity, as the real thing. With a token, who does not give it is told 401.
struct NpmRegistry: Sendable {
    /// Packages of the test: a folder for each, with its package.json.
    let own: FilePath
    var token: String?

    init(token: String? = nil) throws {
        own = try Workspace.here().makeFolder("npm")
        self.token = token
    }

    /// Where `.ci/setup` unpacks Debian's packages.
    static let debian: FilePath = {
        func variable(_ name: String) -> String? { getenv(name).map { String(cString: $0) } }
        let cache = variable("XDG_CACHE_HOME") ?? "\(variable("HOME") ?? "/root")/.cache"
        return FilePath(variable("AUTOIMAGE_CI_TOOLS") ?? "\(cache)/autoimage-ci").appending("npm")
    }()

    /// Whether a test can have a registry.
    static var isThere: Bool {
        Tool.isCI || access("\(debian)/bookworm/complete", R_OK) == 0 && access("\(debian)/trixie/complete", R_OK) == 0
    }

    static let lack = "needs the packages that .ci/setup unpacks"

    /// Adds a package; `files` are texts by path.
    func add(_ name: String, version: String = "1.0.0", manifest: String = "", _ files: [String: String]) async throws {
        let folder = own.pushing(FilePath(name))
        try await Command("mkdir", "-p", folder.string).succeed()
        let more = manifest.isEmpty ? "" : ", \(manifest)"
        try folder.appending("package.json").write(
            "{\"name\": \"\(name)\", \"version\": \"\(version)\"\(more)}\n")
        for (path, text) in files {
            let file = folder.pushing(FilePath(path))
            try await Command("mkdir", "-p", file.removingLastComponent().string).succeed()
            try file.write(text)
            if text.hasPrefix("#!") { try await Command("chmod", "755", file.string).succeed() }
        }
    }

    /// Adds Yarn 4.1, which Debian 13 packs as one file, as the registry has it; bookworm's own is 1.22.
    func addYarn() async throws {
        try await add("@yarnpkg/cli-dist", version: "4.1.0", manifest: "\"bin\": {\"yarn\": \"bin/yarn.js\"}", [:])
        let folder = own.pushing("@yarnpkg/cli-dist/bin")
        try await Command("mkdir", folder.string).succeed()
        let file = Self.debian.pushing("trixie/tree/usr/share/nodejs/@yarnpkg/cli/bundles/yarn.js")
        try await Command("cp", file.string, folder.string).succeed()
    }

    /// Writes the lock of a service, as the manager itself would make it here: `package-lock.json` or Yarn 1's `yarn.lock`.
    static func lock(_ service: Service, _ name: String = "package-lock.json", at address: String) async throws {
        let text = try await Command(
            "curl", "--silent", "--show-error", "--fail", "--data-binary", "@\(service["package.json"])",
            "\(address)\(name)"
        ).succeed()
        try service[name].write(text)
    }

    /// Serves for as long as `body` runs.
    func serving(_ body: @Sendable (_ address: String) async throws -> Void) async throws {
        let port = try FreePort()
        let tree = Self.debian.appending("bookworm").appending("tree")
        let server = Command(
            ["python3", "-c", Self.program, "\(port)", token ?? "", own.string]
                + ["usr/share/nodejs", "usr/lib/x86_64-linux-gnu/nodejs", "usr/lib/aarch64-linux-gnu/nodejs"].map {
                    tree.pushing(FilePath($0)).string
                })
        try await server.running {
            try await $0.waitFor("listening", seconds: 20)
            try await body("http://127.0.0.1:\(port)/")
        }
    }

    /// Packuments and archives by npm's registry protocol, made when they are asked for.
    private static let program = #"""
        import base64, gzip, hashlib, io, json, os, sys, tarfile, urllib.parse
        from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
        port, token, roots = int(sys.argv[1]), sys.argv[2], sys.argv[3:]
        def folder(name):
            for root in roots:
                place = os.path.join(root, name)
                if os.path.isfile(os.path.join(place, 'package.json')): return place
        unnamed = {'yarn': ['@babel/runtime', 'chownr', 'ci-info', 'fast-levenshtein', 'log-symbols', 'pump'], 'type-is': ['content-type']}
        def manifest(name):
            place = folder(name)
            if not place: return None
            read = json.load(open(os.path.join(place, 'package.json')))
            own = place.startswith(roots[0])
            read['name'] = name
            read.setdefault('version', '1.0.0')
            # Debian's versions may hold what npm's may not.
            read['version'] = '.'.join((read['version'].split('+')[0].split('.') + ['0', '0'])[:3]) if not own else read['version']
            for kind in 'dependencies', 'optionalDependencies', 'peerDependencies', 'devDependencies':
                asked = read.pop(kind, None)
                if kind in ('devDependencies', 'peerDependencies') and not own: continue
                if asked: read[kind] = {one: (asked[one] if own else '*') for one in asked if folder(one)}
            # What Debian's builds use and no manifest of theirs names.
            for one in unnamed.get(name, []) if not own else []: read.setdefault('dependencies', {})[one] = '*'
            # Modules that lie in another's folder are part of its archive.
            inner = os.path.join(place, 'node_modules')
            nested = [] if own or not os.path.isdir(inner) else sorted(one for one in os.listdir(inner) if os.path.isfile(os.path.join(inner, one, 'package.json')))
            for one in nested:
                read.setdefault('dependencies', {})[one] = '*'
                for other in json.load(open(os.path.join(inner, one, 'package.json'))).get('dependencies', {}):
                    if folder(other): read['dependencies'].setdefault(other, '*')
            if not own: read.pop('scripts', None); read.pop('bundleDependencies', None); read.pop('files', None)
            if nested: read['bundleDependencies'] = nested
            if name == 'yarn' and not own: read['bin'] = {'yarn': 'bin/yarn.js'}
            return read
        packed = {}
        def archive(name):
            if name not in packed:
                place, buffer = folder(name), io.BytesIO()
                with gzip.GzipFile(fileobj=buffer, mode='wb', mtime=0) as zipped, tarfile.open(fileobj=zipped, mode='w') as tar:
                    for at, folders, files in os.walk(place):
                        folders[:] = sorted(one for one in folders if one != '.git')
                        for one in sorted(files):
                            path = os.path.join(at, one)
                            if not os.path.isfile(path): continue
                            inside = os.path.relpath(path, place)
                            data = json.dumps(manifest(name), indent=2).encode() if inside == 'package.json' else open(path, 'rb').read()
                            if inside.startswith('node_modules/') and inside.count('/') == 2 and one == 'package.json':
                                read = json.loads(data)
                                for kind in 'dependencies', 'devDependencies', 'peerDependencies', 'optionalDependencies', 'scripts': read.pop(kind, None)
                                data = json.dumps(read).encode()
                            info = tarfile.TarInfo('package/' + inside)
                            info.size, info.mode = len(data), 0o755 if os.access(path, os.X_OK) and os.stat(path).st_mode & 0o100 else 0o644
                            tar.addfile(info, io.BytesIO(data))
                packed[name] = buffer.getvalue()
            return packed[name]
        def dist(name, host):
            data = archive(name)
            return {
                'tarball': 'http://%s/%s/-/%s-%s.tgz' % (host, name, name.split('/')[-1], manifest(name)['version']),
                'integrity': 'sha512-' + base64.b64encode(hashlib.sha512(data).digest()).decode(), 'shasum': hashlib.sha1(data).hexdigest()}
        def scripts(name):
            read = manifest(name).get('scripts', {})
            return bool({'preinstall', 'install', 'postinstall'} & set(read)) or os.path.isfile(os.path.join(folder(name), 'binding.gyp'))
        # What npm would lock: with one version of each package nothing is nested.
        def lock(root, host):
            places, production = {'': root}, set()
            def add(name, isDevelopment):
                if not isDevelopment: production.add(name)
                if 'node_modules/' + name in places and (isDevelopment or 'dev' not in places['node_modules/' + name]): return
                read = manifest(name)
                found = dist(name, host)
                entry = {'version': read['version'], 'resolved': found['tarball'], 'integrity': found['integrity']}
                for key in 'dependencies', 'bin', 'engines':
                    if read.get(key): entry[key] = read[key]
                if isinstance(entry.get('bin'), str): entry['bin'] = {name.split('/')[-1]: entry['bin']}
                if scripts(name): entry['hasInstallScript'] = True
                if isDevelopment: entry['dev'] = True
                places['node_modules/' + name] = entry
                for one in read.get('dependencies', {}): add(one, isDevelopment)
            for one in root.get('dependencies', {}): add(one, False)
            for one in root.get('devDependencies', {}): add(one, True)
            return {'name': root['name'], 'version': root['version'], 'lockfileVersion': 3, 'requires': True, 'packages': places}
        def yarnLock(root, host):
            seen, lines = {}, ['# THIS IS AN AUTOGENERATED FILE. DO NOT EDIT DIRECTLY.', '# yarn lockfile v1', '', '']
            def add(name):
                if name in seen: return
                read, found = manifest(name), dist(name, host)
                text = ['"%s@*":' % name, '  version "%s"' % read['version'], '  resolved "%s#%s"' % (found['tarball'], found['shasum']), '  integrity ' + found['integrity']]
                if read.get('dependencies'): text += ['  dependencies:'] + ['    "%s" "%s"' % pair for pair in sorted(read['dependencies'].items())]
                seen[name] = text + ['']
                for one in read.get('dependencies', {}): add(one)
            for kind in 'dependencies', 'devDependencies':
                for one in root.get(kind, {}): add(one)
            return chr(10).join(lines + [line for name in sorted(seen) for line in seen[name]])
        class Handler(BaseHTTPRequestHandler):
            protocol_version = 'HTTP/1.1'
            def log_message(self, *words): pass
            def answer(self, status, body, kind='application/json'):
                self.send_response(status)
                self.send_header('Content-Type', kind)
                self.send_header('Content-Length', str(len(body)))
                self.end_headers()
                self.wfile.write(body)
            def do_POST(self):
                root = json.loads(self.rfile.read(int(self.headers['Content-Length'])))
                host = self.headers['Host']
                text = yarnLock(root, host) if self.path == '/yarn.lock' else json.dumps(lock(root, host), indent=2)
                self.answer(200, text.encode() + b'\n')
            def do_GET(self):
                path = urllib.parse.unquote(self.path.split('?')[0]).strip('/')
                if token and self.headers.get('Authorization') != 'Bearer ' + token: return self.answer(401, b'{"error":"who are you"}')
                if '/-/' in path:
                    name = path.split('/-/')[0]
                    return self.answer(200, archive(name), 'application/octet-stream') if folder(name) else self.answer(404, b'{}')
                read = manifest(path)
                if not read: return self.answer(404, b'{"error":"not found"}')
                version = read['version']
                read['dist'] = dist(path, self.headers['Host'])
                if scripts(path): read['hasInstallScript'] = True
                self.answer(200, json.dumps({'name': path, 'dist-tags': {'latest': version}, 'versions': {version: read}, 'time': {}}).encode())
        server = ThreadingHTTPServer(('127.0.0.1', port), Handler)
        print('listening', flush=True)
        server.serve_forever()
        """#
}
