module example.com/harbour/site

go 1.22
