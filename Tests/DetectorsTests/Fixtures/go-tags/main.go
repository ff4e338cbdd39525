//go:build server

package main

func main() {}
