package db

import "github.com/go-chi/chi/v5"

func Serve() { chi.NewRouter() }
