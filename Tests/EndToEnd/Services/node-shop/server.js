const express = require("express");

const app = express();
app.get("/", (request, response) => response.json({ hello: "shop", mode: process.env.NODE_ENV }));
const server = app.listen(process.env.PORT || 3000);
process.on("SIGTERM", () => server.close(() => process.exit(7)));
