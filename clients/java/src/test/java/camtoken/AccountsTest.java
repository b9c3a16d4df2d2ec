package camtoken;

import static camtoken.Given.said;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The token as the authenticator app of a sign-up. */
@CamtokenTest
class AccountsTest {
    /** The code of a sign-up with the key of RFC 6238, appendix B: otpauth://totp/ACME:alice, eight digits. Drawn by another program. */
    private static final String CODE =
            "iVBORw0KGgoAAAANSUhEUgAAAMQAAADEAQAAAADo3bPGAAABtElEQVR42u2YQW4DUQhDUS/A/W/pG1CemaqrbKpayiJfUeZnRhoLMDY/NS+W6vPkPZ5UVZd699rdLm6MvurV+suTxen9dEu72a/nRgJngxgiUItfdyODsxcy58g6iLMgBOPyxOIZMDZpjggqZOpTx7LfFeIbyy+vOYIf4wP12c5ZCBkDfjuD/4+zzcqrm3RtFkehPqVx+oIgjSQvkjc3zlIMTpwWRXCEGhzAXjcuuU4BXjuOU1MQOoTjTFmsZZSaEN8oEPq5CHVAkT4lW0XfoKf0Umf4VkX3EE6xBSjCtyIaE9xON8eGhC9c/a9hkZ6Ujjp1bDBTiJ7xnxMFu84ziSRw0GoTra9KRBfhgecC907JU0jGf3i757e+DsLuIjioQRtPtlVcIqFvWxa3kSXBkhrSt/M6G6on0wrVx1NvPe5TKR1F0bBQm7cRNSFfKPeMYLiFJ8O3rhvgdJbXId+WBfoklEnBdUrNozhPl552Tc7XDgo1YD+h84Klx4rtg0nIt30S0TMoksLYubEfFzrHy/hC/xyybaZwO3ResLx50Onn3KgJnufG55IhcZpQ/3z+xXnTJ983lFYG9rlQuAAAAABJRU5ErkJggg==";

    @Test
    void theTokenIsTheAuthenticatorAppOfASignUp(Token token) {
        assertTrue(said(token::otp).endsWith("\n  hint  The token holds no account: scan the code that the sign-up shows."));
        assertEquals("shown", token.scan(CODE).outcome());
        assertEquals(List.of(new Account("ACME", "alice", "otp", false, false)), token.accounts());

        // The values of the RFC.
        token.clock().set(Instant.ofEpochSecond(59));
        assertEquals("94287082", token.otp());
        token.clock().set(Instant.ofEpochSecond(1_111_111_109));
        assertEquals("07081804", token.otp("ACME:alice"));
        assertEquals("07081804", token.otp(OtpOptions.usual().withAccount("alice")));
        assertTrue(said(() -> token.otp("bob")).endsWith("\n  hint  The token holds ACME:alice."));

        // The key that was registered is not replaced by a picture.
        assertEquals("CT-E068", token.scan(CODE).refusal().orElseThrow().code());
    }
}
