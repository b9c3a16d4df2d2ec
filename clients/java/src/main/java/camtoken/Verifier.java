package camtoken;

import com.google.gson.JsonObject;
import java.nio.charset.StandardCharsets;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.UUID;

/** The verifier behind the service: for banks' back ends in tests, and to prepare what a test needs. */
public final class Verifier {
    private static final String KEY = "Idempotency-Key";
    private final Http http;

    Verifier(Http http) {
        this.http = http;
    }

    /** Registers a test token with the verifier, as a bank does before it hands one out. */
    public void addToken(Token token) {
        http.send("POST", "/v1/tokens", token.state().getBytes(StandardCharsets.UTF_8));
    }

    /** Registers a test token with the verifier, and a user on it by both codes. Gives the activation. */
    public String enroll(Token token, String contract, String user) {
        addToken(token);
        Map<String, String> subscriber = Map.of("tokenId", token.id(), "contract", contract, "user", user);
        JsonObject begun = http.object("POST", "/v1/enrollments", Json.write(subscriber), KEY, UUID.randomUUID().toString());
        String activation = begun.get("id").getAsString();
        String[] second = {""};
        token.register(
                new BankPages(
                        () -> begun.getAsJsonObject("code1").get("text").getAsString(),
                        digits -> second[0] = post(activation, "device-code", "deviceCode", digits).getAsJsonObject("code2").get("text").getAsString(),
                        () -> second[0],
                        digits -> post(activation, "confirm", "response", digits)));
        return activation;
    }

    /** Puts a transaction to an activation; the challenge before it is superseded. */
    public Challenge issue(String activation, String operation, Map<String, ?> fields) {
        return issue(activation, operation, fields, null);
    }

    /** The same for so long a time. */
    public Challenge issue(String activation, String operation, Map<String, ?> fields, Duration ttl) {
        Map<String, Object> document = new HashMap<>(Map.of("activation", activation, "operation", operation, "fields", fields));
        if (ttl != null) {
            document.put("ttl", Allowed.wire(ttl));
        }
        return new Challenge(http, http.object("POST", "/v1/challenges", Json.write(document), KEY, UUID.randomUUID().toString()));
    }

    /** Settles a response. */
    public Verdict verify(Challenge challenge, String response) {
        return verify(challenge.id(), response, UUID.randomUUID().toString());
    }

    /** Settles a response to the challenge of this name. The same {@code attempt} gets the same answer. */
    public Verdict verify(String challenge, String response, String attempt) {
        byte[] answer = http.send("POST", "/v1/challenges/" + challenge + "/verify", Json.write(Map.of("response", response)), KEY, attempt);
        return Json.read(answer, Verdict.class);
    }

    /** Suspends an activation: nothing is accepted from it until it is resumed. */
    public void suspend(String activation) {
        http.send("POST", "/v1/activations/" + activation + "/suspend", null);
    }

    /** Resumes a suspended activation. */
    public void resume(String activation) {
        http.send("POST", "/v1/activations/" + activation + "/resume", null);
    }

    /** Revokes an activation for good. */
    public void revoke(String activation) {
        http.send("POST", "/v1/activations/" + activation + "/revoke", null);
    }

    private JsonObject post(String activation, String step, String name, String digits) {
        JsonObject answer = http.object("POST", "/v1/enrollments/" + activation + "/" + step, Json.write(Map.of(name, digits)));
        if (answer.get("result").getAsString().equals("accepted")) {
            return answer;
        }
        throw new CamtokenException("the registration was refused at " + step + ": " + answer);
    }
}
