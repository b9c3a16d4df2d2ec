import { expect, test } from '@camtoken/playwright';

/** The code of a sign-up with the key of RFC 6238, appendix B: otpauth://totp/ACME:alice, eight digits. Drawn by another program. */
const CODE =
  'iVBORw0KGgoAAAANSUhEUgAAAMQAAADEAQAAAADo3bPGAAABtElEQVR42u2YQW4DUQhDUS/A/W/pG1CemaqrbKpayiJfUeZnRhoLMDY/NS+W6vPkPZ5UVZd699rdLm6MvurV+suTxen9dEu72a/nRgJngxgiUItfdyODsxcy58g6iLMgBOPyxOIZMDZpjggqZOpTx7LfFeIbyy+vOYIf4wP12c5ZCBkDfjuD/4+zzcqrm3RtFkehPqVx+oIgjSQvkjc3zlIMTpwWRXCEGhzAXjcuuU4BXjuOU1MQOoTjTFmsZZSaEN8oEPq5CHVAkT4lW0XfoKf0Umf4VkX3EE6xBSjCtyIaE9xON8eGhC9c/a9hkZ6Ujjp1bDBTiJ7xnxMFu84ziSRw0GoTra9KRBfhgecC907JU0jGf3i757e+DsLuIjioQRtPtlVcIqFvWxa3kSXBkhrSt/M6G6on0wrVx1NvPe5TKR1F0bBQm7cRNSFfKPeMYLiFJ8O3rhvgdJbXId+WBfoklEnBdUrNozhPl552Tc7XDgo1YD+h84Klx4rtg0nIt30S0TMoksLYubEfFzrHy/hC/xyybaZwO3ResLx50Onn3KgJnufG55IhcZpQ/3z+xXnTJ983lFYG9rlQuAAAAABJRU5ErkJggg==';

test('the token is the authenticator app of a sign-up', async ({ page, token }) => {
  await page.setContent(`<img alt="Code for your app" src="data:image/png;base64,${CODE}">`);
  const scan = await token.scan(page.getByAltText('Code for your app'));
  expect(scan.outcome).toBe('shown');
  expect(await token.accounts()).toEqual([{ issuer: 'ACME', user: 'alice', kind: 'otp', pin: false, blocked: false }]);

  // The values of the RFC.
  await token.clock.set(new Date(59_000));
  expect(await token.otp()).toBe('94287082');
  await token.clock.set(new Date(1_111_111_109_000));
  expect(await token.otp('ACME:alice')).toBe('07081804');
  await expect(token.otp('bob')).rejects.toThrow('The token holds ACME:alice.');

  // The key that was registered is not replaced by a picture.
  expect((await token.scan(page.getByAltText('Code for your app'))).refusal?.code).toBe('CT-E068');
});
