package camtoken;

import java.time.Duration;
import java.util.List;

/**
 * How good a code has to be, and how it is looked at.
 *
 * @param minGrade A, B, C, D or F
 * @param timeout how long an element is looked at again
 * @param several takes a picture with several codes, and grades the one that a token would read; else that is a fault
 * @param ratio pixels of the picture for one CSS pixel; of an element it is known; null where it is not
 */
public record LintOptions(String minGrade, Duration timeout, boolean several, Double ratio) {
    private static final List<String> GRADES = List.of("A", "B", "C", "D", "F");

    /** Checks the grade. */
    public LintOptions {
        Allowed.oneOf("grade", minGrade, GRADES);
    }

    /** At least this grade, within 5 s, one code alone. */
    public static LintOptions atLeast(String minGrade) {
        return new LintOptions(minGrade, Duration.ofSeconds(5), false, null);
    }

    /** Looks again for so long. */
    public LintOptions within(Duration timeout) {
        return new LintOptions(minGrade, timeout, several, ratio);
    }

    /** Takes a picture with several codes. */
    public LintOptions allowingSeveral() {
        return new LintOptions(minGrade, timeout, true, ratio);
    }

    /** Of a picture with so many pixels for one CSS pixel, the browser's {@code devicePixelRatio}. */
    public LintOptions withRatio(double ratio) {
        return new LintOptions(minGrade, timeout, several, ratio);
    }
}
