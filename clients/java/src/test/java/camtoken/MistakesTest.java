package camtoken;

import static camtoken.Given.said;
import static camtoken.Given.transfer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Base64;
import java.util.Map;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;

/** The message for a tester about each mistake. */
@CamtokenTest
class MistakesTest {
    private static final ScanOptions SHORT = ScanOptions.usual().within(Duration.ofMillis(300));
    private static ChromeDriver browser;

    private Camtoken camtoken;
    private Token token;
    private String activation;

    @BeforeAll
    static void open() {
        browser = Given.browser();
    }

    @AfterAll
    static void close() {
        browser.quit();
    }

    @BeforeEach
    void register(Camtoken camtoken, Token token) {
        this.camtoken = camtoken;
        this.token = token;
        activation = camtoken.verifier().enroll(token, "1234567890", "TANAKA");
    }

    private String code(String style) {
        String picture = Base64.getEncoder().encodeToString(camtoken.verifier().issue(activation, "transfer", transfer()).png());
        return "<img id='code' style='" + style + "' src='data:image/png;base64," + picture + "'>";
    }

    private WebElement show(String content) {
        String page = "<!doctype html><body style='margin: 60px'>" + content;
        browser.get("data:text/html;base64," + Base64.getEncoder().encodeToString(page.getBytes(StandardCharsets.UTF_8)));
        return browser.findElement(By.id("code"));
    }

    @Test
    void aCodeOnAPageIsRead() {
        WebElement code = show(code("width: 240px"));
        camtoken.assertScannable(code, "A");
        Scan scan = token.scan(code);
        scan.assertShows(Map.of("amount", "¥1,250,000"));
        show(code("width: 240px"));
        assertEquals("shown", token.scan(browser).outcome());
    }

    @Test
    void aBannerLiesInFront() {
        WebElement code = show(code("width: 240px") + "<div id='cookie' class='banner' style='position: fixed; inset: 0; background: #eee'>We use cookies</div>");
        assertEquals(
                String.join(
                        "\n",
                        "there is no response: the token saw no code: T01 No 2D code found",
                        "  looked   …, at id: code",
                        "  element  <img id=\"code\">, 240 x 240 CSS px, 240 x 240 device pixels",
                        "  visible  yes",
                        "  front    <div id=\"cookie\" class=\"banner\"> covers 100 % of it",
                        "  saved    …",
                        "  hint     Close or move <div id=\"cookie\" class=\"banner\">, which lies in front of it."),
                said(() -> token.scan(code, SHORT).response()));
        assertTrue(said(() -> camtoken.assertScannable(code, "B")).startsWith("Grade F, at least B is wanted\n  looked   …, at id: code\n"));
    }

    @Test
    void itIsTransparentOrSmallOrAnotherElement() {
        WebElement transparent = show(code("width: 240px; opacity: 0"));
        assertTrue(said(() -> token.scan(transparent, SHORT).response()).endsWith("hint     It is all but transparent (opacity 0): wait until it has faded in."));
        WebElement small = show(code("width: 40px"));
        assertTrue(said(() -> token.scan(small, SHORT).response()).endsWith("hint     It is small for a code: 100 CSS px and more are wanted."));
        WebElement other = show("<h1 id='code' style='height: 200px'>Confirm</h1>");
        assertTrue(
                said(() -> token.scan(other, SHORT).response())
                        .endsWith("hint     Nothing in the picture looks like a 2D code: is it the right place, and drawn by then?"));
    }

