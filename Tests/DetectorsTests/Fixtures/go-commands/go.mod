module example.com/team/go-commands

go 1.21

toolchain go1.24.2

require (
	github.com/go-chi/chi/v5 v5.1.0
	golang.org/x/sync v0.8.0 // indirect
)
