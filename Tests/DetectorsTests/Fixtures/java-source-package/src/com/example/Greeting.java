package com.example;

class Greeting {}
