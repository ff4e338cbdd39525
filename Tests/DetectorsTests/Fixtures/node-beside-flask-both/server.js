require("node:http").createServer().listen(3000);
