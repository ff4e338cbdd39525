package main

func main() { println(hash()) }
