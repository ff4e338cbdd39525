import './bin/console.js'
