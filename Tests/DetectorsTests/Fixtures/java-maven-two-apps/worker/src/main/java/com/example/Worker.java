package com.example;

import org.springframework.boot.SpringApplication;
import org.springframework.boot.autoconfigure.SpringBootApplication;

@SpringBootApplication
public class Worker {
    public static void main(String[] arguments) {
        SpringApplication.run(Worker.class, arguments);
    }
}
