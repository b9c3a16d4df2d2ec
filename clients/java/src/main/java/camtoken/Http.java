package camtoken;

import com.google.gson.JsonObject;
import java.io.IOException;
import java.net.URI;
import java.net.URLEncoder;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.Collectors;

/** Requests to the service. What goes wrong says what to do about it. */
final class Http {
    /** A full service asks to come again in a moment, and has done nothing. */
    private static final String FULL = "CT-E107";

    private static final int TRIES = 5;

    final String url;
    private final String apiKey;
    // Not the surroundings' proxy: the service is on this machine, or was named.
    private final HttpClient client = HttpClient.newBuilder().proxy(HttpClient.Builder.NO_PROXY).build();

    Http(String url, String apiKey) {
        this.url = address(url);
        this.apiKey = apiKey;
    }

    byte[] get(String path) {
        return call("GET", path, null, Map.of());
    }

    JsonObject object(String method, String path, byte[] body, String... headers) {
        return Json.object(send(method, path, body, headers));
    }

    byte[] send(String method, String path, byte[] body, String... headers) {
        return call(method, path, body, json(body, headers));
    }

    /** Sends a picture, or the text of a code. */
    JsonObject picture(String path, byte[] body) {
        return Json.object(call("POST", path, body, Map.of("Content-Type", "application/octet-stream")));
    }

    /** A path with a query; what is null is left out. */
    static String query(String path, Map<String, ?> query) {
        String rest =
                new TreeMap<>(query)
                        .entrySet().stream()
                                .map(entry -> entry.getKey() + "=" + URLEncoder.encode(String.valueOf(entry.getValue()), StandardCharsets.UTF_8))
                                .collect(Collectors.joining("&"));
        return rest.isEmpty() ? path : path + "?" + rest;
    }

    static String text(byte[] bytes) {
        return new String(bytes, StandardCharsets.UTF_8);
    }

    private static Map<String, String> json(byte[] body, String... headers) {
        Map<String, String> all = new TreeMap<>(body == null ? Map.of() : Map.of("Content-Type", "application/json"));
        for (int i = 0; i < headers.length; i += 2) {
            all.put(headers[i], headers[i + 1]);
        }
        return all;
    }

    private byte[] call(String method, String path, byte[] body, Map<String, String> headers) {
        HttpRequest.Builder request = HttpRequest.newBuilder(URI.create(url + path)).timeout(Duration.ofSeconds(90));
        headers.forEach(request::header);
        request.header("Accept-Language", "en");
        if (apiKey != null) {
            request.header("Authorization", "Bearer " + apiKey);
        }
        request.method(method, body == null ? BodyPublishers.noBody() : BodyPublishers.ofByteArray(body));
        for (int tries = 1; ; tries++) {
            HttpResponse<byte[]> answer = exchange(request.build());
            if (answer.statusCode() < 300) {
                return answer.body();
            }
            CamtokenException failure = told(method, path, answer);
            if (!failure.code().equals(java.util.Optional.of(FULL)) || tries == TRIES) {
                throw failure;
            }
            Wait.millis(100L << tries);
        }
    }

    private HttpResponse<byte[]> exchange(HttpRequest request) {
        try {
            return client.send(request, BodyHandlers.ofByteArray());
        } catch (IOException error) {
            String why = error.getMessage() == null ? "no connection" : error.getMessage();
            String hint = "Is the service running? Without CAMTOKEN_URL the tests start their own.";
            throw new CamtokenException(url + " does not answer: " + why + "\n  hint  " + hint, error);
        } catch (InterruptedException error) {
            throw Wait.interrupted(error);
        }
    }

    private static CamtokenException told(String method, String path, HttpResponse<byte[]> answer) {
        String call = method + " " + path.replaceFirst("\\?.*", "");
        String kind = answer.headers().firstValue("content-type").orElse("");
        if (!kind.startsWith("application/problem+json")) {
            return new CamtokenException(call + " was answered " + answer.statusCode() + "\n  hint  Is it camtoken that answers there?");
        }
        Problem problem = Json.read(answer.body(), Problem.class);
        String detail = problem.detail == null ? "" : ": " + problem.detail;
        String lines =
                String.join(
                        "\n",
                        "error[" + problem.code + "]: " + problem.title + detail,
                        "  call  " + call + " (" + answer.statusCode() + ")",
                        "  hint  " + problem.hint,
                        "  docs  " + problem.docs);
        return new CamtokenException(lines, problem.code, null);
    }

    /** An address with its scheme and without a slash at the end. */
    private static String address(String url) {
        if (url.matches("https?://[^/].*")) {
            return url.replaceFirst("/+$", "");
        }
        String rest = url.replaceFirst("^(?:https?:)?/*", "");
        String meant = "http://" + (rest.isEmpty() ? "127.0.0.1:4870" : rest);
        throw new CamtokenException(
                "'" + url + "' is no address of a service\n  hint  It begins with http:// or https://, such as " + meant
                        + " (CAMTOKEN_URL, or the property camtoken.url).");
    }

    private record Problem(String title, String hint, String docs, String code, String detail) {}
}
