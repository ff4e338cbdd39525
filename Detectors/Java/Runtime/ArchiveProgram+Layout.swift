extension ArchiveProgram {
    /// What is written below `/out`.
    static let layout = #"""
        /** Writes what starts, its libraries and what changes most apart. */
        class Layout {
            private final Request request;
            private final Path lib, snapshots, application;
            private final List<String> classPath = new ArrayList<>();

            Layout(Request request) throws IOException {
                this.request = request;
                lib = request.out.resolve("lib");
                snapshots = request.out.resolve("snapshots");
                application = request.out.resolve("application");
                for (Path folder : new Path[] {lib, snapshots, application}) Files.createDirectories(folder);
            }

            void write(Candidate one) throws IOException {
                switch (one.kind) {
                    case BOOT: boot(one); break;
                    case QUARKUS: quarkus(one); break;
                    case WAR: webapp(one); break;
                    default: plain(one);
                }
                // An argument file of the launcher: https://docs.oracle.com/en/java/javase/21/docs/specs/man/java.html
                if (request.options)
                    Tree.write((one.options.replace("$APP_HOME", "/app") + "\n").getBytes(StandardCharsets.UTF_8),
                        application.resolve("jvm.options"));
                System.out.println("lib: " + Tree.files(lib).size() + " files, snapshots: " + Tree.files(snapshots).size()
                    + " files, application: " + Tree.files(application).size() + " files");
            }

            // Libraries

            static boolean isSnapshot(String name) {
                return name.contains("-SNAPSHOT") || name.matches(".*-\\d{8}\\.\\d{6}-\\d+(-[\\w.-]+)?\\.jar");
            }

            private boolean isModule(String name) throws IOException {
                for (List<Path> folders : Arrays.asList(request.folders, request.others))
                    for (Path folder : folders)
                        if (Files.isRegularFile(folder.resolve(name))) return true;
                return false;
            }

            /** Puts a library into a group under its name; another of the same name gets its size into the name. */
            private String put(Path file, String name, String group) throws IOException {
                Path folder = group.equals("modules") ? application.resolve("modules") : request.out.resolve(group);
                if (group.equals("modules")) {
                    Path plain = Files.createTempFile("module", ".jar");
                    new Jar(file).write(plain);
                    file = plain;
                }
                Path target = folder.resolve(name);
                byte[] bytes = Files.readAllBytes(file);
                if (Files.exists(target) && !Arrays.equals(Files.readAllBytes(target), bytes))
                    target = folder.resolve(name.replaceFirst("\\.jar$", "-" + bytes.length + ".jar"));
                ClassFile.check(file, name, null, request.java);
                Tree.write(bytes, target);
                return group + "/" + target.getFileName();
            }

            private String group(String name) throws IOException {
                return isModule(name) ? "modules" : isSnapshot(name) ? "snapshots" : "lib";
            }

            private void add(String place) { if (!classPath.contains(place)) classPath.add(place); }

            private static String url(String path) throws IOException {
                try { return new URI(null, null, path, null).toASCIIString(); }
                catch (java.net.URISyntaxException error) { throw new IOException(error); }
            }

            /** The manifest of what starts: the archive's own with our class path. */
            private Manifest manifest(Candidate one, String main) throws IOException {
                Manifest manifest = new Manifest(one.manifest);
                Attributes all = manifest.getMainAttributes();
                all.putIfAbsent(Attributes.Name.MANIFEST_VERSION, "1.0");
                for (String name : new String[] {"Start-Class", "Spring-Boot-Classes", "Spring-Boot-Lib", "Class-Path",
                    "Spring-Boot-Classpath-Index", "Spring-Boot-Layers-Index"}) all.remove(new Attributes.Name(name));
                if (main != null) all.put(Attributes.Name.MAIN_CLASS, main);
                StringJoiner paths = new StringJoiner(" ");
                for (String place : classPath) paths.add(url(place));
                if (!classPath.isEmpty()) all.put(Attributes.Name.CLASS_PATH, paths.toString());
                return manifest;
            }

            private Path app() { return application.resolve("app.jar"); }

            // Plain archives, classes and installed applications

            private void plain(Candidate one) throws IOException {
                boolean isScript = one.kind == Kind.SCRIPT;
                for (Path file : one.libraries) {
                    if (Files.isDirectory(file)) {
                        String name = file.getFileName().toString();
                        for (Path inner : Tree.files(file)) Tree.copy(inner, application.resolve(name).resolve(file.relativize(inner)));
                        add(name + "/");
                    } else add(put(file, file.getFileName().toString(), group(file.getFileName().toString())));
                }
                if (!one.options.isEmpty() && !request.options)
                    System.out.println("its start script has options that the image does not: " + one.options
                        + "; give them with --set start='java " + one.options + " -jar app.jar'");
                if (isScript) { new Jar(manifest(one, one.main)).write(app()); return; }
                if (one.kind == Kind.CLASSES) {
                    Jar jar = new Jar(manifest(one, one.main));
                    for (Path file : Tree.files(one.path)) jar.add(one.path.relativize(file).toString(), Files.readAllBytes(file));
                    jar.write(app());
                } else if (one.isSigned() && (!classPath.isEmpty() || !one.main.equals(one.get("Main-Class")))) {
                    // A signature holds for the manifest as it is: the archive stays whole behind a small one.
                    String name = one.path.getFileName().toString();
                    Tree.copy(one.path, application.resolve("modules").resolve(name));
                    classPath.add(0, "modules/" + name);
                    Manifest manifest = new Manifest();
                    Candidate small = new Candidate(one.path);
                    small.manifest = manifest;
                    new Jar(manifest(small, one.main)).write(app());
                } else if (one.isSigned()) {
                    Tree.copy(one.path, app());
                } else {
                    Jar jar = new Jar(one.path);
                    jar.manifest = manifest(one, one.main);
                    jar.write(app());
                }
                ClassFile.check(app(), request.name(one.path), one.main, request.java);
            }

            // Spring Boot

            private void boot(Candidate one) throws IOException {
                try (JarFile jar = new JarFile(one.path.toFile(), false)) {
                    String classes = one.get("Spring-Boot-Classes"), home = one.get("Spring-Boot-Lib");
                    boolean isWar = jar.getEntry("WEB-INF/classes/") != null || jar.getEntry("WEB-INF/lib/") != null;
                    if (classes == null) classes = isWar ? "WEB-INF/classes/" : jar.getEntry("BOOT-INF/") != null ? "BOOT-INF/classes/" : "";
                    if (home == null) home = isWar ? "WEB-INF/lib/" : jar.getEntry("BOOT-INF/") != null ? "BOOT-INF/lib/" : "lib/";
                    Map<String, String> layers = layers(jar, one.get("Spring-Boot-Layers-Index"));
                    boolean isThin = one.main.endsWith(".JarLauncher") && one.get("Start-Class") != null && !one.isSigned();
                    Map<String, String> places = new LinkedHashMap<>();
                    for (JarEntry entry : Collections.list(jar.entries())) {
                        String name = entry.getName();
                        if (!name.endsWith(".jar") || !(name.startsWith(home) || isWar && name.startsWith("WEB-INF/lib-provided/"))) continue;
                        String file = name.substring(name.lastIndexOf('/') + 1);
                        if (file.startsWith("spring-boot-devtools-") || file.startsWith("spring-boot-jarmode-")) continue;
                        Path copy = Files.createTempFile("library", ".jar");
                        try (InputStream in = jar.getInputStream(entry)) { Files.write(copy, Tree.read(in)); }
                        places.put(name, put(copy, file, layer(layers, name, file)));
                        Files.delete(copy);
                    }
                    if (one.isSigned()) { Tree.copy(one.path, app()); clear(); }
                    else if (isThin) thinBoot(one, jar, classes, home, places);
                    else explodedBoot(one, jar, places);
                    ClassFile.check(one.path, request.name(one.path), one.get("Start-Class"), request.java);
                }
            }

            private void clear() throws IOException {
                for (Path folder : new Path[] {lib, snapshots, application.resolve("modules")})
                    for (Path file : Tree.files(folder)) Files.delete(file);
            }

            /** The group of a library: by the archive's own layers, else by Spring Boot's usual ones. */
            private String layer(Map<String, String> layers, String name, String file) throws IOException {
                String layer = null;
                for (Map.Entry<String, String> line : layers.entrySet())
                    if (name.equals(line.getKey()) || line.getKey().endsWith("/") && name.startsWith(line.getKey())) layer = line.getValue();
                if (layers.containsKey(name)) layer = layers.get(name);
                if (layer == null) return group(file);
                if (layer.equals("application") || isModule(file)) return "modules";
                return layer.contains("snapshot") ? "snapshots" : "lib";
            }

            /** `layers.idx`: layers in their order, each with the paths it holds. */
            private static Map<String, String> layers(JarFile jar, String index) throws IOException {
                Map<String, String> found = new LinkedHashMap<>();
                String layer = null;
                for (String line : lines(jar, index)) {
                    String value = line.replaceFirst("^\\s*-\\s*", "").replaceFirst(":\\s*$", "").replace(Tree.QUOTE, "").trim();
                    if (line.startsWith("-")) layer = value; else if (layer != null) found.put(value, layer);
                }
                return found;
            }

            private static List<String> lines(JarFile jar, String index) throws IOException {
                List<String> lines = new ArrayList<>();
                JarEntry entry = index == null ? null : jar.getJarEntry(index);
                if (entry == null) return lines;
                try (InputStream in = jar.getInputStream(entry)) {
                    for (String line : new String(Tree.read(in), StandardCharsets.UTF_8).split("\r?\n"))
                        if (!line.trim().isEmpty()) lines.add(line);
                }
                return lines;
            }

            /** As `-Djarmode=tools extract` does: the classes as an archive of their own, the libraries on its class path. */
            private void thinBoot(Candidate one, JarFile jar, String classes, String home, Map<String, String> places)
                throws IOException {
                for (String line : lines(jar, one.get("Spring-Boot-Classpath-Index"))) {
                    String name = line.replaceFirst("^\\s*-\\s*", "").replace(Tree.QUOTE, "").trim();
                    String place = places.get(name.contains("/") ? name : home + name);
                    if (place != null) add(place);
                }
                for (String place : places.values()) add(place);
                Jar thin = new Jar(manifest(one, one.get("Start-Class")));
                List<JarEntry> own = new ArrayList<>();
                for (JarEntry entry : Collections.list(jar.entries())) {
                    String name = entry.getName();
                    if (entry.isDirectory() || name.startsWith("org/springframework/boot/loader/") || name.endsWith(".idx")
                        || name.equals("META-INF/MANIFEST.MF") || name.startsWith(home)) continue;
                    if (!classes.isEmpty() && name.startsWith(classes)) own.add(entry);
                    else if (!name.startsWith("BOOT-INF/")) thin.add(name, Tree.read(jar.getInputStream(entry)));
                }
                for (JarEntry entry : own)
                    thin.add(entry.getName().substring(classes.length()), Tree.read(jar.getInputStream(entry)));
                thin.write(app());
            }

            /** The archive as a folder with its launcher, for launchers that look for more than libraries. */
            private void explodedBoot(Candidate one, JarFile jar, Map<String, String> places) throws IOException {
                Path root = application.resolve("boot");
                for (JarEntry entry : Collections.list(jar.entries())) {
                    Path target = Tree.inside(root, entry.getName());
                    if (entry.isDirectory()) { Files.createDirectories(target); continue; }
                    String place = places.get(entry.getName());
                    if (place != null) {
                        Files.createDirectories(target.getParent());
                        Files.createSymbolicLink(target, Paths.get("/app").resolve(place));
                    } else if (!entry.getName().endsWith(".jar") || !entry.getName().contains("spring-boot-devtools-"))
                        Tree.write(Tree.read(jar.getInputStream(entry)), target);
                }
                add("boot/");
                Candidate small = new Candidate(one.path);
                new Jar(manifest(small, one.main)).write(app());
            }

            // Quarkus

            /** The folder as it is: its runner finds everything else from the place of its libraries. */
            private void quarkus(Candidate one) throws IOException {
                Path root = one.path.getParent();
                for (Path file : Tree.files(root)) {
                    String name = root.relativize(file).toString();
                    if (name.equals("quarkus-run.jar")) new Jar(file).write(app());
                    else if (name.startsWith("lib/")) {
                        ClassFile.check(file, name, null, request.java);
                        Tree.copy(file, request.out.resolve(name));
                    } else if (name.endsWith(".jar")) {
                        Files.createDirectories(application.resolve(name).getParent());
                        new Jar(file).write(application.resolve(name));
                        ClassFile.check(file, name, null, request.java);
                    } else Tree.copy(file, application.resolve(name));
                }
            }

            // Web applications

            /** Exploded for a servlet container, which finds the libraries in folders of their own. */
            private void webapp(Candidate one) throws IOException {
                Path root = application.resolve("webapp");
                boolean jakarta = false, javax = false;
                try (JarFile jar = new JarFile(one.path.toFile(), false)) {
                    for (JarEntry entry : Collections.list(jar.entries())) {
                        String name = entry.getName();
                        Path target = Tree.inside(root, name);
                        if (entry.isDirectory() || name.startsWith("org/springframework/boot/loader/")) continue;
                        byte[] bytes = Tree.read(jar.getInputStream(entry));
                        String file = name.substring(name.lastIndexOf('/') + 1);
                        if (name.startsWith("WEB-INF/lib/") && name.endsWith(".jar") && !isModule(file)) {
                            Path copy = Files.createTempFile("library", ".jar");
                            Files.write(copy, bytes);
                            put(copy, file, group(file));
                            Files.delete(copy);
                        } else if (!name.startsWith("WEB-INF/lib-provided/")) Tree.write(bytes, target);
                        if (name.endsWith(".class")) {
                            String text = new String(bytes, StandardCharsets.ISO_8859_1);
                            jakarta |= text.contains("jakarta/servlet/");
                            javax |= text.contains("javax/servlet/");
                        }
                    }
                }
                String uses = jakarta == javax ? null : jakarta ? "jakarta" : "javax";
                if (request.servlet != null && uses != null && !uses.equals(request.servlet))
                    throw new Archive.Refusal(request.name(one.path) + ": its classes use " + uses
                        + ".servlet, and the servlet container of the image has " + request.servlet
                        + ".servlet; name the servlet API in the build file, with the scope provided");
                ClassFile.check(one.path, request.name(one.path), null, request.java);
            }
        }
        """#
}
