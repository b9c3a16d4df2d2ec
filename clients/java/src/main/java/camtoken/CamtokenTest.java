package camtoken;

import java.lang.annotation.ElementType;
import java.lang.annotation.Inherited;
import java.lang.annotation.Retention;
import java.lang.annotation.RetentionPolicy;
import java.lang.annotation.Target;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Gives tests a token: as a parameter, ask for a {@link Token}, its {@link Session} or {@link Clock}, the {@link Verifier}, or the {@link
 * Camtoken} service itself.
 *
 * <p>The service is one for the whole run. A session with its token is one for each test; or one for the class, where a method that runs before
 * all tests ({@code @BeforeAll}) asks for it. On a method the annotation says how the token of this test is made.
 */
@Target({ElementType.TYPE, ElementType.METHOD})
@Retention(RetentionPolicy.RUNTIME)
@Inherited
@ExtendWith(CamtokenExtension.class)
public @interface CamtokenTest {
    /** What the token speaks: {@code en} or {@code ja}; without it, what is usual for its profile. */
    String lang() default "";

    /** A moment at which the clock stands, such as {@code 2026-11-24T09:00:00Z}; without it the clock is the system's. */
    String clock() default "";

    /** Makes keys and numbers the same in every run. */
    String seed() default "";

    /** The token ID. */
    String id() default "";

    /** {@code auto}: a scan is approved at once; {@code step}: the test presses the buttons. */
    String confirm() default "auto";

    /** 5 to 8 digits, which the token asks for. */
    String pin() default "";

    /** {@code standard} or {@code japan}. */
    String profile() default "standard";

    /** How many users it takes, 1 to 8. */
    int slots() default 8;
}
