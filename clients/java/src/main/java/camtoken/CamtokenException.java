package camtoken;

import java.util.Optional;

/** Why something could not be done, and what to do about it. */
public final class CamtokenException extends RuntimeException {
    private static final long serialVersionUID = 1L;
    private final String code;

    CamtokenException(String message) {
        this(message, null, null);
    }

    CamtokenException(String message, Throwable cause) {
        this(message, null, cause);
    }

    CamtokenException(String message, String code, Throwable cause) {
        super(message, cause);
        this.code = code;
    }

    /** The stable code of the service's problem, such as {@code CT-E071}: {@code camtoken explain CODE} says more. */
    public Optional<String> code() {
        return Optional.ofNullable(code);
    }
}
