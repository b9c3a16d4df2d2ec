package camtoken;

import java.util.HashMap;
import java.util.Map;
import org.openqa.selenium.chrome.ChromeDriver;
import org.openqa.selenium.chrome.ChromeOptions;

/** What tests begin with. */
final class Given {
    static final Map<String, Object> TRANSFER =
            Map.of(
                    "bankCode", "0001", "bankName", "カクウ", "branchCode", "001", "branchName", "ホンテン", "accountType", "ordinary", "account", "0012345",
                    "payee", "ミホン ショウジ(カ", "amount", 1250000, "date", "2026-11-24");

    private Given() {}

    static Map<String, Object> transfer(Object... changes) {
        Map<String, Object> fields = new HashMap<>(TRANSFER);
        for (int i = 0; i < changes.length; i += 2) {
            fields.put((String) changes[i], changes[i + 1]);
        }
        return fields;
    }

    static ChromeDriver browser() {
        ChromeOptions options = new ChromeOptions().addArguments("--headless=new", "--no-sandbox", "--window-size=900,700");
        if (System.getenv("CHROMIUM") != null) {
            options.setBinary(System.getenv("CHROMIUM"));
        }
        return new ChromeDriver(options);
    }

    /** What goes wrong, in words: without what differs from run to run. */
    static String said(Runnable failing) {
        try {
            failing.run();
        } catch (CamtokenException | AssertionError error) {
            return error.getMessage()
                    .replaceAll("(looked +)(once|\\d+ times in \\d+\\.\\d s)", "$1…")
                    .replaceAll("127\\.0\\.0\\.1:\\d{4,5}", "127.0.0.1:PORT")
                    .replaceAll("(saved +).*", "$1…");
        }
        throw new AssertionError("nothing failed");
    }
}
