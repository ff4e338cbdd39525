require('fs').mkdirSync('build');
