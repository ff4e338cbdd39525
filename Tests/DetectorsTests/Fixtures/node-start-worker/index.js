const { CronJob } = require('cron');
new CronJob('* * * * *', () => console.log('tick')).start();
