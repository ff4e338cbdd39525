package main

import (
	"example.com/team/go-commands/internal/db"
)

func main() { db.Serve() }
