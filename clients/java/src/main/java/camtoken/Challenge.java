package camtoken;

import com.google.gson.JsonObject;
import java.time.Instant;

/** A challenge that was issued. */
public final class Challenge {
    private final Http http;
    private final JsonObject document;

    Challenge(Http http, JsonObject document) {
        this.http = http;
        this.document = document;
    }

    /** As the verifier names it. */
    public String id() {
        return document.get("id").getAsString();
    }

    /** From then on no response is accepted. */
    public Instant expiresAt() {
        return Instant.parse(document.get("expiresAt").getAsString());
    }

    /** The text that the 2D code carries. */
    public String code() {
        return picture("text");
    }

    /** The code as a picture. */
    public byte[] png() {
        return http.get(picture("png"));
    }

    /** The code as a drawing. */
    public String svg() {
        return Http.text(http.get(picture("svg")));
    }

    private String picture(String form) {
        return document.getAsJsonObject("code").get(form).getAsString();
    }
}
