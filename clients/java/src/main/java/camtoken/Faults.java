package camtoken;

import java.util.List;
import java.util.stream.IntStream;

/**
 * What is broken about a token. {@code Faults.none().withBattery(0)} breaks one thing and leaves the rest whole.
 *
 * @param battery percent; with 0 the token reads nothing (T13)
 * @param halfActivated every activation acts as if its registration had not been finished (T09)
 * @param clockOffset seconds that the token's clock is ahead
 * @param nextScan how the next scan ends: T01 to T14, or null
 */
public record Faults(int battery, boolean halfActivated, long clockOffset, String nextScan) {
    private static final List<String> REFUSALS = IntStream.rangeClosed(1, 14).mapToObj(number -> String.format("T%02d", number)).toList();

    /** Checks the refusal. */
    public Faults {
        if (nextScan != null) {
            Allowed.oneOf("refusal of a token", nextScan, REFUSALS);
        }
    }

    /** A token that is whole. */
    public static Faults none() {
        return new Faults(100, false, 0, null);
    }

    /** With so many percent left in the battery. */
    public Faults withBattery(int percent) {
        return new Faults(percent, halfActivated, clockOffset, nextScan);
    }

    /** With registrations that were not finished. */
    public Faults withHalfActivated() {
        return new Faults(battery, true, clockOffset, nextScan);
    }

    /** With a clock that is ahead by so many seconds. */
    public Faults withClockOffset(long seconds) {
        return new Faults(battery, halfActivated, seconds, nextScan);
    }

    /** With a next scan that ends with a refusal, T01 to T14. */
    public Faults withNextScan(String refusal) {
        return new Faults(battery, halfActivated, clockOffset, refusal);
    }
}
