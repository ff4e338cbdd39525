package main

import "net/http"
import "os"

func main() {
	http.ListenAndServe(":"+os.Getenv("PORT"), nil)
}
