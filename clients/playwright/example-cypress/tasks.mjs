// The token for Cypress: a test in the browser asks for it by cy.task, and these functions answer in Node.js.

import { Camtoken } from '@camtoken/playwright';

/** Tasks for `on('task', …)`, and what ends the service. A service begins with the first task. */
export function tokenTasks(options = {}) {
  let started;
  let session;
  let token;
  const service = () => (started ??= Camtoken.start(options));
  const plain = ({ outcome, operation, fields, refusal }, digits) => ({ outcome, operation, fields, refusal: refusal ?? null, ...digits });

  const tasks = {
    /** A token of its own for a test; gives its ID. */
    async 'token:new'(options = {}) {
      await session?.close();
      const { clock, seed, ...rest } = options;
      session = await (await service()).session({ lang: 'en', ...(clock && { clock }), ...(seed && { seed }) });
      token = await session.token(rest);
      return token.id;
    },

    /** Registers a user on it by both codes; gives the activation. */
    async 'token:enroll'({ contract, user }) {
      return (await service()).verifier.enroll(token, { contract, user });
    },

    /** Holds a screenshot, a picture in base64 or the text of a code before it; gives what it shows, and the digits. */
    async 'token:scan'(picture) {
      const scan = await token.scan(picture);
      return plain(scan, scan.outcome === 'shown' && { response: scan.response, wrongResponse: scan.wrongResponse });
    },

    /** Moves the clock of its session by a span such as 3m1s. */
    async 'token:advance'(span) {
      return (await token.clock.advance(span)).toISOString();
    },

    /** Breaks something, as token.faults does. */
    async 'token:faults'(faults) {
      return token.faults(faults);
    },

    /** Presses left, center or right; gives the screen. */
    async 'token:press'(button) {
      return token.press(button);
    },

    /** The address of the service, for the bank under test. */
    async 'camtoken:url'() {
      return (await service()).url;
    },
  };
  return { tasks, close: async () => (await started)?.close() };
}
