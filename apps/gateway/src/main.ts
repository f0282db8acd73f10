import { runMain } from '@berth/config';
import { startService } from '@berth/http';
import { AppModule, loggerOf } from './app.module.js';
import { config } from './config.js';
import { addProxy } from './proxy.js';

await runMain('the gateway could not start', async () => {
  const read = config();
  const logger = loggerOf(read);
  await startService({
    module: AppModule.with(read, logger),
    service: 'gateway',
    bodies: 'stream',
    listen: read.BERTH_LISTEN,
    logger,
    prepare: addProxy,
  });
});
