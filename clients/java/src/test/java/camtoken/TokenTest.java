package camtoken;

import static camtoken.Given.said;
import static camtoken.Given.transfer;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.time.Instant;
import java.util.ArrayDeque;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

@CamtokenTest
class TokenTest {
    private Camtoken camtoken;
    private Token token;
    private String activation;

    @BeforeEach
    void register(Camtoken camtoken, Token token) {
        this.camtoken = camtoken;
        this.token = token;
        activation = camtoken.verifier().enroll(token, "1234567890", "TANAKA");
    }

    private Challenge issue(Object... changes) {
        return camtoken.verifier().issue(activation, "transfer", transfer(changes));
    }

    @Test
    void aCodeIsShownAnsweredAndAcceptedOnce() {
        Challenge challenge = issue();
        Scan scan = token.scan(challenge.png());
        assertEquals(List.of("shown", "transfer"), List.of(scan.outcome(), scan.operation()));
        assertEquals(new Scan.Field("amount", "Amount", "1250000", "¥1,250,000"), scan.fields().get("amount"));
        assertEquals(
                List.of("bankCode", "bankName", "branchCode", "branchName", "accountType", "account", "payee", "amount", "date"), List.copyOf(scan.fields().keySet()));
        assertEquals("A", scan.quality().orElseThrow().grade());
        assertEquals(1, scan.codes());
        assertEquals(challenge.expiresAt(), scan.expiresAt());
        Verdict wrong = camtoken.verifier().verify(challenge, scan.wrongResponse());
        assertEquals(List.of("rejected", 2), List.of(wrong.result(), wrong.attemptsLeft()));
        Verdict right = camtoken.verifier().verify(challenge.id(), scan.response(), "one");
        assertEquals("accepted", right.result());
        assertTrue(Kana.alike(right.transaction().fields().get("payee"), "ミホン ショウジ(カ"));
        assertFalse(camtoken.verifier().verify(challenge.id(), scan.response(), "one").first());
        assertEquals("used", camtoken.verifier().verify(challenge, scan.response()).result());
    }

    @Test
    void aPictureMayBeAFileBase64OrTheTextOfACode(@TempDir Path folder) throws Exception {
        Path path = Files.write(folder.resolve("code.png"), issue().png());
        assertEquals("shown", token.scan(path).outcome());
        assertEquals("shown", token.scan(Base64.getEncoder().encodeToString(issue().png())).outcome());
        assertEquals("shown", token.scan(issue().code()).outcome());
    }

    @Test
    void aPageThatIsNotReadyIsLookedAtAgain() {
        byte[] blank = token.screenshot();
        var pictures = new ArrayDeque<>(List.of(blank, blank, issue().png()));
        assertEquals("shown", token.scan(pictures::remove).outcome());
        assertTrue(pictures.isEmpty());
    }

    @Test
    void aFaultStrikesOnce() {
        byte[] picture = issue().png();
        token.faults(Faults.none().withNextScan("T02"));
        assertEquals("T02", token.scan(() -> picture).refusal().orElseThrow().code());
        assertEquals("shown", token.scan(picture).outcome());
        token.faults(Faults.none().withBattery(0));
        assertEquals("T13", token.scan(picture).refusal().orElseThrow().code());
        assertEquals(0, token.faults().battery());
    }

    @Test
    void whatDiffersIsToldFieldByField() {
        Scan scan = token.scan(issue().code());
        scan.assertShows(Map.of("payee", "ミホン ショウジ(カ", "amount", 1250000, "account", Pattern.compile("^\\d{7}$")));
        assertEquals(
                String.join(
                        "\n",
                        "transfer on the token's screen",
                        "  bankCode: \"0001\" (not asked for)",
                        "  bankName: \"ｶｸｳ\" (not asked for)",
                        "  branchCode: \"001\" (not asked for)",
                        "  branchName: \"ﾎﾝﾃﾝ\" (not asked for)",
                        "  accountType: \"Ordinary\" (not asked for)",
                        "  account: \"0012345\" (not asked for)",
                        "  payee: \"ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ\"",
                        "- amount: \"125000\"",
                        "+ amount: \"¥1,250,000\" (1250000)",
                        "  date: \"24 Nov 2026\" (not asked for)",
                        "- purpose: \"rent\"",
                        "+ purpose: the token shows no such field"),
                said(() -> scan.assertShows(Map.of("payee", "ミホン ショウジ(カ", "amount", 125000, "purpose", "rent"))));
    }

