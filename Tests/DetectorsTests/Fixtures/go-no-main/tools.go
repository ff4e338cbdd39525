//go:build tools

package main

import _ "example.com/tool"

func main() {}
