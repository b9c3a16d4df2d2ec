package camtoken;

import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * How a token is made. What is null is as usual.
 *
 * @param id 1 to 10 capital letters, digits or hyphens; drawn by itself
 * @param lang {@code ja} or {@code en}
 * @param confirm {@code auto}: a scan is approved at once; {@code step}: the test presses the buttons
 * @param pin 5 to 8 digits, which the token asks for each time it is switched on
 * @param profile {@code standard}, or {@code japan}: it has no PIN, and speaks Japanese
 * @param slots how many users it takes, 1 to 8
 */
public record TokenOptions(String id, String lang, String confirm, String pin, String profile, Integer slots) {
    /** Checks the words. */
    public TokenOptions {
        check("language of the token", lang, "ja", "en");
        check("way to confirm", confirm, "auto", "step");
        check("profile of a token", profile, "standard", "japan");
    }

    /** A token as usual. */
    public static TokenOptions usual() {
        return new TokenOptions(null, null, null, null, null, null);
    }

    /** With this token ID. */
    public TokenOptions withId(String id) {
        return new TokenOptions(id, lang, confirm, pin, profile, slots);
    }

    /** That speaks {@code ja} or {@code en}. */
    public TokenOptions withLang(String lang) {
        return new TokenOptions(id, lang, confirm, pin, profile, slots);
    }

    /** Whose buttons the test presses. */
    public TokenOptions stepwise() {
        return new TokenOptions(id, lang, "step", pin, profile, slots);
    }

    /** That asks for a PIN. */
    public TokenOptions withPin(String pin) {
        return new TokenOptions(id, lang, confirm, pin, profile, slots);
    }

    /** Of a profile, {@code standard} or {@code japan}. */
    public TokenOptions withProfile(String profile) {
        return new TokenOptions(id, lang, confirm, pin, profile, slots);
    }

    /** That takes so many users. */
    public TokenOptions withSlots(int slots) {
        return new TokenOptions(id, lang, confirm, pin, profile, slots);
    }

    Map<String, Object> wire() {
        Map<String, Object> all = new HashMap<>();
        all.put("id", id);
        all.put("lang", lang);
        all.put("confirm", confirm);
        all.put("pin", pin);
        all.put("profile", profile);
        all.put("slots", slots);
        all.values().removeIf(value -> value == null);
        return all;
    }

    private static void check(String what, String said, String... allowed) {
        if (said != null) {
            Allowed.oneOf(what, said, List.of(allowed));
        }
    }
}
