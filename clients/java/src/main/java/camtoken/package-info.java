/**
 * A virtual camera token for JUnit tests: reads the 2D code on a page, shows the transaction, answers.
 *
 * <pre>{@code
 * @CamtokenTest
 * class TransferTest {
 *     @Test
 *     void theTokenShowsWhatIsPaid(Token token) {
 *         Scan scan = token.scan(driver.findElement(By.id("code")));
 *         scan.assertShows(Map.of("payee", "ミホン ショウジ(カ", "amount", "¥1,250,000"));
 *         driver.findElement(By.name("response")).sendKeys(scan.response());
 *     }
 * }
 * }</pre>
 *
 * Begin with {@link camtoken.CamtokenTest} and {@link camtoken.Token}; without JUnit with {@link camtoken.Camtoken#start()}.
 */
package camtoken;
