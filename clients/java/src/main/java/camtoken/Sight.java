package camtoken;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;

/** What was looked at, for a test whose token has seen no code there. */
final class Sight {
    /** Fewer CSS pixels than these are too few for a code, quiet zone included. */
    private static final int SMALLEST = 100;

    private final String place;
    private final byte[] picture;
    private final int looks;
    private final long millis;
    private final Map<?, ?> element;

    /** Looks at a place again, as a person would who wonders why. */
    Sight(Camera camera, byte[] picture, int looks, long millis) {
        this.place = camera.place;
        this.picture = picture;
        this.looks = looks;
        this.millis = millis;
        Map<?, ?> found = null;
        try {
            found = camera.look();
        } catch (RuntimeException error) {
            // It may be gone by now; the next step of the test reports that.
        }
        this.element = found;
    }

    List<String> lines() {
        List<String> lines = new ArrayList<>();
        String often = looks == 1 ? "once" : String.format(Locale.ROOT, "%d times in %.1f s", looks, millis / 1000.0);
        lines.add("  looked   " + often + ", at " + place);
        if (element != null) {
            double ratio = number("dpr");
            String css = plain(number("width")) + " x " + plain(number("height")) + " CSS px, ";
            lines.add("  element  " + element.get("tag") + ", " + css + plain(number("width") * ratio) + " x " + plain(number("height") * ratio) + " device pixels");
            String visibility = number("opacity") == 1 ? "yes" : "opacity " + plain(number("opacity"));
            lines.add("  visible  " + (has("hidden") ? element.get("hidden") : visibility));
            if (has("front")) {
                lines.add("  front    " + element.get("front") + " covers " + Math.round(number("covered") * 100) + " % of it");
            }
            if (has("unloaded")) {
                lines.add("  image    " + element.get("unloaded") + " is not loaded");
            }
        } else if (picture.length >= 24 && picture[1] == 'P' && picture[2] == 'N' && picture[3] == 'G') {
            var head = java.nio.ByteBuffer.wrap(picture);
            lines.add("  picture  " + head.getInt(16) + " x " + head.getInt(20) + " px");
        }
        return lines;
    }

    /** What most likely keeps the code from being seen; null where the place looks as it should. */
    String cause() {
        if (element == null) {
            return null;
        }
        if (has("hidden")) {
            return "It is not visible (" + element.get("hidden") + "): let the page show it before the token looks.";
        }
        if (number("opacity") < 0.2) {
            return "It is all but transparent (opacity " + plain(number("opacity")) + "): wait until it has faded in.";
        }
        if (has("front")) {
            return "Close or move " + element.get("front") + ", which lies in front of it.";
        }
        if (has("unloaded")) {
            return "Its image is not loaded: does " + element.get("unloaded") + " answer?";
        }
        if (Math.min(number("width"), number("height")) < SMALLEST) {
            return "It is small for a code: " + SMALLEST + " CSS px and more are wanted.";
        }
        return null;
    }

    private boolean has(String name) {
        return element.get(name) != null;
    }

    private double number(String name) {
        return ((Number) element.get(name)).doubleValue();
    }

    private static String plain(double value) {
        return value == Math.rint(value) ? String.valueOf((long) value) : String.valueOf(Math.round(value * 100) / 100.0);
    }
}
