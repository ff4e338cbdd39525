extension ArchiveProgram {
    /// Class files and start scripts.
    static let classes = #"""
        /** What a class file says of itself: JVM specification, chapter 4. */
        class ClassFile {
            final int major;
            String name;
            boolean hasMain;
            /** Classes that the code names, as `com/example/Other`. */
            final Set<String> uses = new TreeSet<>();

            ClassFile(byte[] bytes) throws IOException {
                DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes));
                if (in.readInt() != 0xCAFEBABE) throw new IOException("no class file");
                in.readUnsignedShort();
                major = in.readUnsignedShort();
                int count = in.readUnsignedShort();
                String[] texts = new String[count];
                int[] names = new int[count];
                for (int i = 1; i < count; i++) {
                    int tag = in.readUnsignedByte();
                    switch (tag) {
                        case 1: texts[i] = in.readUTF(); break;
                        case 7: names[i] = in.readUnsignedShort(); break;
                        case 5: case 6: in.readLong(); i++; break;
                        case 8: case 16: case 19: case 20: in.readUnsignedShort(); break;
                        case 15: in.readUnsignedByte(); in.readUnsignedShort(); break;
                        default: in.readInt();
                    }
                }
                for (int i = 1; i < count; i++) if (names[i] != 0) uses.add(texts[names[i]]);
                in.readUnsignedShort();
                name = texts[names[in.readUnsignedShort()]].replace('/', '.');
                in.readUnsignedShort();
                for (int n = in.readUnsignedShort(); n > 0; n--) in.readUnsignedShort();
                for (int n = in.readUnsignedShort(); n > 0; n--) member(in, texts);
                for (int n = in.readUnsignedShort(); n > 0; n--) {
                    int flags = in.readUnsignedShort();
                    String method = texts[in.readUnsignedShort()], type = texts[in.readUnsignedShort()];
                    attributes(in);
                    if ("main".equals(method) && isMain(flags, type)) hasMain = true;
                }
            }

            /** `public static void main(String[])`; from 25 on (JEP 512) any main that is not private. */
            private boolean isMain(int flags, String type) {
                if ((flags & 9) == 9 && "([Ljava/lang/String;)V".equals(type)) return true;
                return major >= 69 && (flags & 2) == 0 && ("([Ljava/lang/String;)V".equals(type) || "()V".equals(type));
            }

            private static void member(DataInputStream in, String[] texts) throws IOException {
                in.readUnsignedShort();
                in.readUnsignedShort();
                in.readUnsignedShort();
                attributes(in);
            }

            private static void attributes(DataInputStream in) throws IOException {
                for (int n = in.readUnsignedShort(); n > 0; n--) {
                    in.readUnsignedShort();
                    for (int left = in.readInt(); left > 0; ) left -= in.skipBytes(left);
                }
            }

            static List<String> mains(JarFile jar, Set<String> classes) throws IOException {
                List<String> found = new ArrayList<>();
                for (String entry : classes) {
                    try (InputStream in = jar.getInputStream(jar.getEntry(entry))) {
                        ClassFile file = new ClassFile(Tree.read(in));
                        if (file.hasMain) found.add(file.name);
                    } catch (IOException | RuntimeException error) { /* no class file: nothing that starts */ }
                }
                return found;
            }

            static List<String> mains(Path folder) throws IOException {
                List<String> found = new ArrayList<>();
                for (Path path : Tree.files(folder)) {
                    if (!path.toString().endsWith(".class")) continue;
                    try {
                        ClassFile file = new ClassFile(Files.readAllBytes(path));
                        if (file.hasMain) found.add(file.name);
                    } catch (IOException | RuntimeException error) { /* no class file: nothing that starts */ }
                }
                return found;
            }

            /** Class file version 45 is Java 1.1, 52 is Java 8, 61 is Java 17. */
            static int java(int major) { return major - 44; }

            /** Fails where most classes of an archive, or the one that starts, are for a newer Java. */
            static void check(Path path, String shown, String main, int java) throws IOException {
                if (java == 0) return;
                String start = main == null ? null : main.replace('.', '/') + ".class";
                int all = 0, newer = 0, most = 0;
                String example = null;
                try (JarFile jar = new JarFile(path.toFile(), false)) {
                    for (JarEntry entry : Collections.list(jar.entries())) {
                        String name = entry.getName();
                        if (!name.endsWith(".class") || name.startsWith("META-INF/") || name.endsWith("module-info.class")) continue;
                        byte[] head = new byte[8];
                        try (DataInputStream in = new DataInputStream(jar.getInputStream(entry))) { in.readFully(head); }
                        catch (EOFException error) { continue; }
                        int major = (head[6] & 255) * 256 + (head[7] & 255);
                        all++;
                        if (java(major) <= java) continue;
                        newer++;
                        boolean isStart = name.equals(start) || name.endsWith("/classes/" + start);
                        if (isStart) newer += 1000000;
                        if (example == null || isStart) { example = name; most = major; }
                    }
                }
                if (example != null && newer * 2 > all)
                    throw new Archive.Refusal(shown + ": the class " + example.replaceFirst("^(BOOT|WEB)-INF/classes/", "")
                        .replaceFirst("\\.class$", "").replace('/', '.') + " is for Java " + java(most) + " (class file version "
                        + most + "), and the image has Java " + java + "; ask for it with --set java.version=" + java(most)
                        + ", or compile for Java " + java);
            }
        }

        /** A start script of Gradle's application plugin or of Maven's appassembler. */
        class StartScript {
            String main, options = "";
            final List<Path> classPath = new ArrayList<>();

            StartScript(Path path) throws IOException {
                byte[] bytes = Files.readAllBytes(path);
                String text = new String(bytes, StandardCharsets.UTF_8);
                if (!text.startsWith("#!")) return;
                Path home = path.getParent().getParent();
                String paths = null;
                // Values may go on over lines that end in a backslash.
                String[] lines = text.replace("\\\r\n", " ").replace("\\\n", " ").split("\r?\n");
                for (String raw : lines) {
                    String line = raw.trim();
                    if (line.startsWith("CLASSPATH=") && line.contains("/") && paths == null) paths = value(line);
                    else if (line.startsWith("DEFAULT_JVM_OPTS=") && !line.contains("$DEFAULT_JVM_OPTS")) options = value(line).trim();
                    java.util.regex.Matcher gradle = java.util.regex.Pattern.compile(
                        "-classpath\\s+\\S*CLASSPATH\\S*\\s+([\\w.$]+)").matcher(line);
                    if (gradle.find()) main = gradle.group(1);
                    if (line.startsWith("MAIN_CLASS=") || line.startsWith("MAINCLASS=")) main = value(line);
                }
                if (main == null) {
                    java.util.regex.Matcher exec = java.util.regex.Pattern.compile(
                        "-Dbasedir=\\S+\\s+([\\w.$]+)\\s+.\\$@.|-classpath\\s+\\S*CLASSPATH\\S*\\s+([\\w.$]+)").matcher(
                        String.join(" ", lines).replaceAll("\\s+", " "));
                    if (exec.find()) main = exec.group(1) != null ? exec.group(1) : exec.group(2);
                }
                for (String word : (paths == null ? "" : paths).split(":")) {
                    String name = word.replaceFirst("^\\$\\{?(APP_HOME|BASEDIR)\\}?/", "").replace("$REPO", "repo").replace(Tree.QUOTE, "");
                    Path file = home.resolve(name).normalize();
                    if (Files.isRegularFile(file) && file.toString().endsWith(".jar")) classPath.add(file);
                }
                if (classPath.isEmpty() && main != null)
                    for (Path file : Tree.list(home.resolve("lib"))) if (Choice.isArchive(file)) classPath.add(file);
            }

            private static String value(String line) {
                String text = line.substring(line.indexOf('=') + 1).trim();
                if (text.length() > 1 && ("'" + Tree.QUOTE).indexOf(text.charAt(0)) >= 0 && text.charAt(text.length() - 1) == text.charAt(0))
                    return text.substring(1, text.length() - 1);
                return text;
            }
        }
        """#
}
