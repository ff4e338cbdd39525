package main

import (
	"html/template"
	"net/http"
	"os"
)

func main() {
	template.Must(template.ParseFiles("views/index.html"))
	http.ListenAndServe(":"+os.Getenv("PORT"), http.FileServer(http.Dir(os.Args[1])))
}
