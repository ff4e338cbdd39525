package com.example;

public class App {
    public static void main(String[] arguments) throws Exception {
        com.sun.net.httpserver.HttpServer server = com.sun.net.httpserver.HttpServer.create(
            new java.net.InetSocketAddress(Integer.parseInt(System.getenv().getOrDefault("PORT", "9090"))), 0);
        server.start();
    }
}
