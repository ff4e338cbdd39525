extension ArchiveProgram {
    /// What the plan asks for, and which of the archives it is.
    static let choice = #"""
        /** Finds the archive that starts the service and lays it out by rate of change. */
        public class Archive {
            /** What the user can mend: printed without a stack trace. */
            static class Refusal extends RuntimeException {
                Refusal(String text) { super(text); }
            }

            public static void main(String[] words) throws IOException {
                try {
                    Request request = new Request(words);
                    Candidate chosen = new Choice(request).choose();
                    new Layout(request).write(chosen);
                } catch (Refusal refusal) {
                    System.err.println(refusal.getMessage());
                    System.exit(1);
                }
            }
        }

        /** What the plan asks for. */
        class Request {
            Path out = Paths.get("/out");
            Path base = Paths.get(".").toAbsolutePath();
            int java = 0;
            String archive, by, main, mainBy, servlet;
            boolean container, options;
            final List<Path> folders = new ArrayList<>(), others = new ArrayList<>(), repositories = new ArrayList<>();

            Request(String[] words) {
                for (int i = 0; i < words.length; i++) {
                    String word = words[i];
                    if (word.equals("--container")) container = true;
                    else if (word.equals("--options")) options = true;
                    else if (!word.startsWith("--")) folders.add(Paths.get(word));
                    else if (++i == words.length) throw new Archive.Refusal(word + " needs a value");
                    else set(word, words[i]);
                }
            }

            private void set(String name, String value) {
                switch (name) {
                    case "--out": out = Paths.get(value); break;
                    case "--base": base = Paths.get(value); break;
                    case "--java": java = Integer.parseInt(value); break;
                    case "--archive": archive = value; break;
                    case "--by": by = value; break;
                    case "--main": main = value; break;
                    case "--main-by": mainBy = value; break;
                    case "--servlet": servlet = value; break;
                    case "--other": others.add(Paths.get(value)); break;
                    case "--repository": repositories.add(Paths.get(value)); break;
                    default: throw new Archive.Refusal("unknown option " + name);
                }
            }

            /** A path as people see it: below the service. */
            String name(Path path) {
                return path.startsWith(base) ? base.relativize(path).toString() : path.toString();
            }
        }

        /** What an archive is to us, best first. */
        enum Kind {
            BOOT("a Spring Boot archive"), QUARKUS("a Quarkus application"), FAT("an archive with all it needs"),
            THIN("an archive with a Class-Path"), SCRIPT("an installed application"), PLAIN("an archive with one main class"),
            CLASSES("classes with one main class"), WAR("a web application");
            final String words;
            Kind(String words) { this.words = words; }
        }

        /** Something that may be what starts. */
        class Candidate {
            final Path path;
            Kind kind;
            Manifest manifest = new Manifest();
            String main;
            /** Libraries beside it, in the order of the class path. */
            List<Path> libraries = new ArrayList<>();
            /** Options of the JVM that its start script has. */
            String options = "";
            /** Why it cannot be started; null where it can. */
            String lacks;
            Set<String> classes = new TreeSet<>();

            Candidate(Path path) { this.path = path; }

            String get(String name) {
                String value = manifest.getMainAttributes().getValue(name);
                return value == null || value.trim().isEmpty() ? null : value.trim();
            }

            boolean isSigned() {
                return !manifest.getEntries().isEmpty() && manifest.getEntries().values().stream().anyMatch(
                    a -> a.keySet().stream().anyMatch(k -> k.toString().endsWith("-Digest")));
            }
        }

        /** Looks through the folders of the build and chooses. */
        class Choice {
            private final Request request;
            private final Libraries libraries;

            Choice(Request request) {
                this.request = request;
                libraries = new Libraries(request);
            }

            static final String LAUNCHERS = "org.springframework.boot.loader.";

            Candidate choose() throws IOException {
                List<Candidate> all = new ArrayList<>();
                for (Path folder : request.folders) all.addAll(in(folder));
                if (request.archive != null) all = named(all);
                for (Candidate one : all) judge(one);
                List<Candidate> able = new ArrayList<>();
                for (Candidate one : all) if (one.lacks == null) able.add(one);
                if (able.isEmpty()) throw new Archive.Refusal(nothing(all));
                able.sort(Comparator.comparing((Candidate c) -> c.kind).thenComparing(c -> c.path));
                Candidate best = one(able);
                System.out.println("starts " + request.name(best.path) + ": " + best.kind.words + why(best));
                for (Candidate other : all) {
                    if (other == best) continue;
                    System.out.println("not " + request.name(other.path) + ": "
                        + (other.lacks == null ? other.kind.words : other.lacks));
                }
                return best;
            }

            private String why(Candidate best) {
                if (best.get("Main-Verticle") != null) return ", Main-Verticle " + best.get("Main-Verticle");
                if (best.kind == Kind.BOOT && best.get("Start-Class") != null) return ", Start-Class " + best.get("Start-Class");
                return best.main == null ? "" : ", " + best.main;
            }

            /** The best; fails where several are equally good. */
            private Candidate one(List<Candidate> able) {
                List<Candidate> first = new ArrayList<>();
                for (Candidate c : able) if (c.kind == able.get(0).kind) first.add(c);
                // An archive that holds another and more is the one with all it needs.
                first.removeIf(c -> first.stream().anyMatch(o -> o != c && !c.classes.isEmpty()
                    && o.classes.size() > c.classes.size() && o.classes.containsAll(c.classes)));
                if (first.size() == 1) return first.get(0);
                StringBuilder text = new StringBuilder("several archives could be started; choose with --set java.archive=PATH:");
                for (Candidate c : first)
                    text.append("\n  ").append(request.name(c.path)).append("  (").append(c.kind.words).append(why(c)).append(")");
                throw new Archive.Refusal(text.toString());
            }

            // Names

            /** Archives that are never what starts: parts, sources and documents of others. */
            static boolean isAside(String name) {
                String stem = name.replaceFirst("\\.[jw]ar$", "");
                for (String end : new String[] {"-plain", "-sources", "-javadoc", "-tests", "-test", "-test-fixtures", "-stubs",
                    "-test-sources"})
                    if (stem.endsWith(end)) return true;
                return stem.startsWith("original-") || stem.equals("maven-wrapper") || stem.equals("gradle-wrapper");
            }

            static boolean isArchive(Path path) {
                String name = path.getFileName().toString();
                return (name.endsWith(".jar") || name.endsWith(".war")) && Files.isRegularFile(path);
            }

            private List<Candidate> in(Path folder) throws IOException {
                List<Candidate> found = new ArrayList<>();
                // The plan names the archive itself where it makes it.
                if (Files.isRegularFile(folder)) found.add(new Candidate(folder));
                if (!Files.isDirectory(folder)) return found;
                Path quarkus = Tree.firstFile(folder.resolve("quarkus-run.jar"), folder.resolve("quarkus-app/quarkus-run.jar"));
                if (quarkus != null) found.add(new Candidate(quarkus));
                for (Path path : Tree.list(folder)) {
                    if (isArchive(path) && !isAside(path.getFileName().toString())
                        && !path.getFileName().toString().equals("quarkus-run.jar")) found.add(new Candidate(path));
                }
                for (Path home : Tree.homes(folder)) {
                    for (Path script : Tree.list(home.resolve("bin")))
                        if (!script.toString().endsWith(".bat")) found.add(new Candidate(script));
                }
                if (found.isEmpty() && Tree.hasClasses(folder)) found.add(new Candidate(folder));
                return found;
            }

            /** The candidates that somebody names, by a path or a pattern. */
            private List<Candidate> named(List<Candidate> all) throws IOException {
                String pattern = request.archive.replaceFirst("^(\\./)+", "").replaceFirst("^/app/", "");
                Path exact = null;
                try { exact = request.base.resolve(pattern); } catch (InvalidPathException error) { /* a pattern */ }
                List<Candidate> found = new ArrayList<>();
                PathMatcher matcher = FileSystems.getDefault().getPathMatcher("glob:{" + pattern + ",**/" + pattern + "}");
                for (Candidate c : all) if (matcher.matches(Paths.get(request.name(c.path)))) found.add(c);
                if (found.isEmpty() && exact != null && Files.isRegularFile(exact)) found.add(new Candidate(exact.normalize()));
                if (!found.isEmpty()) return found;
                StringBuilder text = new StringBuilder(request.by + ": names '" + request.archive
                    + "', which the build does not make; ");
                if (all.isEmpty()) throw new Archive.Refusal(text + "it makes no archive in " + places());
                text.append("it makes:");
                for (Candidate c : all) text.append("\n  ").append(request.name(c.path));
                throw new Archive.Refusal(text.toString());
            }

            private String places() {
                StringJoiner names = new StringJoiner(", ");
                for (Path folder : request.folders) names.add(request.name(folder));
                return names.toString();
            }

            // Judging

            private void judge(Candidate one) throws IOException {
                if (Files.isDirectory(one.path)) { judgeClasses(one); return; }
                if (!isArchive(one.path)) { judgeScript(one); return; }
                try (JarFile jar = new JarFile(one.path.toFile(), false)) {
                    if (jar.getManifest() != null) one.manifest = jar.getManifest();
                    for (JarEntry entry : Collections.list(jar.entries())) {
                        String name = entry.getName();
                        if (name.endsWith(".class") && !name.startsWith("META-INF/") && !name.endsWith("module-info.class"))
                            one.classes.add(name);
                    }
                    one.main = one.get("Main-Class");
                    judge(one, jar);
                } catch (ZipException error) {
                    one.lacks = "cannot be read: " + error.getMessage();
                }
            }

            private void judge(Candidate one, JarFile jar) throws IOException {
                boolean isWar = one.path.toString().endsWith(".war");
                if (request.container) {
                    one.kind = Kind.WAR;
                    if (!isWar) one.lacks = "is no .war for the servlet container";
                    return;
                }
                if (one.path.getFileName().toString().equals("quarkus-run.jar")) { one.kind = Kind.QUARKUS; return; }
                if (one.main != null && one.main.startsWith(LAUNCHERS)) { one.kind = Kind.BOOT; return; }
                if (request.main != null) one.main = request.main;
                String paths = one.get("Class-Path");
                one.kind = paths == null ? Kind.FAT : Kind.THIN;
                if (one.main == null) {
                    List<String> mains = ClassFile.mains(jar, one.classes);
                    if (isWar && mains.isEmpty()) {
                        one.lacks = "is a web application without a Main-Class, and the plan has no servlet container for it";
                        return;
                    }
                    if (mains.size() != 1) {
                        one.lacks = "has no Main-Class, and " + (mains.isEmpty() ? "no class with a main method"
                            : mains.size() + " classes with a main method: " + String.join(", ", mains));
                        return;
                    }
                    one.main = mains.get(0);
                    one.kind = Kind.PLAIN;
                }
                try {
                    one.libraries = paths == null ? libraries.beside(one) : libraries.resolve(one, paths);
                } catch (Archive.Refusal refusal) {
                    one.lacks = refusal.getMessage();
                    return;
                }
                String file = one.main.replace('.', '/') + ".class";
                if (jar.getEntry(file) != null) {
                    String missing = libraries.missing(one, jar, file);
                    if (missing != null)
                        one.lacks = "the class " + one.main + " uses " + missing + ", which is in no archive; put the libraries "
                            + "into it (maven-shade-plugin, Gradle's shadow) or beside it (dependency:copy-dependencies)";
                } else if (!libraries.haveEntry(one.libraries, file)) {
                    one.lacks = (request.main == null ? "its Main-Class " : request.mainBy + " names ") + one.main
                        + (request.main == null ? " is not in it" : ", which is not in it");
                }
            }

            private void judgeClasses(Candidate one) throws IOException {
                one.kind = Kind.CLASSES;
                List<String> mains = ClassFile.mains(one.path);
                one.main = request.main != null ? request.main : mains.size() == 1 ? mains.get(0) : null;
                one.libraries = libraries.beside(one);
                if (one.main == null)
                    one.lacks = mains.isEmpty() ? "has no class with a main method"
                        : "has several classes with a main method: " + String.join(", ", mains);
                else if (!Files.isRegularFile(one.path.resolve(one.main.replace('.', '/') + ".class")))
                    one.lacks = "does not have the class " + one.main;
            }

            /** A start script that Gradle's application plugin or Maven's appassembler made. */
            private void judgeScript(Candidate one) throws IOException {
                one.kind = Kind.SCRIPT;
                StartScript script = new StartScript(one.path);
                one.main = request.main != null ? request.main : script.main;
                one.options = script.options;
                one.libraries = script.classPath;
                if (one.main == null) one.lacks = "is no start script of a Java program";
                else if (one.libraries.isEmpty()) one.lacks = "names no library that is there";
            }

            private String nothing(List<Candidate> all) {
                if (all.isEmpty())
                    return "the build makes no archive in " + places() + "; name the folder or the archive with --set java.archive=PATH";
                StringBuilder text = new StringBuilder("no archive can be started:");
                String main = "com.example.Main";
                for (Candidate c : all) {
                    text.append("\n  ").append(request.name(c.path)).append("  ").append(c.lacks);
                    if (c.main != null) main = c.main;
                    int mark = c.lacks.indexOf("main method: ");
                    if (mark >= 0) main = c.lacks.substring(mark + 13).split(",")[0];
                }
                text.append("\nwrite the class into the manifest; in pom.xml, at maven-jar-plugin:\n  <configuration><archive>")
                    .append("<manifest><addClasspath>true</addClasspath><mainClass>").append(main)
                    .append("</mainClass></manifest></archive></configuration>\nor in build.gradle:\n  jar { manifest { attributes ")
                    .append("'Main-Class': '").append(main).append("' } }\nor name it with --set start='java -cp app.jar ")
                    .append(main).append("'");
                return text.toString();
            }
        }
        """#
}
