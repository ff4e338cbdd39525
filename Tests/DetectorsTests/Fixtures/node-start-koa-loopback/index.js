const Koa = require('koa');
const app = new Koa();
app.listen(3000, '127.0.0.1');
