// +heroku goVersion go1.24
// +heroku install ./cmd/site
module example.com/shop

go 1.20
