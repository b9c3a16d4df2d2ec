package camtoken;

import java.text.Normalizer;
import java.util.Locale;
import java.util.regex.Pattern;

/** Text as banks write it: kana of both widths, and what the verifier makes of them. */
public final class Kana {
    private static final String SMALL = "ァィゥェォッャュョヮヵヶヰヱ";
    private static final String LARGE = "アイウエオツヤユヨワカケイエ";
    private static final Pattern DASHES =
            Pattern.compile("[\u02d7\u2010-\u2015\u2043\u207b\u208b\u2212\u23af\u2500\u2501\u2796\u2e3a\u2e3b\u30fc\ufe58\ufe63]");

    /** All that a kana field of the verifier may hold, such as a payee. */
    private static final Pattern FIELD = Pattern.compile("[ '()+,\\-./0-9:?A-Z¥\\\\｢｣ｦｱ-ﾟ]*");

    private Kana() {}

    /**
     * Kana in full width, Latin letters and digits in half: {@code ﾔﾏﾀﾞ ﾀﾛｳ} becomes {@code ヤマダ タロウ}.
     *
     * <p>What the verifier signs has no small kana and no ー: of {@code ショウジ} it makes {@code ｼﾖｳｼﾞ}, which is {@code シヨウジ} here.
     * To compare with what was typed, use {@link #alike}.
     */
    public static String toFullWidth(String text) {
        // Marks that stand alone would become a space and a mark.
        return Normalizer.normalize(text.replace('\u309b', '\u3099').replace('\u309c', '\u309a'), Normalizer.Form.NFKC);
    }

    /**
     * Whether a text that was signed or shown equals what was typed, as the verifier folds it: both widths are alike, small
     * and large kana, ー and hyphens; and in a kana field, such as a payee, hiragana and katakana, lower and upper case, too.
     */
    public static boolean alike(String signed, String typed) {
        boolean isKana = FIELD.matcher(signed).matches();
        return folded(signed, isKana).equals(folded(typed, isKana));
    }

    private static String folded(String text, boolean isKana) {
        String wide = DASHES.matcher(toFullWidth(text)).replaceAll("-").replaceAll("[\\s\\h]", " ").strip();
        StringBuilder folded = new StringBuilder();
        for (char character : wide.toCharArray()) {
            char katakana = isKana && character >= 'ぁ' && character <= 'ゖ' ? (char) (character + 0x60) : character;
            int small = SMALL.indexOf(katakana);
            folded.append(small < 0 ? katakana : LARGE.charAt(small));
        }
        return isKana ? folded.toString().replace('\\', '¥').toUpperCase(Locale.ROOT) : folded.toString();
    }
}
