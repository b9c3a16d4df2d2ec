package camtoken;

import static camtoken.Given.transfer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

@CamtokenTest
class ClockTest {
    @Test
    void aChallengeExpiresAndNobodyWaits(Camtoken camtoken, Token token) {
        String activation = camtoken.verifier().enroll(token, "1234567890", "TANAKA");
        Challenge challenge = camtoken.verifier().issue(activation, "transfer", transfer());
        String response = token.scan(challenge.code()).response();
        token.clock().advance("3m1s");
        assertEquals("expired", camtoken.verifier().verify(challenge, response).result());
        // What is issued next goes by the same clock.
        Challenge next = camtoken.verifier().issue(activation, "transfer", transfer());
        assertTrue(next.expiresAt().isAfter(token.clock().now()));
        assertEquals("accepted", camtoken.verifier().verify(next, token.scan(next.code()).response()).result());
    }
}
