package camtoken;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.HashMap;
import java.util.List;
import java.util.Map;

/**
 * A session of tokens with a clock and random numbers of its own. Null means the default.
 *
 * @param lang {@code ja} or {@code en}
 * @param clock a moment at which the clock stands; without it the clock is the system's
 * @param seed makes keys and numbers the same in every run
 * @param ttl how long it lives after its last use; an hour
 */
public record SessionOptions(String lang, Instant clock, String seed, Duration ttl) {
    /** Checks the language. */
    public SessionOptions {
        if (lang != null) {
            Allowed.oneOf("language of the token", lang, List.of("ja", "en"));
        }
    }

    /** A session as usual, in English. */
    public static SessionOptions usual() {
        return new SessionOptions("en", null, null, null);
    }

    /** In {@code ja} or {@code en}. */
    public SessionOptions withLang(String lang) {
        return new SessionOptions(lang, clock, seed, ttl);
    }

    /** Whose clock stands at a moment until it is moved. */
    public SessionOptions withClock(Instant clock) {
        return new SessionOptions(lang, clock, seed, ttl);
    }

    /** Whose keys and numbers are the same in every run. */
    public SessionOptions withSeed(String seed) {
        return new SessionOptions(lang, clock, seed, ttl);
    }

    /** That lives so long after its last use. */
    public SessionOptions withTtl(Duration ttl) {
        return new SessionOptions(lang, clock, seed, ttl);
    }

    /** That lives so long after its last use, such as {@code 10m}. */
    public SessionOptions withTtl(String ttl) {
        return withTtl(Allowed.span(ttl));
    }

    Map<String, Object> wire() {
        Map<String, Object> all = new HashMap<>();
        all.put("lang", lang);
        all.put("clock", clock == null ? null : clock.truncatedTo(ChronoUnit.SECONDS).toString());
        all.put("seed", seed);
        all.put("ttl", ttl == null ? null : Allowed.wire(ttl));
        all.values().removeIf(value -> value == null);
        return all;
    }
}
