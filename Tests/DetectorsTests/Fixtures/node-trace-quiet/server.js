const ms = require('ms')
if (process.env.NODE_ENV !== 'production') require('pino')
try { require('bufferutil') } catch {}
// require('lost')
require('node:http').createServer((request, response) => response.end('hello')).listen(3000)
