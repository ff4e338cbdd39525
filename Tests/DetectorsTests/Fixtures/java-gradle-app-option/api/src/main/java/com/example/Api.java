package com.example;

public class Api {
    public static void main(String[] arguments) throws Exception {
        System.out.println("hello");
    }
}
