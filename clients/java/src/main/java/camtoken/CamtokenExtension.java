package camtoken;

import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.extension.ExtensionContext;
import org.junit.jupiter.api.extension.ExtensionContext.Namespace;
import org.junit.jupiter.api.extension.ExtensionContext.Store.CloseableResource;
import org.junit.jupiter.api.extension.ParameterContext;
import org.junit.jupiter.api.extension.ParameterResolver;
import org.junit.jupiter.api.extension.TestExecutionExceptionHandler;
import org.junit.platform.commons.support.AnnotationSupport;

/** The extension behind {@link CamtokenTest}. */
public final class CamtokenExtension implements ParameterResolver, TestExecutionExceptionHandler {
    private static final Namespace NAMESPACE = Namespace.create(CamtokenExtension.class);

    /** For JUnit. */
    public CamtokenExtension() {}

    @Override
    public boolean supportsParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        return type == Token.class || type == Session.class || type == Clock.class || type == Verifier.class || type == Camtoken.class;
    }

    @Override
    public Object resolveParameter(ParameterContext parameter, ExtensionContext context) {
        Class<?> type = parameter.getParameter().getType();
        if (type == Camtoken.class) {
            return service(context).camtoken;
        }
        if (type == Verifier.class) {
            return service(context).camtoken.verifier();
        }
        Given given = given(context);
        return type == Token.class ? given.token : type == Session.class ? given.session : given.session.clock();
    }

    /** What the token showed last often says why a test has failed. */
    @Override
    public void handleTestExecutionException(ExtensionContext context, Throwable error) throws Throwable {
        Given given = context.getStore(NAMESPACE).get(Given.class, Given.class);
        if (given != null) {
            try {
                Screen screen = given.token.screen();
                String text = screen.lit() ? screen.text() : "(dark)";
                context.publishReportEntry(Map.of("the token's screen", text));
                error.addSuppressed(new TokenScreen(text));
            } catch (CamtokenException gone) {
                // The failure is reported without it.
            }
        }
        throw error;
    }

    private static Service service(ExtensionContext context) {
        return context.getRoot().getStore(NAMESPACE).getOrComputeIfAbsent(Service.class, type -> new Service(Camtoken.start()), Service.class);
    }

    /** That of the class, if it has one; else one of this test. */
    private static Given given(ExtensionContext context) {
        return context.getStore(NAMESPACE).getOrComputeIfAbsent(Given.class, type -> make(context), Given.class);
    }

    private static Given make(ExtensionContext context) {
        CamtokenTest options = options(context).orElse(Usual.class.getAnnotation(CamtokenTest.class));
        String lang = options.lang().isEmpty() ? "en" : options.lang();
        Session session = service(context).camtoken.session(new SessionOptions(lang, clock(options), none(options.seed()), null));
        String profile = options.profile();
        return new Given(
                session,
                session.token(new TokenOptions(none(options.id()), none(options.lang()), options.confirm(), none(options.pin()), profile, options.slots())));
    }

    /** The annotation of the test, else of its class, else of the class around that. */
    private static Optional<CamtokenTest> options(ExtensionContext context) {
        return AnnotationSupport.findAnnotation(context.getElement(), CamtokenTest.class)
                .or(() -> context.getParent().flatMap(CamtokenExtension::options));
    }

    private static Instant clock(CamtokenTest options) {
        if (options.clock().isEmpty()) {
            return null;
        }
        try {
            return Instant.parse(options.clock());
        } catch (DateTimeParseException error) {
            throw new CamtokenException("'" + options.clock() + "' is no moment\n  hint  Such as '2026-11-24T09:00:00Z'.", error);
        }
    }

    private static String none(String text) {
        return text.isEmpty() ? null : text;
    }

    /** The annotation as it is without options. */
    @CamtokenTest
    private static final class Usual {}

    private record Service(Camtoken camtoken) implements CloseableResource {
        @Override
        public void close() {
            camtoken.close();
        }
    }

    private record Given(Session session, Token token) implements CloseableResource {
        @Override
        public void close() {
            session.close();
        }
    }

    /** In the report of a failure: what the token showed. */
    private static final class TokenScreen extends RuntimeException {
        private static final long serialVersionUID = 1L;

        TokenScreen(String text) {
            super("the token's screen\n" + text, null, false, false);
        }

        @Override
        public String toString() {
            return getMessage();
        }
    }
}
