package camtoken;

/**
 * Who is registered on a token.
 *
 * @param slot the place on the token, from 1
 * @param id the activation, as the verifier names it
 * @param suite the OCRA suite
 * @param bank the bank's name
 * @param contract the contract number
 * @param user the user ID
 */
public record Activation(int slot, String id, String suite, String bank, String contract, String user) {}
