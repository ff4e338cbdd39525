// +build !server

package main

import "C"

func main() {}
