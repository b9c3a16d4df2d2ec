describe('a transfer', () => {
  beforeEach(() => {
    cy.task('token:new');
    cy.task('token:enroll', { contract: '1234567890', user: 'TANAKA' }).as('activation');
  });

  it('is what the token shows', function () {
    cy.visit('/transfer');
    cy.contains('label', 'Customer number').find('input').type(this.activation);
    cy.contains('label', 'Payee').find('input').type('ミホン ショウジ(カ');
    cy.contains('label', 'Amount').find('input').type('1250000');
    cy.contains('button', 'Next').click();
    cy.get('img[alt="Code for your token"]')
      .scanWithToken()
      .then(({ fields, response }) => {
        expect(fields.amount.shown).to.equal('¥1,250,000');
        cy.contains('label', 'One-time password').find('input').type(response);
        cy.contains('button', 'Confirm').click();
        cy.get('[role=status]').should('contain', 'transferred');
      });
  });
});
