package com.example;

public class Greeting {}
