package camtoken;

import java.time.Instant;
import java.util.List;

/**
 * The token's screen, and what the token is doing.
 *
 * @param state {@code off}, {@code pin}, {@code ready}, {@code menu}, {@code showing}, {@code answered}, {@code asking}, {@code
 *     done} or {@code refused}
 * @param code T01 to T14, when refused; else null
 * @param page which page of a transaction is shown, from 1; else null
 * @param pages how many it has; else null
 * @param response the digits to type, when answered; else null
 * @param deviceCode the answer to the first code of a registration; else null
 * @param lit whether the screen is on
 * @param text what stands on it
 * @param lines the same line by line
 * @param softkeys what the left, the centre and the right button do now, each of them or null
 * @param now the time of the session
 */
public record Screen(
        String state,
        String code,
        Integer page,
        Integer pages,
        String response,
        String deviceCode,
        boolean lit,
        String text,
        List<Line> lines,
        List<String> softkeys,
        Instant now) {

    /**
     * One line of writing in its box; the panel has 320 x 240 dots.
     *
     * @param x dots from the left
     * @param y dots from the top
     * @param width in dots
     * @param height in dots
     * @param text what it says
     * @param style how it is written
     * @param role {@code header}, {@code page}, {@code owner}, {@code label}, or the name of the field
     */
    public record Line(int x, int y, int width, int height, String text, String style, String role) {}

    /**
     * What the panel shows at one moment.
     *
     * @param lit whether it is on
     * @param lines what is written on it
     * @param softkeys what the buttons do
     */
    public record Panel(boolean lit, List<Line> lines, List<String> softkeys) {}
}
