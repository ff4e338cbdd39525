package com.example;

public class Tides {
    public static String now() {
        return "high";
    }
}
