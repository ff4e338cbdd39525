package main

import "time"

func main() {
	zone, _ := time.LoadLocation("Europe/Berlin")
	println(time.Now().In(zone).String())
}
