module example.com/harbour/lib

go 1.22
