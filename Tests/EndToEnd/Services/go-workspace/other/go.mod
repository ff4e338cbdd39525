module example.com/harbour/other

go 1.22
