package main

import (
	"net/http"

	"example.com/team/lib/greet"
)

func main() {
	println(greet.Greet())
	http.ListenAndServe(":8080", nil)
}
