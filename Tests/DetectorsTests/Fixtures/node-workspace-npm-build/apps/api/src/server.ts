import http from 'node:http'
import { format } from '@shop/text'

http.createServer((request, response) => response.end(format('hello'))).listen(Number(process.env.PORT ?? 3000))
