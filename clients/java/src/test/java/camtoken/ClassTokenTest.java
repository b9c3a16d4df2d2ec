package camtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertSame;

import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Nested;
import org.junit.jupiter.api.RepeatedTest;

/** A token that a method before all tests has asked for is that of the class; else each test has its own. */
@CamtokenTest
class ClassTokenTest {
    private static String last = "";

    @RepeatedTest(2)
    void eachTestHasItsOwn(Token token, Session session, Clock clock) {
        assertNotEquals(last, token.id());
        last = token.id();
        assertSame(session.clock(), clock);
    }

    @Nested
    @CamtokenTest
    class OfTheClass {
        private static String first;

        @BeforeAll
        static void before(Token token) {
            first = token.id();
        }

        @RepeatedTest(2)
        void allTestsHaveTheSame(Token token) {
            assertEquals(first, token.id());
        }
    }
}
