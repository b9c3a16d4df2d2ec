package camtoken;

import java.util.HashMap;
import java.util.Map;

/**
 * Which one-time password a token is asked for. What is null is left out.
 *
 * @param account its user, its issuer or {@code issuer:user}; needed where the token holds more than one
 * @param question what an OCRA card is asked
 * @param text a text whose hash is the question
 * @param pin the account's PIN, where it answers with one only
 */
public record OtpOptions(String account, String question, String text, String pin) {
    /** Of the only account. */
    public static OtpOptions usual() {
        return new OtpOptions(null, null, null, null);
    }

    /** Of this account: its user, its issuer or {@code issuer:user}. */
    public OtpOptions withAccount(String account) {
        return new OtpOptions(account, question, text, pin);
    }

    /** The response to a question. */
    public OtpOptions withQuestion(String question) {
        return new OtpOptions(account, question, text, pin);
    }

    /** The response to the hash of a text. */
    public OtpOptions withText(String text) {
        return new OtpOptions(account, question, text, pin);
    }

    /** With the account's PIN. */
    public OtpOptions withPin(String pin) {
        return new OtpOptions(account, question, text, pin);
    }

    Map<String, Object> wire() {
        Map<String, Object> all = new HashMap<>();
        all.put("account", account);
        all.put("question", question);
        all.put("text", text);
        all.put("pin", pin);
        all.values().removeIf(value -> value == null);
        return all;
    }
}
