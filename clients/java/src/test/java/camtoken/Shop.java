package camtoken;

import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

/** A site with a sign-up for authenticator apps. It checks the password with javax.crypto, by RFC 6238 and the real time. */
final class Shop {
    /** The code of a sign-up with the key of RFC 6238, appendix B: otpauth://totp/ACME:alice, eight digits. Drawn by another program. */
    static final String CODE =
            "iVBORw0KGgoAAAANSUhEUgAAAMQAAADEAQAAAADo3bPGAAABtElEQVR42u2YQW4DUQhDUS/A/W/pG1CemaqrbKpayiJfUeZnRhoLMDY/NS+W6vPkPZ5UVZd699rdLm6MvurV+suTxen9dEu72a/nRgJngxgiUItfdyODsxcy58g6iLMgBOPyxOIZMDZpjggqZOpTx7LfFeIbyy+vOYIf4wP12c5ZCBkDfjuD/4+zzcqrm3RtFkehPqVx+oIgjSQvkjc3zlIMTpwWRXCEGhzAXjcuuU4BXjuOU1MQOoTjTFmsZZSaEN8oEPq5CHVAkT4lW0XfoKf0Umf4VkX3EE6xBSjCtyIaE9xON8eGhC9c/a9hkZ6Ujjp1bDBTiJ7xnxMFu84ziSRw0GoTra9KRBfhgecC907JU0jGf3i757e+DsLuIjioQRtPtlVcIqFvWxa3kSXBkhrSt/M6G6on0wrVx1NvPe5TKR1F0bBQm7cRNSFfKPeMYLiFJ8O3rhvgdJbXId+WBfoklEnBdUrNozhPl552Tc7XDgo1YD+h84Klx4rtg0nIt30S0TMoksLYubEfFzrHy/hC/xyybaZwO3ResLx50Onn3KgJnufG55IhcZpQ/3z+xXnTJ983lFYG9rlQuAAAAABJRU5ErkJggg==";

    private static final byte[] KEY = "12345678901234567890".getBytes(StandardCharsets.US_ASCII);

    private final HttpServer server;

    Shop() {
        try {
            server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        } catch (IOException error) {
            throw new AssertionError(error);
        }
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String form = new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8);
        String content =
                form.startsWith("password=")
                        ? "<p role=status>" + said(form.substring("password=".length())) + "</p>"
                        : "<img id=app-code src='data:image/png;base64," + CODE + "'><form method=post><input name=password><button>Turn on</button></form>";
        byte[] page = ("<!doctype html><body style='margin: 60px'>" + content).getBytes(StandardCharsets.UTF_8);
        exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
        exchange.sendResponseHeaders(200, page.length);
        exchange.getResponseBody().write(page);
        exchange.close();
    }

    /** The step of the real time, or the one before it: it may have been over while the password was typed. */
    private static String said(String password) {
        long now = System.currentTimeMillis() / 30_000;
        return password.equals(hotp(now)) || password.equals(hotp(now - 1)) ? "Two-factor login is on." : "The password is wrong.";
    }

    private static String hotp(long counter) {
        try {
            Mac mac = Mac.getInstance("HmacSHA1");
            mac.init(new SecretKeySpec(KEY, "HmacSHA1"));
            byte[] digest = mac.doFinal(ByteBuffer.allocate(8).putLong(counter).array());
            int number = ByteBuffer.wrap(digest).getInt(digest[19] & 15) & 0x7fff_ffff;
            return "%08d".formatted(number % 100_000_000);
        } catch (GeneralSecurityException error) {
            throw new AssertionError(error);
        }
    }
}
