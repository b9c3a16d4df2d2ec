package camtoken;

import java.time.Duration;

/**
 * How a code is held before the token.
 *
 * @param step leaves the first page on the screen: the test presses the buttons
 * @param keep at the second code of a registration, the answer whether the bank has confirmed it; null leaves it to the test
 * @param timeout how long to wait for a code to appear on the page
 * @param several takes a picture with several codes, of which the token reads one; else that is an error
 */
public record ScanOptions(Boolean step, Boolean keep, Duration timeout, boolean several) {
    /** As it is without options: as the token was made, for 5 s, one code alone. */
    public static ScanOptions usual() {
        return new ScanOptions(null, null, Duration.ofSeconds(5), false);
    }

    /** All pages are approved at once. */
    public ScanOptions auto() {
        return new ScanOptions(false, keep, timeout, several);
    }

    /** The first page stays: the test presses the buttons. */
    public ScanOptions stepwise() {
        return new ScanOptions(true, keep, timeout, several);
    }

    /** Answers the question at the end of a registration. */
    public ScanOptions keeping(boolean confirmed) {
        return new ScanOptions(step, confirmed, timeout, several);
    }

    /** Waits so long for a code. */
    public ScanOptions within(Duration timeout) {
        return new ScanOptions(step, keep, timeout, several);
    }

    /** Takes a picture with several codes. */
    public ScanOptions allowingSeveral() {
        return new ScanOptions(step, keep, timeout, true);
    }
}
