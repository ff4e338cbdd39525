// A second program of the same image.
package main

import (
	"fmt"
	"os"

	"example.com/harbour/lib/greet"
)

func main() { fmt.Println(greet.Line(os.Args[1])) }
