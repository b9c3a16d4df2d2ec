package camtoken;

import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Pattern;

/**
 * What is pressed by itself when the screen shows something.
 *
 * @param screen a text, or an expression between slashes
 * @param press what is pressed, one after the other
 */
public record Rule(String screen, List<Button> press) {
    private static final Map<Integer, String> FLAGS =
            new TreeMap<>(Map.of(Pattern.CASE_INSENSITIVE, "i", Pattern.COMMENTS, "x", Pattern.MULTILINE, "m", Pattern.DOTALL, "s"));

    /** Presses when the screen shows a text. */
    public static Rule when(String text, Button... press) {
        return new Rule(text, List.of(press));
    }

    /** Presses when the screen shows what an expression describes. */
    public static Rule when(Pattern pattern, Button... press) {
        return new Rule(expression(pattern), List.of(press));
    }

    Map<String, ?> wire() {
        return Map.of("when", Map.of("screen", screen), "do", press.stream().map(Button::wire).toList());
    }

    /** A pattern as the service takes it, with its flags inside. */
    static String expression(Pattern pattern) {
        StringBuilder flags = new StringBuilder();
        FLAGS.forEach((flag, sign) -> flags.append((pattern.flags() & flag) == 0 ? "" : sign));
        return "/" + (flags.isEmpty() ? "" : "(?" + flags + ")") + pattern.pattern() + "/";
    }
}
