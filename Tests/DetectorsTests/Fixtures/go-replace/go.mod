module example.com/shop

go 1.22

require (
	example.com/lib v0.0.0
	example.com/old v1.0.0
)

replace example.com/lib => ./third/lib

replace example.com/old => example.com/new v1.1.0
