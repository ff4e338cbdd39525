package com.example

fun main() {
    val port = System.getenv("PORT")?.toInt() ?: 7000
    println(port)
}
