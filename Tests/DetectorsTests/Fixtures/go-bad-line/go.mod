module example.com/shop

go soon
