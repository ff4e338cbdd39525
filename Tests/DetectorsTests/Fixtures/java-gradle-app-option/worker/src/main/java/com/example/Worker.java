package com.example;

public class Worker {
    public static void main(String[] arguments) throws Exception {
        System.out.println("hello");
    }
}
