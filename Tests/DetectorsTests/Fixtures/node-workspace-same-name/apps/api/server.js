const http = require('node:http')
const { format } = require('@shop/text')

http.createServer((request, response) => response.end(format('hello'))).listen(process.env.PORT || 3000)
