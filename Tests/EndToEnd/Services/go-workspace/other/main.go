// It would not compile: what no program needs is left out.
package main

func main() { missing() }
