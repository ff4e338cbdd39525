import Planning

/// What makes a step of Maven or Gradle use the certificates and the proxy of the machine.
///
/// The JVM reads neither a bundle of certificates in PEM nor the variables of a proxy. Where a step has them, a small
/// program, compiled by the builder's own JDK, makes a trust store of the bundle and properties of the variables. The
/// password of a proxy goes into files that are in memory only, for every JVM prints its options.
enum JavaNetwork {
    /// Nothing of it stays in the builder.
    static let mounts: [Mount] = [.tmpfs(target: folder)]

    private static let folder = ImagePath("/run/java")

    /// Shell text before a tool runs; it adds the tool's arguments to the positional ones.
    static func prelude(_ tool: JavaBuildTool) -> String {
        let (file, option) = tool == .maven ? ("settings.xml", "-gs") : ("proxy.gradle", "--init-script")
        return """
            set -e
            if [ "$SSL_CERT_FILE$https_proxy$HTTPS_PROXY$http_proxy$HTTP_PROXY" ]; then
            cat > \(folder)/Network.java <<'END'
            \(program)
            END
            javac -encoding UTF-8 -d \(folder) \(folder)/Network.java
            JAVA_TOOL_OPTIONS="$JAVA_TOOL_OPTIONS $(java -cp \(folder) Network \(folder))"
            export JAVA_TOOL_OPTIONS
            if [ -f \(folder)/\(file) ]; then set -- "$@" \(option) \(folder)/\(file); fi
            fi

            """
    }

    /// Prints options of the JVM; writes `trust.jks`, and `settings.xml` and `proxy.gradle` where there is a proxy.
    ///
    /// It is plain Java 8.
    static let program = """
        import java.io.*;
        import java.net.*;
        import java.security.KeyStore;
        import java.security.cert.*;
        public class Network {
          static StringBuilder options = new StringBuilder(), maven = new StringBuilder(), gradle = new StringBuilder();
          public static void main(String[] words) throws Exception {
            String bundle = System.getenv("SSL_CERT_FILE");
            if (bundle != null && new File(bundle).isFile()) {
              KeyStore store = KeyStore.getInstance("JKS");
              store.load(null, null);
              int count = 0;
              try (InputStream in = new BufferedInputStream(new FileInputStream(bundle))) {
                for (java.security.cert.Certificate one : CertificateFactory.getInstance("X.509").generateCertificates(in))
                  store.setCertificateEntry("certificate-" + count++, one);
              }
              try (OutputStream out = new FileOutputStream(words[0] + "/trust.jks")) { store.store(out, "changeit".toCharArray()); }
              options.append("-Djavax.net.ssl.trustStoreType=JKS -Djavax.net.ssl.trustStore=" + words[0] + "/trust.jks ");
            }
            String plain = variable("http_proxy"), secure = variable("https_proxy"), none = variable("no_proxy");
            String direct = direct(none == null ? "" : none);
            proxy("http", plain, direct);
            proxy("https", secure == null ? plain : secure, direct);
            if (maven.length() > 0) {
              write(words[0] + "/settings.xml", "<settings><proxies>" + maven + "</proxies></settings>");
              if (gradle.length() > 0) write(words[0] + "/proxy.gradle", gradle.toString());
            }
            System.out.println(options);
          }
          static String variable(String name) {
            String value = System.getenv(name);
            if (value == null || value.isEmpty()) value = System.getenv(name.toUpperCase());
            return value == null || value.isEmpty() ? null : value;
          }
          static String direct(String list) {
            StringBuilder result = new StringBuilder("localhost|127.*|[::1]");
            for (String item : list.split("[,\\\\s]+")) {
              String host = item.replaceAll(":[0-9]+$", "");
              if (host.isEmpty()) continue;
              if (host.startsWith(".")) host = host.substring(1);
              result.append('|').append(host);
              if (!host.startsWith("*") && !host.matches("[0-9./]+")) result.append("|*.").append(host);
            }
            return result.toString();
          }
          static void proxy(String scheme, String address, String direct) throws Exception {
            if (address == null) return;
            URI uri = new URI(address.contains("://") ? address : "http://" + address);
            int port = uri.getPort() > 0 ? uri.getPort() : 80;
            options.append("-D" + scheme + ".proxyHost=" + uri.getHost() + " -D" + scheme + ".proxyPort=" + port
                + " -Dhttp.nonProxyHosts=" + direct + ' ');
            maven.append("<proxy><id>" + scheme + "</id><protocol>" + scheme + "</protocol><host>" + xml(uri.getHost())
                + "</host><port>" + port + "</port><nonProxyHosts>" + xml(direct) + "</nonProxyHosts>");
            if (uri.getRawUserInfo() != null) {
              String[] user = uri.getRawUserInfo().split(":", 2);
              String name = decoded(user[0]), password = user.length > 1 ? decoded(user[1]) : "";
              maven.append("<username>" + xml(name) + "</username><password>" + xml(password) + "</password>");
              options.append("-Djdk.http.auth.tunneling.disabledSchemes= ");
              gradle.append("System.setProperty('" + scheme + ".proxyUser', '" + quoted(name) + "')\\nSystem.setProperty('"
                  + scheme + ".proxyPassword', '" + quoted(password) + "')\\n");
            }
            maven.append("</proxy>");
          }
          static String decoded(String text) throws Exception { return URLDecoder.decode(text.replace("+", "%2B"), "UTF-8"); }
          static String quoted(String text) {
            String slash = String.valueOf((char) 92);
            return text.replace(slash, slash + slash).replace("'", slash + "'");
          }
          static String xml(String text) { return text.replace("&", "&amp;").replace("<", "&lt;"); }
          static void write(String file, String text) throws Exception {
            try (Writer out = new OutputStreamWriter(new FileOutputStream(file), "UTF-8")) { out.write(text); }
          }
        }
        """
}
