const express = require('express');
const app = express();
app.get('/', (request, response) => response.send('hello'));
const port = process.env.PORT || 5001;
app.listen(port);
