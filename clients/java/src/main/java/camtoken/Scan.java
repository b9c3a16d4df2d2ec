package camtoken;

import java.time.Instant;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Pattern;

/** What the token showed of a code and answered to it, or why it refused. A refusal is an answer, and throws nothing. */
public final class Scan {
    private final Document document;
    private final Refusal refusal;
    private final Map<String, Field> fields = new LinkedHashMap<>();

    Scan(Document document, Refusal refusal) {
        this.document = document;
        this.refusal = refusal;
        document.fields().forEach(field -> fields.put(field.name(), field));
    }

    /** {@code shown} or {@code refused}. */
    public String outcome() {
        return document.outcome();
    }

    /** Why the token refused, if it did. */
    public Optional<Refusal> refusal() {
        return Optional.ofNullable(refusal);
    }

    /** What was to be approved, such as {@code transfer}; null when refused. */
    public String operation() {
        return document.operation();
    }

    /** What the token showed, by name and in its order. */
    public Map<String, Field> fields() {
        return Collections.unmodifiableMap(fields);
    }

    /** Every page that it showed. */
    public List<Screen.Panel> pages() {
        return document.screen() == null ? List.of() : document.screen().pages();
    }

    /** The digits to type. Throws when the token gave none, and says why. */
    public String response() {
        return digits("response", document.response());
    }

    /** Digits of the same form that the bank must refuse. */
    public String wrongResponse() {
        return digits("wrongResponse", document.wrongResponse());
    }

    /** The token's answer to the first code of a registration. */
    public String deviceCode() {
        return digits("deviceCode", document.deviceCode());
    }

    /** From then on no response is accepted; null when refused. */
    public Instant expiresAt() {
        return document.expiresAt();
    }

    /** How the picture was, where it was one. */
    public Optional<Quality> quality() {
        return Optional.ofNullable(document.quality());
    }

    /** How many different codes were in the picture; null where it was none. */
    public Integer codes() {
        return document.codes();
    }

    /**
     * Asserts that fields are on the screen: each as shown or in its canonical form, as a text, a number or a {@link Pattern}. Half-width
     * and full-width kana are alike. Differences are reported field by field.
     */
    public void assertShows(Map<String, ?> expected) {
        if (refusal != null) {
            throw new AssertionError(refusal.toString());
        }
        for (String name : expected.keySet()) {
            if (!fields.containsKey(name)) {
                throw new AssertionError(difference(expected));
            }
        }
        if (!expected.entrySet().stream().allMatch(wanted -> fields.get(wanted.getKey()).is(wanted.getValue()))) {
            throw new AssertionError(difference(expected));
        }
    }

    private String difference(Map<String, ?> expected) {
        List<String> lines = new ArrayList<>(List.of(operation() + " on the token's screen"));
        fields.forEach(
                (name, field) -> {
                    if (!expected.containsKey(name)) {
                        lines.add("  " + name + ": \"" + field.shown() + "\" (not asked for)");
                    } else if (field.is(expected.get(name))) {
                        lines.add("  " + name + ": \"" + field.shown() + "\"");
                    } else {
                        String canonical = field.value().equals(field.shown()) ? "" : " (" + field.value() + ")";
                        lines.add("- " + name + ": \"" + expected.get(name) + "\"");
                        lines.add("+ " + name + ": \"" + field.shown() + "\"" + canonical);
                    }
                });
        expected.keySet().stream()
                .filter(name -> !fields.containsKey(name))
                .sorted()
                .forEach(
                        name -> {
                            lines.add("- " + name + ": \"" + expected.get(name) + "\"");
                            lines.add("+ " + name + ": the token shows no such field");
                        });
        return String.join("\n", lines);
    }

    private String digits(String which, String digits) {
        if (digits != null) {
            return digits;
        }
        if (refusal != null) {
            throw new CamtokenException("there is no " + which + ": " + refusal);
        }
        String has = document.response() != null ? "response" : document.deviceCode() != null ? "deviceCode" : null;
        if (has != null) {
            throw new CamtokenException(
                    "there is no " + which + " for this code (" + operation() + "), but a " + has + "\n  hint  Use scan." + has + "().");
        }
        throw new CamtokenException(
                "there is no " + which + ": nobody has pressed the buttons\n"
                        + "  hint  token.press(Button.RIGHT) turns the pages and approves; token.screen() has the response then.");
    }

    @Override
    public String toString() {
        return "Scan[" + (refusal == null ? operation() : refusal.code()) + "]";
    }

    /**
     * One field, as the code has it and as the token shows it.
     *
     * @param name as the catalogue names it: {@code payee}
     * @param label as the token names it, in its language
     * @param value in its canonical form: {@code 1250000}
     * @param shown as it stands on the token's screen: {@code ¥1,250,000}
     */
    public record Field(String name, String label, String value, String shown) {
        boolean is(Object wanted) {
            if (wanted instanceof Pattern pattern) {
                return pattern.matcher(shown).find() || pattern.matcher(value).find();
            }
            return Kana.alike(shown, String.valueOf(wanted)) || Kana.alike(value, String.valueOf(wanted));
        }
    }

    /**
     * Why a token does not answer a code.
     *
     * @param code T01 to T14
     * @param message what it means
     * @param hint what to do about it; where no code was seen: what to change in the test or on the page
     * @param where where no code was seen: what was looked at, line by line
     */
    public record Refusal(String code, String message, String hint, List<String> where) {
        @Override
        public String toString() {
            if (where.isEmpty()) {
                return "the token refused the code: " + code + " " + message + "\n  hint  " + hint;
            }
            return "the token saw no code: " + code + " " + message + "\n" + String.join("\n", where) + "\n  hint     " + hint;
        }
    }

    /**
     * How a picture was.
     *
     * @param grade A to F
     * @param pxPerModule pixels of the picture for one module, if that is known; else null
     * @param advice what to change on the page, the worst first
     */
    public record Quality(String grade, Double pxPerModule, List<String> advice) {}

    /** As the service tells it. */
    record Document(
            String outcome,
            String code,
            String message,
            String hint,
            String operation,
            List<Field> fields,
            Pages screen,
            String response,
            String wrongResponse,
            String deviceCode,
            Instant expiresAt,
            Quality quality,
            Integer codes,
            String drawing) {

        boolean isUnseen() {
            return "refused".equals(outcome) && ("T01".equals(code) || "T02".equals(code));
        }
    }

    record Pages(List<Screen.Panel> pages) {}
}
