package com.example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class Batch {
    public static void main(String[] arguments) {
        SpringApplication.run(Batch.class, arguments);
    }
}
