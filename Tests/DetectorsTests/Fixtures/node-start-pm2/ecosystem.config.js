module.exports = {
  apps: [{ name: 'api', script: 'src/server.js', instances: 'max' }],
};
