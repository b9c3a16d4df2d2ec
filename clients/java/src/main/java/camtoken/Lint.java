package camtoken;

import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;

/**
 * How a camera would see a code. As a text it says what to change on the page.
 *
 * @param grade A to F: the lowest of the measures' grades
 * @param minGrade the grade that was asked for
 * @param passed whether the grade is as good as that, and there is one code alone
 * @param codes how many different codes for a token are in the picture
 * @param measures what was measured; empty when nothing was read
 * @param reasons why nothing was read
 * @param findings what is wrong beside the measures, such as a second code
 * @param overlay the picture with what was seen drawn onto it, as SVG; null when nothing was read
 */
public record Lint(
        String grade, String minGrade, boolean passed, int codes, List<Measure> measures, List<Finding> reasons, List<Finding> findings, String overlay) {

    /** Fills in what the service leaves out. */
    public Lint {
        measures = measures == null ? List.of() : measures;
        reasons = reasons == null ? List.of() : reasons;
        findings = findings == null ? List.of() : findings;
    }

    @Override
    public String toString() {
        List<String> lines = new ArrayList<>(List.of("Grade " + grade + ", at least " + minGrade + " is wanted"));
        Set<String> advice = new LinkedHashSet<>();
        for (Measure measure : measures) {
            if (!measure.grade.equals("A")) {
                lines.add(String.format(Locale.ROOT, "  %s  %s: %s %s", measure.grade, measure.name, measure.value, measure.unit).stripTrailing());
                if (measure.advice != null) {
                    advice.add("  " + measure.advice);
                }
            }
        }
        reasons.forEach(reason -> lines.add("  " + reason.text + ": " + reason.advice));
        findings.forEach(finding -> lines.add("  " + finding.text + ": " + finding.advice));
        lines.addAll(advice);
        return String.join("\n", lines);
    }

    /**
     * One measure of a code.
     *
     * @param name a stable name
     * @param value how much
     * @param unit of what, or empty
     * @param grade A to F
     * @param advice what to change on the page, or null
     */
    public record Measure(String name, double value, String unit, String grade, String advice) {}

    /**
     * Something that is wrong.
     *
     * @param reason a stable name
     * @param text what was found
     * @param advice what to change
     */
    public record Finding(String reason, String text, String advice) {}
}
