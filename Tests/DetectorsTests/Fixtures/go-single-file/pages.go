package main

const title = "hello"
