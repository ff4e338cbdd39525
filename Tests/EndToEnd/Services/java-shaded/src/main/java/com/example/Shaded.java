package com.example;

import com.google.gson.Gson;
import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.security.KeyStore;
import java.util.Map;
import javax.net.ssl.TrustManagerFactory;
import javax.net.ssl.X509TrustManager;

public class Shaded {
    public static void main(String[] args) throws Exception {
        int port = Integer.parseInt(System.getenv().getOrDefault("PORT", "8080"));
        HttpServer server = HttpServer.create(new InetSocketAddress(port), 0);
        server.createContext("/", exchange -> {
            byte[] body;
            int status = 200;
            try {
                body = page(exchange.getRequestURI().getPath()).getBytes(StandardCharsets.UTF_8);
            } catch (Exception error) {
                status = 500;
                body = error.toString().getBytes(StandardCharsets.UTF_8);
            }
            exchange.sendResponseHeaders(status, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }

    private static String page(String path) throws Exception {
        switch (path) {
            case "/certificates": return "" + certificates();
            case "/file": return Files.writeString(Path.of("/tmp/höhe.txt"), "12").getFileName().toString();
            case "/heap": return "" + Runtime.getRuntime().maxMemory();
            default: return new Gson().toJson(Map.of("tide", "low"));
        }
    }

    private static int certificates() throws Exception {
        TrustManagerFactory factory = TrustManagerFactory.getInstance(TrustManagerFactory.getDefaultAlgorithm());
        factory.init((KeyStore) null);
        return ((X509TrustManager) factory.getTrustManagers()[0]).getAcceptedIssuers().length;
    }
}
