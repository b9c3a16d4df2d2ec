package camtoken;

import java.awt.image.BufferedImage;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.imageio.ImageIO;
import org.openqa.selenium.JavascriptExecutor;
import org.openqa.selenium.OutputType;
import org.openqa.selenium.TakesScreenshot;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.WrapsDriver;

/** A place at which pictures are taken. */
abstract class Camera {
    private static final String TAKEN = "A picture is a WebElement, a WebDriver, bytes, base64, a Path, the text of a code (CT1:…, otpauth://…), or a function that gives bytes.";

    // One of a bank, or one with a scheme of its own.
    private static final Pattern CODE = Pattern.compile("(?i)(?:CT\\d+:|(?!(?:https?|file):)[a-z][a-z\\d+.-]*://)");

    // PNG, JPEG, WebP and BMP begin so.
    private static final Pattern BASE64 =
            Pattern.compile("(?:data:image/[\\w.+-]+;base64,)?((?:iVBORw0KGgo|/9j/|UklGR|Qk)[\\w+/\\s]{60,}={0,2})\\s*");

    private static final String INSPECT = script();

    /** As a person would name it. */
    final String place;

    /** Whether it may look different a moment later. */
    final boolean isLive;

    private Camera(String place, boolean isLive) {
        this.place = place;
        this.isLive = isLive;
    }

    abstract byte[] take();

    /** What stands there, as {@code sight.js} tells it; null where that is not known. */
    Map<?, ?> look() {
        return null;
    }

    /** Pixels of the picture for one CSS pixel; null where that is not known. */
    Double ratio() {
        return null;
    }

    static Camera of(byte[] bytes) {
        return still(bytes.length + " bytes", () -> bytes);
    }

    static Camera of(Path path) {
        return still(path.toString(), () -> read(path));
    }

    static Camera of(String text) {
        if (CODE.matcher(text).lookingAt()) {
            return still("the text of a code", () -> text.getBytes(StandardCharsets.UTF_8));
        }
        Matcher base64 = BASE64.matcher(text);
        if (base64.matches()) {
            return still("a picture in base64", () -> Base64.getMimeDecoder().decode(base64.group(1)));
        }
        return of(Path.of(text));
    }

    static Camera of(Supplier<byte[]> function) {
        return new Camera("what a function gave", true) {
            @Override
            byte[] take() {
                return function.get();
            }
        };
    }

    static Camera of(WebElement element) {
        return new OfElement(element);
    }

    static Camera of(WebDriver page) {
        return new Camera("the page " + page.getCurrentUrl(), true) {
            @Override
            byte[] take() {
                return ((TakesScreenshot) page).getScreenshotAs(OutputType.BYTES);
            }
        };
    }

    private static Camera still(String place, Supplier<byte[]> bytes) {
        return new Camera(place, false) {
            @Override
            byte[] take() {
                return bytes.get();
            }
        };
    }

    private static byte[] read(Path path) {
        try {
            return Files.readAllBytes(path);
        } catch (IOException error) {
            String why = error instanceof NoSuchFileException ? "there is no such file" : error.toString();
            String name = path.toString().length() > 200 ? path.toString().substring(0, 200) : path.toString();
            throw new CamtokenException(
                    "the picture " + name + " cannot be read: " + why + "\n  hint  " + TAKEN + " A path counts from " + Path.of("").toAbsolutePath() + ".", error);
        }
    }

    private static String script() {
        try (var script = Camera.class.getResourceAsStream("sight.js")) {
            return new String(script.readAllBytes(), StandardCharsets.UTF_8);
        } catch (IOException error) {
            throw new UncheckedIOException(error);
        }
    }

    /** An element, and what is around it as far as the window shows that. */
    private static final class OfElement extends Camera {
        /** CSS pixels around an element: a code's quiet zone is often the page's and not the picture's. */
        private static final int MARGIN = 24;

        private static final String BOX =
                "arguments[0].scrollIntoView({block: 'center', inline: 'center', behavior: 'instant'});"
                        + "const box = arguments[0].getBoundingClientRect();"
                        + "return [window === window.top, box.left, box.top, box.right, box.bottom, innerWidth, innerHeight, devicePixelRatio];";

        private final WebElement element;

        OfElement(WebElement element) {
            super(named(element), true);
            this.element = element;
        }

        @Override
        byte[] take() {
            if (!(scripts() instanceof TakesScreenshot window)) {
                return element.getScreenshotAs(OutputType.BYTES);
            }
            List<?> box = (List<?>) scripts().executeScript(BOX, element);
            double left = number(box, 1), top = number(box, 2), right = number(box, 3), bottom = number(box, 4);
            boolean isInside = left >= 0 && top >= 0 && right <= number(box, 5) && bottom <= number(box, 6);
            // Beyond the window, and in a frame, the driver's own way is better.
            if (!Boolean.TRUE.equals(box.get(0)) || !isInside) {
                return element.getScreenshotAs(OutputType.BYTES);
            }
            double ratio = number(box, 7);
            return cut(window.getScreenshotAs(OutputType.BYTES), ratio * (left - MARGIN), ratio * (top - MARGIN), ratio * (right + MARGIN), ratio * (bottom + MARGIN));
        }

        @Override
        Map<?, ?> look() {
            return scripts() == null ? null : (Map<?, ?>) scripts().executeScript("const inspect = " + INSPECT + "\nreturn inspect(arguments[0]);", element);
        }

        @Override
        Double ratio() {
            return scripts() == null ? null : ((Number) scripts().executeScript("return window.devicePixelRatio")).doubleValue();
        }

        private JavascriptExecutor scripts() {
            return element instanceof WrapsDriver wraps && wraps.getWrappedDriver() instanceof JavascriptExecutor scripts ? scripts : null;
        }

        private static double number(List<?> values, int index) {
            return ((Number) values.get(index)).doubleValue();
        }

        private static byte[] cut(byte[] png, double left, double top, double right, double bottom) {
            try {
                BufferedImage whole = ImageIO.read(new ByteArrayInputStream(png));
                int x = (int) Math.max(0, left), y = (int) Math.max(0, top);
                int width = (int) Math.min(whole.getWidth(), right) - x, height = (int) Math.min(whole.getHeight(), bottom) - y;
                ByteArrayOutputStream part = new ByteArrayOutputStream();
                ImageIO.write(whole.getSubimage(x, y, width, height), "png", part);
                return part.toByteArray();
            } catch (IOException error) {
                throw new UncheckedIOException(error);
            }
        }

        /** A driver's name of an element has how it was found: {@code [[ChromeDriver: …] -> id: code]}. */
        private static String named(WebElement element) {
            Matcher found = Pattern.compile("-> (.*?)\\]*$").matcher(element.toString());
            return found.find() ? found.group(1) : element.toString();
        }
    }
}
