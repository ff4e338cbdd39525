// A greeting over HTTP: the standard library is all it needs.
package main

import (
	"encoding/json"
	"fmt"
	"log"
	"net/http"
	"os"
	"runtime"
	"time"
)

func main() {
	http.HandleFunc("GET /hello/{name}", func(w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "Hello %s\n", r.PathValue("name"))
	})
	http.HandleFunc("GET /health", health)
	log.Fatal(http.ListenAndServe(":"+os.Getenv("PORT"), nil))
}

// health tells who runs, on what, and whether certificates and time zones are there.
func health(w http.ResponseWriter, r *http.Request) {
	_, err := time.LoadLocation("Europe/Berlin")
	authorities, _ := os.ReadFile("/etc/ssl/certs/ca-certificates.crt")
	json.NewEncoder(w).Encode(map[string]any{
		"architecture": runtime.GOARCH, "authorities": len(authorities) > 100_000, "uid": os.Getuid(),
		"zones": err == nil,
	})
}
