exports.trim = (text) => text
