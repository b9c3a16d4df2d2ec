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
    @Test
    void theTokenIsTheAuthenticatorAppOfASignUp(Token token) {
        assertTrue(said(token::otp).endsWith("\n  hint  The token holds no account: scan the code that the sign-up shows."));
        assertEquals("shown", token.scan(Shop.CODE).outcome());
        assertEquals(List.of(new Account("ACME", "alice", "otp", false, false)), token.accounts());

        // The values of the RFC.
        token.clock().set(Instant.ofEpochSecond(59));
        assertEquals("94287082", token.otp());
        token.clock().set(Instant.ofEpochSecond(1_111_111_109));
        assertEquals("07081804", token.otp("ACME:alice"));
        assertEquals("07081804", token.otp(OtpOptions.usual().withAccount("alice")));
        assertTrue(said(() -> token.otp("bob")).endsWith("\n  hint  The token holds ACME:alice."));

        // The key that was registered is not replaced by a picture.
        assertEquals("CT-E068", token.scan(Shop.CODE).refusal().orElseThrow().code());
    }

    @Test
    void theTextOfASignUpIsReadLikeItsPicture(Token token) {
        assertEquals("shown", token.scan("otpauth://totp/ACME:alice?secret=GEZDGNBVGY3TQOJQGEZDGNBVGY3TQOJQ&issuer=ACME&digits=8").outcome());
        token.clock().set(Instant.ofEpochSecond(59));
        assertEquals("94287082", token.otp()); // RFC 6238, appendix B
        assertTrue(said(() -> token.scan("https://shop.example/code.png")).contains("shop.example/code.png cannot be read: there is no such file"));
    }
}
