package main

import (
	"example.com/lib"
	"example.com/old"
)

func main() {
	lib.Do()
	old.Do()
}
