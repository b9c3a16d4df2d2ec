package camtoken;

import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;

/**
 * What is pressed by itself when the screen shows something.
 *
 * @param screen a text, or an expression between slashes
 * @param press what is pressed, one after the other
 */
public record Rule(String screen, List<Button> press) {
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

    static String expression(Pattern pattern) {
        boolean isLoose = (pattern.flags() & Pattern.CASE_INSENSITIVE) != 0;
        return "/" + (isLoose ? "(?i)" : "") + pattern.pattern() + "/";
    }
}
