const pad = require('left-pad')

exports.format = (text) => pad(text, 9)
