const http = require("node:http");
const ms = require("ms");

http
  .createServer((request, response) => response.end(`${ms("2 days")}\n`))
  .listen(process.env.PORT || 3000);
