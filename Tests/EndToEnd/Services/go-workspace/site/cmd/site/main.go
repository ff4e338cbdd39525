// A site with a page that is compiled in and a template that is read from disk.
package main

import (
	_ "embed"
	"flag"
	"fmt"
	"html/template"
	"log"
	"net/http"
	"os"

	"example.com/harbour/lib/greet"
)

//go:embed page/about.txt
var about string

var version = "unknown"

func main() {
	address := flag.String("listen", ":8080", "where to listen")
	flag.Parse()
	page := template.Must(template.ParseFiles("templates/hello.html"))
	http.HandleFunc("GET /about", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "%s%s\n", about, version)
	})
	http.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		page.Execute(w, greet.Line(r.PathValue("name")))
	})
	http.HandleFunc("GET /temporary", func(w http.ResponseWriter, r *http.Request) {
		file, err := os.CreateTemp("", "note")
		if err != nil {
			http.Error(w, err.Error(), http.StatusInternalServerError)
			return
		}
		defer os.Remove(file.Name())
		fmt.Fprintln(w, "written")
	})
	if port := os.Getenv("PORT"); port != "" {
		*address = ":" + port
	}
	log.Fatal(http.ListenAndServe(*address, nil))
}
