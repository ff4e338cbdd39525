package main

/*
#cgo LDFLAGS: -lsqlite3 -lm
#cgo windows LDFLAGS: -lws2_32
#include <sqlite3.h>
*/
import "C"

func main() {
	println(C.GoString(C.sqlite3_libversion()))
}
