package main

import "net/http"

func main() {
	server := http.Server{Addr: ":9090"}
	server.ListenAndServe()
}
