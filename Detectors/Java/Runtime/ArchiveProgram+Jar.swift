extension ArchiveProgram {
    /// Archives whose bytes depend on nothing but what they hold.
    static let jar = #"""
        /** An archive in the making: entries in the order of their names, at one time. */
        class Jar {
            Manifest manifest;
            private final TreeMap<String, byte[]> entries = new TreeMap<>();
            private final Set<String> stored = new HashSet<>();
            private Path signed;

            Jar(Manifest manifest) { this.manifest = manifest; }

            /** An archive that is there; a signed one stays as it is. */
            Jar(Path path) throws IOException {
                try (JarFile jar = new JarFile(path.toFile(), false)) {
                    manifest = jar.getManifest();
                    for (JarEntry entry : Collections.list(jar.entries())) {
                        String name = entry.getName();
                        if (name.matches("META-INF/[^/]+\\.(SF|RSA|DSA|EC)")) signed = path;
                        if (name.equalsIgnoreCase("META-INF/MANIFEST.MF")) continue;
                        if (entry.getMethod() == ZipEntry.STORED && !entry.isDirectory()) stored.add(name);
                        try (InputStream in = jar.getInputStream(entry)) {
                            entries.put(name, entry.isDirectory() ? new byte[0] : Tree.read(in));
                        }
                    }
                }
            }

            void add(String name, byte[] bytes) { entries.put(name, bytes); }

            void write(Path to) throws IOException {
                Files.createDirectories(to.getParent());
                if (signed != null) { Files.copy(signed, to, StandardCopyOption.REPLACE_EXISTING); return; }
                try (ZipOutputStream out = new ZipOutputStream(new BufferedOutputStream(Files.newOutputStream(to)))) {
                    if (manifest != null) {
                        ByteArrayOutputStream text = new ByteArrayOutputStream();
                        manifest.write(text);
                        entry(out, "META-INF/MANIFEST.MF", text.toByteArray(), false);
                    }
                    for (Map.Entry<String, byte[]> one : entries.entrySet())
                        entry(out, one.getKey(), one.getValue(), stored.contains(one.getKey()));
                }
            }

            /** The first time that a zip entry can have in every time zone. */
            private static final long TIME = new GregorianCalendar(1980, Calendar.FEBRUARY, 1, 0, 0, 0).getTimeInMillis();

            private static void entry(ZipOutputStream out, String name, byte[] bytes, boolean isStored) throws IOException {
                ZipEntry entry = new ZipEntry(name);
                entry.setTime(TIME);
                if (isStored || name.endsWith("/")) {
                    CRC32 sum = new CRC32();
                    sum.update(bytes);
                    entry.setMethod(ZipEntry.STORED);
                    entry.setSize(bytes.length);
                    entry.setCrc(sum.getValue());
                }
                out.putNextEntry(entry);
                out.write(bytes);
                out.closeEntry();
            }
        }
        """#
}
