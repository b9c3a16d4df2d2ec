package camtoken;

import static camtoken.Given.said;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.google.gson.JsonObject;
import com.google.gson.JsonParser;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.Test;

/** How tokens and sessions are made. */
class OptionsTest {
    private static List<String> made(Token token) {
        JsonObject state = JsonParser.parseString(token.state()).getAsJsonObject();
        // The usual profile is not named.
        return List.of(state.has("profile") ? state.get("profile").getAsString() : "standard", state.get("language").getAsString());
    }

    @Nested
    @CamtokenTest(profile = "japan")
    class OfAProfile {
        @Test
        void aTokenSpeaksWhatIsUsualForIt(Token token) {
            assertEquals(List.of("japan", "ja"), made(token));
        }

        @Test
        @CamtokenTest(profile = "japan", lang = "en")
        void aTokenSpeaksWhatTheTestSays(Token token) {
            assertEquals(List.of("japan", "en"), made(token));
        }

        @Nested
        class InsideOfIt {
            @Test
            void theAnnotationOfTheClassAroundItHolds(Token token) {
                assertEquals(List.of("japan", "ja"), made(token));
            }
        }
    }

    @Nested
    @CamtokenTest
    class Usually {
        @Test
        void aTokenSpeaksEnglish(Token token) {
            assertEquals(List.of("standard", "en"), made(token));
        }

        @Test
        void aSessionLivesAsLongAsItIsTold(Camtoken camtoken) {
            for (SessionOptions options : List.of(SessionOptions.usual().withTtl("24h"), SessionOptions.usual().withTtl(Duration.ofSeconds(1)))) {
                camtoken.session(options).close();
            }
            assertTrue(said(() -> camtoken.session(SessionOptions.usual().withTtl(Duration.ofDays(2)))).contains("ttl: 1s to 24h"));
            assertTrue(said(() -> SessionOptions.usual().withTtl("1 hour")).startsWith("'1 hour' is no span of time"));
        }
    }
}
