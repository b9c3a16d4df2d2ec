/*
 * OCRA by RFC 6287 in Java, for `camtoken conform`; with nothing but the JDK (17 or later), and without a build:
 *
 *     camtoken conform --cmd 'java testvectors/adapters/Rfc6287.java' testvectors/ocra_rfc6287_test.json testvectors/ocra_random_test.json
 *
 * Written from the text of the RFC, sections 5 and 6, with its errata; it has none of the code of its appendix A.
 */

import java.io.BufferedReader;
import java.io.ByteArrayOutputStream;
import java.io.InputStreamReader;
import java.io.PrintStream;
import java.math.BigInteger;
import java.nio.charset.StandardCharsets;
import java.security.GeneralSecurityException;
import java.security.MessageDigest;
import java.util.HexFormat;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.crypto.Mac;
import javax.crypto.spec.SecretKeySpec;

class Rfc6287 {
    /** What the standard has no response for. */
    static class Refused extends Exception {
        Refused(String why) {
            super(why);
        }
    }

    // --- Section 6: the suite

    static final Pattern SUITE = Pattern.compile(
            "OCRA-1:HOTP-(SHA1|SHA256|SHA512)-(0|[4-9]|10):"
                    + "(C-)?Q(?:([ANH])(0[4-9]|[1-5][0-9]|6[0-4]|[4-9]))?"
                    + "(-P(SHA1|SHA256|SHA512)?)?(-S([0-9]{3})?)?"
                    + "(-T(?:(?:[1-9]|[1-5][0-9])[SM]|(?:[1-9]|[1-3][0-9]|4[0-8])H)?)?");

    record Suite(String text, String hash, int digits, boolean counter, char kind, int length, String pin, Integer session, boolean time) {
        static Suite of(String text) throws Refused {
            Matcher found = SUITE.matcher(text);
            if (!found.matches()) {
                throw new Refused("not of the grammar");
            }
            char kind = found.group(4) == null ? 'N' : found.group(4).charAt(0);
            int length = found.group(5) == null ? 8 : Integer.parseInt(found.group(5));
            String pin = found.group(6) == null ? null : found.group(7) == null ? "SHA1" : found.group(7);
            Integer session = found.group(8) == null ? null : found.group(9) == null ? 64 : Integer.valueOf(found.group(9));
            if (session != null && (session < 1 || session > 512)) {
                throw new Refused("session length");
            }
            int digits = Integer.parseInt(found.group(2));
            return new Suite(text, found.group(1), digits, found.group(3) != null, kind, length, pin, session, found.group(10) != null);
        }
    }

    // --- Section 5: the data input and the response

    static String respond(Map<String, Object> given) throws Refused, GeneralSecurityException {
        Suite suite = Suite.of((String) given.get("suite"));
        given = new LinkedHashMap<>(given);
        if (given.get("pin") instanceof String pin) {
            byte[] hashed = digest(suite.pin() == null ? "SHA1" : suite.pin()).digest(pin.getBytes(StandardCharsets.UTF_8));
            given.put("pinHash", HexFormat.of().formatHex(hashed));
        }
        require(suite.counter(), given, "counter");
        require(suite.pin() != null, given, "pinHash");
        require(suite.session() != null, given, "session");
        require(suite.time(), given, "timeSteps");
        ByteArrayOutputStream input = new ByteArrayOutputStream();
        input.writeBytes(suite.text().getBytes(StandardCharsets.US_ASCII));
        input.write(0);
        if (suite.counter()) {
            input.writeBytes(left(number(given.get("counter")), 8));
        }
        input.writeBytes(question(suite, (String) given.get("question")));
        if (suite.pin() != null) {
            byte[] hash = bytes(given.get("pinHash"));
            if (hash.length != digest(suite.pin()).getDigestLength()) {
                throw new Refused("pinHash");
            }
            input.writeBytes(hash);
        }
        if (suite.session() != null) {
            byte[] session = bytes(given.get("session"));
            if (session.length > suite.session()) {
                throw new Refused("session");
            }
            input.writeBytes(left(session, suite.session()));
        }
        if (suite.time()) {
            input.writeBytes(left(number(given.get("timeSteps")), 8));
        }
        Mac mac = Mac.getInstance("Hmac" + suite.hash());
        mac.init(new SecretKeySpec(bytes(given.get("key")), "RAW"));
        byte[] value = mac.doFinal(input.toByteArray());
        if (suite.digits() == 0) {
            return HexFormat.of().formatHex(value);
        }
        int offset = value[value.length - 1] & 15;
        int number = 0;
        for (int place = 0; place < 4; place++) {
            number = number << 8 | value[offset + place] & 255;
        }
        String digits = String.format("%010d", number & 0x7fffffff);
        return digits.substring(10 - suite.digits());
    }

    /** 128 bytes: characters, or the number in hexadecimal digits; filled with zeros on the right. Two questions stand joined. */
    static byte[] question(Suite suite, String text) throws Refused {
        String alphabet = switch (suite.kind()) {
            case 'A' -> "[0-9A-Za-z]+";
            case 'N' -> "[0-9]+";
            default -> "[0-9A-Fa-f]+";
        };
        if (!text.matches(alphabet) || text.length() > 2 * suite.length()) {
            throw new Refused("question");
        }
        byte[] whole = new byte[128];
        if (suite.kind() == 'A') {
            byte[] characters = text.getBytes(StandardCharsets.US_ASCII);
            System.arraycopy(characters, 0, whole, 0, characters.length);
            return whole;
        }
        String digits = suite.kind() == 'N' ? new BigInteger(text).toString(16) : text;
        byte[] start = HexFormat.of().parseHex(digits.length() % 2 == 0 ? digits : digits + "0");
        System.arraycopy(start, 0, whole, 0, start.length);
        return whole;
    }

