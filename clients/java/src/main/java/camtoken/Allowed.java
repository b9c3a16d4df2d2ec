package camtoken;

import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/** Checks the values of a test: a wrong one is an error at once, with the allowed values. */
final class Allowed {
    private static final Pattern SPAN = Pattern.compile("(-?)(?:PT)?((?:\\d{1,6}[dhms]){1,4})", Pattern.CASE_INSENSITIVE);
    private static final Pattern PART = Pattern.compile("(\\d+)(\\D)");
    private static final Map<String, Long> SECONDS = Map.of("d", 86_400L, "h", 3_600L, "m", 60L, "s", 1L);

    private Allowed() {}

    static String oneOf(String what, String said, List<String> allowed) {
        if (allowed.contains(said)) {
            return said;
        }
        throw new CamtokenException("'" + said + "' is no " + what + "\n  hint  Allowed: '" + String.join("', '", allowed) + "'.");
    }

    /** A span of time out of text such as {@code 3m1s}, {@code 90d}, {@code -5s}. */
    static Duration span(String said) {
        Matcher found = SPAN.matcher(said);
        if (!found.matches()) {
            throw new CamtokenException("'" + said + "' is no span of time\n  hint  A Duration, or text such as '3m1s', '2h', '90d' or '-5s'.");
        }
        long seconds =
                PART.matcher(found.group(2))
                        .results()
                        .mapToLong(part -> Long.parseLong(part.group(1)) * SECONDS.get(part.group(2).toLowerCase(Locale.ROOT)))
                        .sum();
        return Duration.ofSeconds(found.group(1).isEmpty() ? seconds : -seconds);
    }

    /** As the service reads it. */
    static String wire(Duration span) {
        Duration left = span.abs();
        return (span.isNegative() ? "-" : "") + left.toHours() + "h" + left.toMinutesPart() + "m" + left.toSecondsPart() + "s";
    }
}
