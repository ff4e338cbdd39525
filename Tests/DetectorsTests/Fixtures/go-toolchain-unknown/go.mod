module example.com/shop

go 1.22

toolchain go1.99.2
