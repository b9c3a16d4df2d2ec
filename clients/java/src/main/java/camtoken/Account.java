package camtoken;

/**
 * An account of another system on the token, such as an authenticator app holds.
 *
 * @param issuer who issued it; empty where the code did not say
 * @param user whose it is
 * @param kind {@code otp}, {@code ocra}, {@code tiqr}, {@code linotp} or {@code powerauth}
 * @param pin whether it answers with a PIN only
 * @param blocked whether its server has blocked it
 */
public record Account(String issuer, String user, String kind, boolean pin, boolean blocked) {}