    @Test
    void twoCodesAreInView() {
        show(code("width: 240px") + code("width: 240px"));
        WebElement body = browser.findElement(By.tagName("body"));
        assertEquals(
                String.join(
                        "\n",
                        "2 codes are in view at tag name: body, and the token reads whichever it finds first",
                        "  saved  …",
                        "  hint   Let the page show one code alone, or name the element of one. If several are meant: ScanOptions.usual().allowingSeveral()."),
                said(() -> token.scan(body, SHORT)));
        show(code("width: 240px") + code("width: 240px"));
        assertEquals(2, token.scan(browser.findElement(By.tagName("body")), ScanOptions.usual().allowingSeveral()).codes());
        show(code("width: 240px") + code("width: 240px"));
        WebElement both = browser.findElement(By.tagName("body"));
        camtoken.assertScannable(both, LintOptions.atLeast("B").allowingSeveral());
        long begin = System.nanoTime();
        assertTrue(
                said(() -> camtoken.assertScannable(both, LintOptions.atLeast("B").within(Duration.ofMillis(300))))
                        .contains("  2 codes are in view: Show one code alone: a token reads whichever it finds first, be it the older one."));
        assertTrue(System.nanoTime() - begin < 4_000_000_000L);
    }

    @Test
    void aPictureOfAScreenWithSeveralPixelsForOneIsGradedAsThePage() {
        byte[] picture = camtoken.verifier().issue(activation, "transfer", transfer()).png();
        assertEquals("A", camtoken.lint(picture, "B").grade());
        assertTrue(camtoken.lint(picture, LintOptions.atLeast("B").withRatio(4)).grade().compareTo("A") > 0);
        assertTrue(said(() -> camtoken.assertScannable(picture, LintOptions.atLeast("A").withRatio(4))).contains("moduleSize"));
    }

    @Test
    void aValueThatIsNotAllowedSaysWhatIs() {
        assertEquals(
                "'T15' is no refusal of a token\n  hint  Allowed: 'T01', 'T02', 'T03', 'T04', 'T05', 'T06', 'T07', 'T08', 'T09', 'T10', 'T11', 'T12', 'T13', 'T14'.",
                said(() -> Faults.none().withNextScan("T15")));
        assertEquals(
                "'3 minutes' is no span of time\n  hint  A Duration, or text such as '3m1s', '2h', '90d' or '-5s'.", said(() -> token.clock().advance("3 minutes")));
        assertEquals("'de' is no language of the token\n  hint  Allowed: 'ja', 'en'.", said(() -> SessionOptions.usual().withLang("de")));
        assertEquals("'E' is no grade\n  hint  Allowed: 'A', 'B', 'C', 'D', 'F'.", said(() -> camtoken.lint(token.screenshot(), "E")));
        assertEquals(
                "the picture shots/code.png cannot be read: there is no such file\n"
                        + "  hint  A picture is a WebElement, a WebDriver, bytes, base64, a Path, the text of a code (CT1:…, otpauth://…), or a function that gives bytes. A path counts from "
                        + Path.of("").toAbsolutePath() + ".",
                said(() -> token.scan(Path.of("shots/code.png"))));
        assertTrue(said(() -> camtoken.verifier().issue(activation, "payment", transfer())).contains("CT-E070"));
        assertTrue(said(() -> camtoken.verifier().issue(activation, "transfer", transfer("amount", "12.50"))).contains("field \"amount\": expected decimal digits only"));
    }

    @Test
    void aServiceThatIsNoneSaysWhatIsWanted(@TempDir Path folder) throws Exception {
        assertEquals(
                "'127.0.0.1:PORT' is no address of a service\n"
                        + "  hint  It begins with http:// or https://, such as http://127.0.0.1:PORT (CAMTOKEN_URL, or the property camtoken.url).",
                said(() -> Camtoken.at("127.0.0.1:4999")));
        assertEquals(
                "/bin/true serve did not say where it listens\n  hint  Is it camtoken? `/bin/true --version` tells. CAMTOKEN_BIN is the path of the binary `camtoken`.",
                said(() -> Camtoken.start(Path.of("/bin/true"))));
        Path script = folder.resolve("camtoken");
        // To be run by itself: the system cannot.
        assertTrue(Files.writeString(script, "#!" + script + "\n").toFile().setExecutable(true));
        assertTrue(said(() -> Camtoken.start(script)).startsWith(script + " did not start: "));
        assertTrue(said(() -> Camtoken.at("http://127.0.0.1:9").session()).matches("(?s)http://127\\.0\\.0\\.1:9 does not answer: .*hint  Is the service running\\?.*"));
    }
}
