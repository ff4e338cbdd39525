package main

import (
	"html/template"
	"net/http"
	"os"
	"path/filepath"
)

const words = "data/words.txt"

func main() {
	template.Must(template.ParseGlob("./templates/*.html"))
	os.ReadFile(words)
	os.ReadFile(filepath.Join("data", "more.txt"))
	os.ReadFile("settings.json")
	http.Handle("/", http.FileServer(http.Dir("public")))
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
