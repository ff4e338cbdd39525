module.exports = require('pino')()
