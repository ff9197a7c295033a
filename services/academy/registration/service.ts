import { defineService } from '../../kit/index.ts';
import { Config } from './config.ts';
import { policies } from './policies.ts';
import { routes } from './routes.ts';

export default defineService({
  configuration: Config,
  publicPaths: ['/courseRegistrationSystems', '/courseRegistrationSystem'],
  // The contract's transcripts have the path in the singular; it means the same.
  aliases: { '/courseRegistrationSystem': '/courseRegistrationSystems' },
  routes,
  policies,
});
