package com.example;

public class App {
    public static void main(String[] arguments) throws Exception {
        System.out.println("hello");
    }
}
