//go:build cgo

package main

// int h(void) { return 1; }
import "C"

func hash() int { return int(C.h()) }
