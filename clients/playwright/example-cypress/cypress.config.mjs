import { defineConfig } from 'cypress';

import { tokenTasks } from './tasks.mjs';

export default defineConfig({
  e2e: {
    baseUrl: 'http://127.0.0.1:4880',
    // One service for the run: the bank of ../example asks it as its verifier.
    setupNodeEvents(on) {
      const { tasks, close } = tokenTasks({ url: process.env.CAMTOKEN_URL });
      on('task', tasks);
      on('after:run', close);
    },
  },
});
