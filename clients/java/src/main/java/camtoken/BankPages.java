package camtoken;

import java.util.function.Consumer;
import java.util.function.Supplier;

/**
 * A bank's pages for a registration, however they look.
 *
 * @param firstCode where the first code is: anything that {@link Token#scan} takes
 * @param enterDeviceCode types the token's answer to it, and goes on
 * @param secondCode where the second code is
 * @param enterResponse types the token's response, and waits until the bank has confirmed
 */
public record BankPages(
        Supplier<?> firstCode, Consumer<String> enterDeviceCode, Supplier<?> secondCode, Consumer<String> enterResponse) {}
