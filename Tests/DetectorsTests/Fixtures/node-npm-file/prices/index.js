module.exports = { tea: 3 }
