package camtoken;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Supplier;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import org.openqa.selenium.WebDriver;
import org.openqa.selenium.WebElement;

/** A token with a camera, a screen and three buttons. */
public final class Token {
    private static final Duration PATIENCE = Duration.ofSeconds(5);
    private static final long AGAIN_MILLIS = 100;

    private final Http http;
    private final String path;
    private final String id;
    private final Clock clock;

    Token(Http http, String path, String id, Clock clock) {
        this.http = http;
        this.path = path;
        this.id = id;
        this.clock = clock;
    }

    /** The token ID. */
    public String id() {
        return id;
    }

    /** The clock of its session. */
    public Clock clock() {
        return clock;
    }

    /**
     * Holds an element of Selenium before the camera and approves what is shown. It looks again until there is a code that can be read. What the
     * token refuses is an answer: see {@link Scan#refusal}.
     */
    public Scan scan(WebElement element) {
        return scan(element, ScanOptions.usual());
    }

    /** As {@link #scan(WebElement)}, in another way. */
    public Scan scan(WebElement element, ScanOptions options) {
        return look(Camera.of(element), options);
    }

    /** Holds the page that a browser shows before the camera. */
    public Scan scan(WebDriver page) {
        return scan(page, ScanOptions.usual());
    }

    /** As {@link #scan(WebDriver)}, in another way. */
    public Scan scan(WebDriver page, ScanOptions options) {
        return look(Camera.of(page), options);
    }

    /** Holds the bytes of a picture before the camera. */
    public Scan scan(byte[] picture) {
        return scan(picture, ScanOptions.usual());
    }

    /** As {@link #scan(byte[])}, in another way. */
    public Scan scan(byte[] picture, ScanOptions options) {
        return look(Camera.of(picture), options);
    }

    /** Holds a file before the camera. */
    public Scan scan(Path picture) {
        return look(Camera.of(picture), ScanOptions.usual());
    }

    /** Holds the text of a code ({@code CT1:…}, {@code otpauth://…}), a picture in base64, or the file of this path before the camera. */
    public Scan scan(String picture) {
        return scan(picture, ScanOptions.usual());
    }

    /** As {@link #scan(String)}, in another way. */
    public Scan scan(String picture, ScanOptions options) {
        return look(Camera.of(picture), options);
    }

    /** Asks a function for a picture, again and again until there is a code that can be read: {@code token.scan(locator::screenshot)}. */
    public Scan scan(Supplier<byte[]> picture) {
        return scan(picture, ScanOptions.usual());
    }

    /** As {@link #scan(Supplier)}, in another way. */
    public Scan scan(Supplier<byte[]> picture, ScanOptions options) {
        return look(Camera.of(picture), options);
    }

    /** Presses a button: left goes back, the centre goes to the next entry, right approves. */
    public Screen press(Button button) {
        return Json.read(http.send("POST", path + "/buttons/" + button.wire(), null), Screen.class);
    }

    /** Holds a button; the centre button switches on and off. */
    public Screen hold(Button button) {
        return Json.read(http.send("POST", path + "/buttons/" + button.wire(), Json.write(Map.of("action", "hold"))), Screen.class);
    }

    /** Switches the token on and enters its PIN. With a wrong one the screen's state is still {@code pin}. */
    public Screen enterPin(String pin) {
        return Json.read(http.send("POST", path + "/pin", Json.write(Map.of("pin", pin))), Screen.class);
    }

    /** What it shows. */
    public Screen screen() {
        return Json.read(http.get(path + "/screen"), Screen.class);
    }

    /** The screen as a PNG. */
    public byte[] screenshot() {
        return http.get(path + "/screen.png");
    }

    /** Waits until the screen shows a text, at most 5 s. */
    public Screen waitForScreen(String text) {
        return await(text, text, PATIENCE);
    }

    /** Waits until the screen shows what an expression describes, at most 5 s. */
    public Screen waitForScreen(Pattern pattern) {
        return waitForScreen(pattern, PATIENCE);
    }