    @Test
    void timePassesForTheToken() {
        Instant before = token.clock().now();
        assertTrue(Duration.between(before, token.clock().advance("3m1s")).compareTo(Duration.ofSeconds(181)) >= 0);
        Instant moment = Instant.parse("2030-01-01T00:00:00Z");
        assertEquals(moment, token.clock().set(moment));
        assertEquals(moment.plusSeconds(5), token.clock().advance(Duration.ofSeconds(5)));
        assertEquals(moment.plusSeconds(5).plus(Duration.ofDays(90)), token.clock().advance("90d"));
    }

    @Test
    void somebodyPressesTheButtons() {
        Challenge challenge = issue();
        Scan scan = token.scan(challenge.code(), ScanOptions.usual().stepwise());
        assertTrue(said(scan::response).startsWith("there is no response: nobody has pressed the buttons\n  hint  token.press(Button.RIGHT)"));
        Screen screen = token.screen();
        assertEquals(List.of("showing", 1, 2), List.of(screen.state(), screen.page(), screen.pages()));
        token.press(Button.RIGHT);
        Screen answered = token.press(Button.RIGHT);
        assertEquals("accepted", camtoken.verifier().verify(challenge, answered.response()).result());
        assertEquals("off", token.hold(Button.CENTER).state());
    }

    @Test
    void aTestWaitsForTheScreenAndRulesPress() {
        String code = issue().code();
        token.rules(Rule.when(Pattern.compile("tanaka", Pattern.CASE_INSENSITIVE), Button.LEFT));
        token.scan(code, ScanOptions.usual().stepwise());
        assertNotEquals("showing", token.screen().state());
        token.rules();
        token.scan(issue().code(), ScanOptions.usual().stepwise());
        assertEquals("showing", token.waitForScreen(Pattern.compile("¥[\\d,]+")).state());
        // The flags of an expression go with it.
        int flags = Pattern.CASE_INSENSITIVE | Pattern.MULTILINE | Pattern.DOTALL | Pattern.COMMENTS;
        assertEquals("showing", token.waitForScreen(Pattern.compile("payee .* ^amount$  # over the lines", flags)).state());
        assertTrue(said(() -> token.waitForScreen(Pattern.compile("¥9"), Duration.ofMillis(200))).startsWith("the screen does not show ¥9. It shows:\n"));
    }

    @Test
    void aTokenIsKeptAndBroughtBack() {
        Challenge challenge = issue();
        try (Session session = camtoken.session()) {
            Token again = session.restore(token.state());
            assertEquals(List.of(activation), again.activations().stream().map(Activation::id).toList());
            assertEquals("accepted", camtoken.verifier().verify(challenge, again.scan(challenge.code()).response()).result());
            again.forget(activation);
            assertEquals(List.of(), again.activations());
        }
    }

    @Test
    void aSuspendedActivationIsNotAccepted() {
        Challenge challenge = issue();
        String response = token.scan(challenge.code()).response();
        camtoken.verifier().suspend(activation);
        assertEquals("suspended", camtoken.verifier().verify(challenge, response).result());
        camtoken.verifier().resume(activation);
        camtoken.verifier().revoke(activation);
    }

    @Test
    @CamtokenTest(lang = "ja", clock = "2026-11-24T09:00:00Z", seed = "one", id = "SEEDED-1")
    void aTokenIsMadeAsTheTestSays(Token token) {
        assertEquals("SEEDED-1", token.id());
        assertEquals(Instant.parse("2026-11-24T09:00:00Z"), token.clock().now());
        token.hold(Button.CENTER);
        assertTrue(token.hold(Button.CENTER).text().codePoints().anyMatch(character -> character >= 'ぁ' && character <= 'ん'));
    }

    @Test
    void aTokenWithAPinReadsNothingBeforeItIsEntered() {
        try (Session session = camtoken.session()) {
            Token locked = session.token(TokenOptions.usual().withPin("48213"));
            assertTrue(said(() -> locked.scan("CT1:ABC")).contains("waits for another answer"));
            assertEquals("pin", locked.enterPin("48214").state());
            assertEquals("ready", locked.enterPin("48213").state());
        }
    }
}