    static void require(boolean wanted, Map<String, Object> given, String name) throws Refused {
        if (wanted != given.containsKey(name)) {
            throw new Refused(name + (wanted ? " is missing" : " is superfluous"));
        }
    }

    static byte[] left(byte[] value, int length) {
        byte[] filled = new byte[length];
        System.arraycopy(value, 0, filled, length - value.length, value.length);
        return filled;
    }

    static byte[] number(Object value) {
        byte[] bytes = ((BigInteger) value).toByteArray();
        return bytes.length > 8 ? java.util.Arrays.copyOfRange(bytes, bytes.length - 8, bytes.length) : bytes;
    }

    static byte[] bytes(Object digits) throws Refused {
        try {
            return HexFormat.of().parseHex((String) digits);
        } catch (IllegalArgumentException error) {
            throw new Refused("not hexadecimal");
        }
    }

    static MessageDigest digest(String name) throws GeneralSecurityException {
        return MessageDigest.getInstance(name.replace("SHA", "SHA-"));
    }

    // --- The protocol: docs/CONFORMANCE.md

    static String answer(Map<String, Object> question) {
        String ask = (String) question.get("ask");
        if (ask.equals("hello")) {
            return "\"protocol\":1,\"name\":\"RFC 6287 in Java\",\"version\":\"1\",\"compute\":[\"OcraSuite\",\"OcraRespond\"],\"check\":[\"OcraRespond\"]";
        }
        if (!(question.get("given") instanceof Map<?, ?> object)) {
            return "\"unsupported\":" + quoted(ask);
        }
        Map<String, Object> given = new LinkedHashMap<>();
        object.forEach((name, value) -> given.put((String) name, value));
        try {
            switch (ask + " " + question.get("type")) {
                case "compute OcraSuite":
                    Suite.of((String) given.get("suite"));
                    return "\"values\":{}";
                case "compute OcraRespond":
                    return "\"values\":{\"response\":" + quoted(respond(given)) + "}";
                case "check OcraRespond":
                    String typed = (String) given.remove("response");
                    String right = respond(given);
                    boolean whole = right.length() > 10;
                    return "\"valid\":" + (whole ? right.equalsIgnoreCase(typed) : right.equals(typed));
                default:
                    return "\"unsupported\":" + quoted(ask + " " + question.get("type"));
            }
        } catch (Refused refused) {
            return ask.equals("check") ? "\"valid\":false" : "\"refused\":{\"why\":" + quoted(refused.getMessage()) + "}";
        } catch (GeneralSecurityException | RuntimeException error) {
            return "\"error\":" + quoted(error.toString());
        }
    }

    public static void main(String[] arguments) throws java.io.IOException {
        PrintStream out = new PrintStream(System.out, true, StandardCharsets.UTF_8);
        BufferedReader in = new BufferedReader(new InputStreamReader(System.in, StandardCharsets.UTF_8));
        for (String line = in.readLine(); line != null; line = in.readLine()) {
            Map<String, Object> question = new Json(line).object();
            out.println("{\"id\":" + question.get("id") + "," + answer(question) + "}");
        }
    }

    static String quoted(String text) {
        StringBuilder quoted = new StringBuilder("\"");
        for (char character : text.toCharArray()) {
            boolean plain = character >= ' ' && character < 127 && character != '"' && character != '\\';
            quoted.append(plain ? String.valueOf(character) : String.format("\\u%04x", (int) character));
        }
        return quoted.append('"').toString();
    }

    /** As much of JSON as the questions have. */
    static class Json {
        final String text;
        int at;

        Json(String text) {
            this.text = text;
        }

        Map<String, Object> object() {
            Map<String, Object> members = new LinkedHashMap<>();
            take('{');
            while (peek() != '}') {
                String name = string();
                take(':');
                members.put(name, value());
                if (peek() == ',') {
                    at++;
                }
            }
            take('}');
            return members;
        }

        Object value() {
            char next = peek();
            if (next == '{') {
                return object();
            }
            if (next == '"') {
                return string();
            }
            int begin = at;
            while (at < text.length() && ",}] ".indexOf(text.charAt(at)) < 0) {
                at++;
            }
            String word = text.substring(begin, at);
            return word.matches("[0-9]+") ? new BigInteger(word) : word;
        }

        String string() {
            take('"');
            StringBuilder out = new StringBuilder();
            for (char next = text.charAt(at++); next != '"'; next = text.charAt(at++)) {
                if (next != '\\') {
                    out.append(next);
                    continue;
                }
                char escaped = text.charAt(at++);
                switch (escaped) {
                    case 'u' -> {
                        out.append((char) Integer.parseInt(text.substring(at, at + 4), 16));
                        at += 4;
                    }
                    case 'n' -> out.append('\n');
                    case 't' -> out.append('\t');
                    case 'r' -> out.append('\r');
                    case 'b' -> out.append('\b');
                    case 'f' -> out.append('\f');
                    default -> out.append(escaped);
                }
            }
            return out.toString();
        }

        char peek() {
            while (text.charAt(at) == ' ') {
                at++;
            }
            return text.charAt(at);
        }

        void take(char expected) {
            if (peek() != expected) {
                throw new IllegalArgumentException("expected " + expected + " at " + at);
            }
            at++;
        }
    }
}
