package bank;

import static org.junit.jupiter.api.Assertions.assertTrue;

import camtoken.Camtoken;
import camtoken.CamtokenTest;
import camtoken.Scan;
import camtoken.Token;
import java.time.Duration;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.openqa.selenium.By;
import org.openqa.selenium.WebElement;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeOptions;

@CamtokenTest
class TransferTest {
    private Bank bank;
    private ChromeDriver browser;

    @BeforeEach
    void begin(Camtoken camtoken, Token token) throws Exception {
        bank = new Bank(camtoken.url());
        bank.activations.put("TANAKA", camtoken.verifier().enroll(token, "1234567890", "TANAKA"));
        ChromeOptions options = new ChromeOptions().addArguments("--headless=new", "--no-sandbox");
        if (System.getenv("CHROMIUM") != null) {
            options.setBinary(System.getenv("CHROMIUM"));
        }
        browser = new ChromeDriver(options);
        // A click may return before the next page is there.
        browser.manage().timeouts().implicitlyWait(Duration.ofSeconds(5));
    }

    @AfterEach
    void end() {
        browser.quit();
        bank.close();
    }

    @Test
    void aTransferIsWhatTheTokenShows(Camtoken camtoken, Token token) {
        browser.get(bank.url() + "/transfer");
        type("customer", "TANAKA");
        type("payee", "ミホン ショウジ(カ");
        type("amount", "1250000");
        browser.findElement(By.tagName("button")).click();

        WebElement code = browser.findElement(By.id("code"));
        camtoken.assertScannable(code, "B");
        Scan scan = token.scan(code);
        scan.assertShows(Map.of("payee", "ミホン ショウジ(カ", "amount", "¥1,250,000"));

        type("response", scan.response());
        browser.findElement(By.tagName("button")).click();
        assertTrue(browser.findElement(By.cssSelector("[role=status]")).getText().contains("transferred"));
    }

    private void type(String name, String text) {
        browser.findElement(By.name(name)).sendKeys(text);
    }
}
