package com.example

fun main() {
    println("hello")
}