    /** Waits so long until the screen shows what an expression describes. */
    public Screen waitForScreen(Pattern pattern, Duration timeout) {
        return await(Rule.expression(pattern), pattern.toString(), timeout);
    }

    /** What is broken. */
    public Faults faults() {
        return Json.read(http.get(path + "/faults"), Faults.class);
    }

    /** Breaks something; what is not named is whole. */
    public void faults(Faults faults) {
        http.send("PUT", path + "/faults", Json.write(faults));
    }

    /** Says what is pressed by itself, in the place of what was said before. */
    public void rules(Rule... rules) {
        http.send("PUT", path + "/rules", Json.write(List.of(rules).stream().map(Rule::wire).toList()));
    }

    /** Who is registered on it. */
    public List<Activation> activations() {
        return List.of(Json.read(http.get(path + "/activations"), Activation[].class));
    }

    /** The accounts of other systems on it. A scan of the code that a sign-up shows to authenticator apps registers one. */
    public List<Account> accounts() {
        return List.of(Json.read(http.get(path + "/accounts"), Account[].class));
    }

    /** The one-time password of its only account, by its clock. */
    public String otp() {
        return otp(OtpOptions.usual());
    }

    /** The one-time password of an account: its user, its issuer or {@code issuer:user}. */
    public String otp(String account) {
        return otp(OtpOptions.usual().withAccount(account));
    }

    /** A one-time password; of an OCRA card the response to a question. */
    public String otp(OtpOptions options) {
        JsonObject answer = http.object("POST", path + "/accounts/respond", Json.write(options.wire()));
        JsonObject foreign = answer.getAsJsonObject("foreign");
        if (foreign != null && foreign.has("response")) {
            return foreign.get("response").getAsString();
        }
        String held = accounts().stream().map(known -> known.issuer().isEmpty() ? known.user() : known.issuer() + ":" + known.user()).collect(Collectors.joining(", "));
        throw new CamtokenException(
                "there is no one-time password: " + answer.get("code").getAsString() + " " + answer.get("message").getAsString() + "\n  hint  The token holds "
                        + (held.isEmpty() ? "no account: scan the code that the sign-up shows" : held) + ".");
    }

    /** Deletes an activation, as the token's menu does. */
    public void forget(String activation) {
        http.send("DELETE", path + "/activations/" + activation, null);
    }

    /** All that it holds, keys included, as JSON: a test token's file. A bank under test takes {@code deviceKey} from it. */
    public String state() {
        return Http.text(http.get(path + "/state"));
    }

    /** Registers it on any bank's pages: two codes, two answers. Gives the new activation. */
    public Activation register(BankPages bank) {
        Set<String> known = new HashSet<>();
        activations().forEach(activation -> known.add(activation.id()));
        Scan first = look(any(bank.firstCode().get()), ScanOptions.usual().auto());
        bank.enterDeviceCode().accept(first.deviceCode());
        // Waits until the page shows the second code: the first, approved again, would start the registration over.
        long deadline = System.nanoTime() + PATIENCE.toNanos();
        ScanOptions step = ScanOptions.usual().stepwise();
        while (first.operation().equals(see(any(bank.secondCode().get()), step).document.operation()) && System.nanoTime() < deadline) {
            Wait.millis(AGAIN_MILLIS);
        }
        Scan second = look(any(bank.secondCode().get()), ScanOptions.usual().auto());
        bank.enterResponse().accept(second.response());
        // The token asks whether the bank has confirmed, once its digits were read.
        press(Button.RIGHT);
        press(Button.RIGHT);
        return activations().stream()
                .filter(activation -> !known.contains(activation.id()))
                .findFirst()
                .orElseThrow(() -> new CamtokenException("the token did not keep the registration. It shows:\n" + screen().text()));
    }

