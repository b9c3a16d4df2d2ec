package camtoken;

import java.util.Map;

/**
 * What came of a response. Execute {@link #transaction}: it is what the token showed.
 *
 * @param result {@code accepted}, {@code rejected}, {@code expired}, {@code used}, {@code superseded} or {@code suspended}
 * @param browser all that a browser may learn beside {@code attemptsLeft}: {@code accepted} or {@code rejected}
 * @param reason why it was not accepted, for the bank's back end; else null
 * @param attemptsLeft after a wrong response: how many more are taken; else null
 * @param suspended whether the activation is suspended by now; else null
 * @param transaction what was signed, when accepted; else null
 * @param first whether this request was the one that was accepted; else null
 */
public record Verdict(
        String result, String browser, String reason, Integer attemptsLeft, Boolean suspended, Transaction transaction, Boolean first) {

    /**
     * What was signed.
     *
     * @param operation such as {@code transfer}
     * @param fields in their canonical form, kana in half width; {@link Kana#alike} compares
     */
    public record Transaction(String operation, Map<String, String> fields) {}
}
