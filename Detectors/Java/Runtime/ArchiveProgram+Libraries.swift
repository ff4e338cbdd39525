extension ArchiveProgram {
    /// The libraries of an archive, and folders.
    static let libraries = #"""
        /** Finds the libraries of an archive. */
        class Libraries {
            private final Request request;
            private Map<String, Path> byName;

            Libraries(Request request) { this.request = request; }

            static final String[] FOLDERS = {
                "dependency", "lib", "libs", "dependency-jars", "dependencies", "alternateLocation", "../dependencies", "../lib"
            };

            /** The entries of a Class-Path as files; fails at one that is nowhere. */
            List<Path> resolve(Candidate one, String text) throws IOException {
                List<Path> found = new ArrayList<>();
                for (String word : text.split("\\s+")) {
                    if (word.isEmpty()) continue;
                    String name;
                    try { name = URLDecoder.decode(word.replace("+", "%2B"), "UTF-8"); }
                    catch (IllegalArgumentException error) { name = word; }
                    if (name.startsWith("file:")) name = name.replaceFirst("^file:(//)?", "");
                    Path path = one.path.getParent().resolve(name).normalize();
                    if (Files.isDirectory(path)) { if (!path.equals(one.path.getParent())) found.add(path); continue; }
                    if (!name.endsWith(".jar")) continue;
                    if (!Files.isRegularFile(path)) path = named(one, Paths.get(name).getFileName().toString());
                    if (path == null)
                        throw new Archive.Refusal("its Class-Path names " + name + ", which is not beside it, not in "
                            + "target/dependency or target/lib and not in the local repository");
                    found.add(path);
                }
                return found;
            }

            /** A library by its file's name: beside the archive, made by another module, or in a local repository. */
            private Path named(Candidate one, String name) throws IOException {
                for (String folder : FOLDERS) {
                    Path path = one.path.getParent().resolve(folder).resolve(name).normalize();
                    if (Files.isRegularFile(path)) return path;
                }
                if (byName == null) {
                    byName = new TreeMap<>();
                    for (Path folder : request.others) note(folder);
                    for (Path folder : request.folders) note(folder);
                    for (Path folder : request.repositories) note(folder);
                }
                return byName.get(name);
            }

            private void note(Path folder) throws IOException {
                for (Path path : Tree.files(folder)) {
                    String name = path.getFileName().toString();
                    if (name.endsWith(".jar") && !byName.containsKey(name)) byName.put(name, path);
                }
            }

            /** Folders of libraries beside an archive that names none, where their classes are not in it already. */
            List<Path> beside(Candidate one) throws IOException {
                Path home = Files.isDirectory(one.path) ? one.path : one.path.getParent();
                List<Path> found = new ArrayList<>();
                for (String folder : new String[] {"dependency", "lib", "dependency-jars", "../dependencies"}) {
                    for (Path path : Tree.list(home.resolve(folder).normalize())) {
                        if (!Choice.isArchive(path) || path.equals(one.path)) continue;
                        String first = firstClass(path);
                        if (first == null || !one.classes.contains(first)) found.add(path);
                    }
                    if (!found.isEmpty()) break;
                }
                return found;
            }

            private static String firstClass(Path path) throws IOException {
                try (JarFile jar = new JarFile(path.toFile(), false)) {
                    for (JarEntry entry : Collections.list(jar.entries()))
                        if (entry.getName().endsWith(".class") && !entry.getName().contains("-")
                            && !entry.getName().startsWith("META-INF/")) return entry.getName();
                }
                return null;
            }

            /** A class that the one that starts names and nothing has; null where all are there. */
            String missing(Candidate one, JarFile jar, String start) throws IOException {
                Set<String> names;
                try (InputStream in = jar.getInputStream(jar.getEntry(start))) {
                    names = new ClassFile(Tree.read(in)).uses;
                } catch (RuntimeException error) {
                    return null;
                }
                for (String name : names) {
                    if (name.startsWith("[") || name.matches("(java|javax|jdk|sun|com/sun|org/w3c|org/xml|org/ietf)/.*")) continue;
                    String file = name + ".class";
                    if (jar.getEntry(file) == null && !haveEntry(one.libraries, file)) return name.replace('/', '.');
                }
                return null;
            }

            boolean haveEntry(List<Path> paths, String name) throws IOException {
                for (Path path : paths) {
                    if (Files.isDirectory(path)) {
                        if (Files.isRegularFile(path.resolve(name))) return true;
                    } else try (JarFile jar = new JarFile(path.toFile(), false)) {
                        if (jar.getEntry(name) != null) return true;
                    }
                }
                return false;
            }
        }

        /** Folders, in the order of their names' bytes. */
        class Tree {
            /** Some readers of Dockerfiles stumble over a quote behind a backslash. */
            static final String QUOTE = String.valueOf((char) 34);

            static List<Path> list(Path folder) throws IOException {
                List<Path> found = new ArrayList<>();
                if (!Files.isDirectory(folder)) return found;
                try (DirectoryStream<Path> entries = Files.newDirectoryStream(folder)) {
                    for (Path path : entries) found.add(path);
                }
                found.sort(Comparator.comparing(p -> p.getFileName().toString()));
                return found;
            }

            static List<Path> files(Path folder) throws IOException {
                List<Path> found = new ArrayList<>();
                for (Path path : list(folder)) {
                    if (Files.isDirectory(path, LinkOption.NOFOLLOW_LINKS)) found.addAll(files(path));
                    else if (Files.isRegularFile(path)) found.add(path);
                }
                return found;
            }

            static Path firstFile(Path... paths) {
                for (Path path : paths) if (Files.isRegularFile(path)) return path;
                return null;
            }

            /** Folders with `bin` and libraries: `install/NAME`, `appassembler`, the folder itself. */
            static List<Path> homes(Path folder) throws IOException {
                List<Path> found = new ArrayList<>();
                for (Path path : list(folder.endsWith("install") ? folder : folder.resolve("install"))) if (Files.isDirectory(path.resolve("bin"))) found.add(path);
                for (Path path : new Path[] {folder.resolve("appassembler"), folder})
                    if (Files.isDirectory(path.resolve("bin"))
                        && (Files.isDirectory(path.resolve("lib")) || Files.isDirectory(path.resolve("repo")))) found.add(path);
                return found;
            }

            static boolean hasClasses(Path folder) throws IOException {
                for (Path path : files(folder)) if (path.toString().endsWith(".class")) return true;
                return false;
            }

            /** An entry's place below a folder; fails where its name leads out. */
            static Path inside(Path folder, String name) {
                Path path = folder.resolve(name).normalize();
                if (!path.startsWith(folder)) throw new Archive.Refusal("an entry is named '" + name + "', which leads out of the archive");
                return path;
            }

            static void copy(Path from, Path to) throws IOException {
                Files.createDirectories(to.getParent());
                Files.copy(from, to, StandardCopyOption.REPLACE_EXISTING);
            }

            static void write(byte[] bytes, Path to) throws IOException {
                Files.createDirectories(to.getParent());
                Files.write(to, bytes);
            }

            static byte[] read(InputStream input) throws IOException {
                ByteArrayOutputStream output = new ByteArrayOutputStream();
                byte[] chunk = new byte[65536];
                for (int n; (n = input.read(chunk)) > 0; ) output.write(chunk, 0, n);
                return output.toByteArray();
            }
        }
        """#
}
