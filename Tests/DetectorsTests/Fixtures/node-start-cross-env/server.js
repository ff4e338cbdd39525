const express = require('express');
const app = express();
app.get('/', (request, response) => response.send('hello'));
const port = process.env.PORT || 3000;
app.listen(port);
