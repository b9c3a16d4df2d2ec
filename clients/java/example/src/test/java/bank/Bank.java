package bank;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import com.sun.net.httpserver.HttpExchange;
import com.sun.net.httpserver.HttpServer;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.net.URLDecoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A tiny bank. It asks the verifier for a code, shows it, and has the typed answer settled: what it then executes is what the verdict says that
 * the customer saw.
 */
final class Bank implements AutoCloseable {
    /** The activation of each customer's token. A bank has a database. */
    final Map<String, String> activations = new ConcurrentHashMap<>();

    private final String verifier;
    private final HttpClient client = HttpClient.newHttpClient();
    private final HttpServer server;

    Bank(String verifier) throws IOException {
        this.verifier = verifier;
        server = HttpServer.create(new InetSocketAddress("127.0.0.1", 0), 0);
        server.createContext("/", this::answer);
        server.start();
    }

    String url() {
        return "http://127.0.0.1:" + server.getAddress().getPort();
    }

    @Override
    public void close() {
        server.stop(0);
    }

    private void answer(HttpExchange exchange) throws IOException {
        String path = exchange.getRequestURI().getPath();
        byte[] content;
        if (path.endsWith(".png")) {
            exchange.getResponseHeaders().set("Content-Type", "image/png");
            content = ask("GET", path, null);
        } else {
            Map<String, String> form = form(new String(exchange.getRequestBody().readAllBytes(), StandardCharsets.UTF_8));
            exchange.getResponseHeaders().set("Content-Type", "text/html; charset=utf-8");
            content = page(path, form).getBytes(StandardCharsets.UTF_8);
        }
        exchange.sendResponseHeaders(200, content.length);
        exchange.getResponseBody().write(content);
        exchange.close();
    }

    private String page(String path, Map<String, String> form) {
        if (form.containsKey("response")) {
            return settled(form.get("challenge"), form.get("response"));
        }
        if (form.containsKey("payee")) {
            return confirmation(form.get("customer"), form.get("payee"), form.get("amount"));
        }
        return html("Transfer", send("/transfer", field("customer") + field("payee") + field("amount")));
    }

    private String confirmation(String customer, String payee, String amount) {
        JsonObject fields = new JsonObject();
        Map.of("bankCode", "0001", "bankName", "カクウ", "branchCode", "001", "branchName", "ホンテン", "accountType", "ordinary", "account", "0012345",
                        "payee", payee, "amount", amount, "date", "2026-11-24")
                .forEach(fields::addProperty);
        JsonObject wanted = new JsonObject();
        wanted.addProperty("activation", activations.get(customer));
        wanted.addProperty("operation", "transfer");
        wanted.add("fields", fields);
        JsonObject challenge = json(ask("POST", "/v1/challenges", wanted));
        String code = challenge.getAsJsonObject("code").get("png").getAsString();
        String hidden = "<input type='hidden' name='challenge' value='" + challenge.get("id").getAsString() + "'>";
        return html("Confirm", "<img id='code' width='240' src='" + code + "' alt='Code for your token'>" + send("/confirm", hidden + field("response")));
    }

    private String settled(String challenge, String response) {
        JsonObject answer = new JsonObject();
        answer.addProperty("response", response);
        JsonObject verdict = json(ask("POST", "/v1/challenges/" + challenge + "/verify", answer));
        if (!verdict.get("result").getAsString().equals("accepted")) {
            return html("Not transferred", "<p role='status'>Nothing was transferred.</p>");
        }
        JsonObject signed = verdict.getAsJsonObject("transaction").getAsJsonObject("fields");
        String said = "¥" + signed.get("amount").getAsString() + " to " + signed.get("payee").getAsString() + ": transferred.";
        return html("Transferred", "<p role='status'>" + said.replace("&", "&amp;").replace("<", "&lt;") + "</p>");
    }

    private byte[] ask(String method, String path, JsonObject document) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(verifier + path)).header("Idempotency-Key", UUID.randomUUID().toString());
        request.header("Content-Type", "application/json");
        request.method(method, document == null ? BodyPublishers.noBody() : BodyPublishers.ofString(document.toString()));
        try {
            return client.send(request.build(), BodyHandlers.ofByteArray()).body();
        } catch (IOException | InterruptedException error) {
            throw new IllegalStateException(error);
        }
    }

    private static JsonObject json(byte[] text) {
        return JsonParser.parseString(new String(text, StandardCharsets.UTF_8)).getAsJsonObject();
    }

    private static Map<String, String> form(String body) {
        Map<String, String> form = new HashMap<>();
        for (String pair : body.split("&")) {
            String[] parts = pair.split("=", 2);
            if (parts.length == 2) {
                form.put(parts[0], URLDecoder.decode(parts[1], StandardCharsets.UTF_8));
            }
        }
        return form;
    }

    private static String html(String title, String content) {
        return "<!doctype html><html lang='en'><meta charset='utf-8'><title>" + title + "</title><body style='margin: 2rem'><h1>" + title + "</h1>" + content;
    }

    private static String send(String action, String content) {
        return "<form method='post' action='" + action + "'>" + content + "<button>Next</button></form>";
    }

    private static String field(String name) {
        return "<label>" + name + " <input name='" + name + "' required></label>";
    }
}
