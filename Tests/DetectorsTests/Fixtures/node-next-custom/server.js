const next = require('next');
const { createServer } = require('node:http');
const app = next({ dev: false });
app.prepare().then(() => createServer(app.getRequestHandler()).listen(process.env.PORT || 4567));