    private static Camera any(Object picture) {
        if (picture instanceof WebElement element) {
            return Camera.of(element);
        }
        if (picture instanceof WebDriver page) {
            return Camera.of(page);
        }
        if (picture instanceof byte[] bytes) {
            return Camera.of(bytes);
        }
        if (picture instanceof Path file) {
            return Camera.of(file);
        }
        return Camera.of(String.valueOf(picture));
    }

    private Scan look(Camera camera, ScanOptions options) {
        Seen seen = see(camera, options);
        Scan.Document document = seen.document;
        if (document.codes() != null && document.codes() > 1 && !options.several()) {
            Path saved = Pictures.save("camera", seen.picture, ".png");
            throw new CamtokenException(
                    document.codes() + " codes are in view at " + camera.place + ", and the token reads whichever it finds first\n"
                            + (saved == null ? "" : "  saved  " + saved + "\n")
                            + "  hint   Let the page show one code alone, or name the element of one. If several are meant: ScanOptions.usual().allowingSeveral().");
        }
        if (!"refused".equals(document.outcome())) {
            return new Scan(document, null);
        }
        if (!document.isUnseen()) {
            return new Scan(document, new Scan.Refusal(document.code(), document.message(), document.hint(), List.of()));
        }
        Sight sight = new Sight(camera, seen.picture, seen.looks, seen.millis);
        List<String> where = new ArrayList<>(sight.lines());
        Path saved = Pictures.save("camera", seen.picture, ".png");
        if (saved != null) {
            where.add("  saved    " + saved);
        }
        // What the service says to people is on the token's screen; here is what a tester can do.
        boolean isAdvised = "T02".equals(document.code()) && document.quality() != null && !document.quality().advice().isEmpty();
        String hint = sight.cause();
        if (hint == null) {
            hint = isAdvised ? document.quality().advice().get(0) : "Nothing in the picture looks like a 2D code: is it the right place, and drawn by then?";
        }
        return new Scan(document, new Scan.Refusal(document.code(), document.message(), hint, where));
    }

    /** Looks until a code is seen or the time is over. */
    private Seen see(Camera camera, ScanOptions options) {
        Map<String, Object> query = new HashMap<>();
        if (options.step() != null) {
            query.put("confirm", options.step() ? "step" : "auto");
        }
        if (options.keep() != null) {
            query.put("keep", options.keep() ? "yes" : "no");
        }
        // A scan that is to fail fails once; only a page that is not ready yet is looked at again.
        boolean looksAgain = camera.isLive && faults().nextScan() == null;
        long begin = System.nanoTime();
        for (int looks = 1; ; looks++) {
            byte[] picture = camera.take();
            Scan.Document document = Json.read(http.picture(Http.query(path + "/scan", query), picture), Scan.Document.class);
            long millis = (System.nanoTime() - begin) / 1_000_000;
            if (!document.isUnseen() || !looksAgain || millis + AGAIN_MILLIS >= options.timeout().toMillis()) {
                return new Seen(picture, document, looks, millis);
            }
            Wait.millis(AGAIN_MILLIS);
        }
    }

    private Screen await(String wanted, String name, Duration timeout) {
        long deadline = System.nanoTime() + timeout.toNanos();
        while (true) {
            long seconds = Math.min(60, Math.max(0, (deadline - System.nanoTime() + 999_999_999) / 1_000_000_000));
            JsonObject waited = Json.object(http.get(Http.query(path + "/events", Map.of("wait", wanted, "timeout", seconds + "s"))));
            Screen screen = Json.read(waited.get("screen"), Screen.class);
            if (waited.get("outcome").getAsString().equals("shown")) {
                return screen;
            }
            if (System.nanoTime() >= deadline) {
                throw new CamtokenException("the screen does not show " + name + ". It shows:\n" + (screen.lit() ? screen.text().stripTrailing() : "(dark)"));
            }
        }
    }

    /** A look, and what came of it. */
    private record Seen(byte[] picture, Scan.Document document, int looks, long millis) {}
}
