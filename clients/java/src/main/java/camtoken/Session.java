package camtoken;

import com.google.gson.JsonParseException;
import com.google.gson.JsonParser;
import java.nio.charset.StandardCharsets;

/** Tokens that share a clock. */
public final class Session implements AutoCloseable {
    private final Http http;
    private final String path;
    private final Clock clock;

    Session(Http http, String path) {
        this.http = http;
        this.path = path;
        this.clock = new Clock(http, path);
    }

    /** Its clock. */
    public Clock clock() {
        return clock;
    }

    /** Makes a token. */
    public Token token() {
        return token(TokenOptions.usual());
    }

    /** Makes a token in another way. */
    public Token token(TokenOptions options) {
        String id = http.object("POST", path + "/tokens", Json.write(options.wire())).get("id").getAsString();
        return new Token(http, path + "/tokens/" + id, id, clock);
    }

    /** Brings a test token back with its registrations: what {@link Token#state} gave, or a file of {@code camtoken token export}. */
    public Token restore(String state) {
        String id;
        try {
            id = JsonParser.parseString(state).getAsJsonObject().get("id").getAsString();
        } catch (JsonParseException | IllegalStateException | NullPointerException error) {
            throw new CamtokenException("this is no test token\n  hint  `camtoken token export NAME` and token.state() give one.", error);
        }
        http.send("PUT", path + "/tokens/" + id + "/state", state.getBytes(StandardCharsets.UTF_8));
        return new Token(http, path + "/tokens/" + id, id, clock);
    }

    /** Ends it with all that is in it. */
    @Override
    public void close() {
        http.send("DELETE", path, null);
    }
}
