package camtoken;

import com.google.gson.Gson;
import com.google.gson.GsonBuilder;
import com.google.gson.JsonDeserializer;
import com.google.gson.JsonElement;
import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.time.Instant;
import java.util.Map;

/** Documents of the service. */
final class Json {
    private static final Gson GSON =
            new GsonBuilder()
                    .disableHtmlEscaping()
                    .registerTypeAdapter(Instant.class, (JsonDeserializer<Instant>) (json, type, context) -> Instant.parse(json.getAsString()))
                    .create();

    private Json() {}

    static JsonObject object(byte[] text) {
        return JsonParser.parseString(Http.text(text)).getAsJsonObject();
    }

    static <T> T read(byte[] text, Class<T> type) {
        return GSON.fromJson(Http.text(text), type);
    }

    static <T> T read(JsonElement json, Class<T> type) {
        return GSON.fromJson(json, type);
    }

    /** What is null is left out. */
    static byte[] write(Map<String, ?> document) {
        return GSON.toJson(document).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }

    static byte[] write(Object document) {
        return GSON.toJson(document).getBytes(java.nio.charset.StandardCharsets.UTF_8);
    }
}
