/** Holds what stands at a place before the token: cy.get('img').scanWithToken().then(({ response }) => …). */
Cypress.Commands.add('scanWithToken', { prevSubject: 'element' }, (subject) => {
  let path;
  cy.wrap(subject, { log: false })
    .screenshot('token', { padding: 24, overwrite: true, onAfterScreenshot: (_, saved) => (path = saved.path) })
    .then(() => cy.task('token:scan', path));
});
