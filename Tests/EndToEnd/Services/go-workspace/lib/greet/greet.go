// Package greet is shared by the programs of the workspace.
package greet

// Line is what a visitor reads.
func Line(name string) string { return "Hello " + name }
