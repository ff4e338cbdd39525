package com.example;

public class Printer {
    public static void main(String[] args) {
        System.out.println(System.getProperty("tide"));
    }
}
