package camtoken;

import java.time.Duration;
import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.Map;

/** The clock of a session: of its tokens, and of what the verifier of a test service issues to them. */
public final class Clock {
    private final Http http;
    private final String session;

    Clock(Http http, String session) {
        this.http = http;
        this.session = session;
    }

    /** Moves it on, or back. */
    public Instant advance(Duration by) {
        return change("advance", Allowed.wire(by));
    }

    /** Moves it by a span such as {@code 3m1s}, {@code 90d}, or back with {@code -5s}. */
    public Instant advance(String by) {
        return advance(Allowed.span(by));
    }

    /** Sets it to a moment; there it stands until it is moved. */
    public Instant set(Instant to) {
        return change("set", to.truncatedTo(ChronoUnit.SECONDS).toString());
    }

    /** Its time now. */
    public Instant now() {
        return Instant.parse(Json.object(http.get(session)).getAsJsonObject("clock").get("now").getAsString());
    }

    private Instant change(String how, String value) {
        return Instant.parse(http.object("POST", session + "/clock", Json.write(Map.of(how, value))).get("now").getAsString());
    }
}
