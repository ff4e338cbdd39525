package main

import (
	"embed"
	"net/http"
)

//go:embed all:static "templates/*.html"
var files embed.FS

func main() {
	http.ListenAndServe(":8080", http.FileServer(http.FS(files)))
}
