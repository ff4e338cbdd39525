require('fs').writeFileSync('ready.txt', 'yes\n')
