require('node:http').createServer((request, response) => response.end('web')).listen(3000)
