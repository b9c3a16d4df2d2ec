package camtoken;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.Test;

@CamtokenTest
class KanaTest {
    @Test
    void kanaBecomeFullWidth() {
        assertEquals("ヤマダ タロウ", Kana.toFullWidth("ﾔﾏﾀﾞ ﾀﾛｳ"));
        assertEquals("ABC 123(カ", Kana.toFullWidth("ＡＢＣ　１２３（ｶ"));
    }

    @Test
    void whatTheVerifierSignsIsAlikeWhatWasTyped(Camtoken camtoken, Token token) {
        String activation = camtoken.verifier().enroll(token, "1234567890", "TANAKA");
        for (String typed : List.of("ミホン ショウジ(カ", "みほん　しょうじ（カ", "ヴァイオリンコウボウ", "スーパー－ストア", "Acme ab-12", "ヷヰヱヵヶ", "ハ゛ス ｶﾞｽ", "ｼｬﾁｮｳ")) {
            Scan scan = token.scan(camtoken.verifier().issue(activation, "transfer", Given.transfer("payee", typed)).code());
            String signed = scan.fields().get("payee").value();
            assertTrue(Kana.alike(signed, typed), signed + " of " + typed);
            scan.assertShows(java.util.Map.of("payee", typed));
        }
    }

    @Test
    void whatDiffersIsNotAlike() {
        assertFalse(Kana.alike("ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ", "ミホン シヨウシ(カ"));
        assertFalse(Kana.alike("ﾔﾏﾀﾞ", "ヤマタ"));
        assertFalse(Kana.alike("Rent of May", "rent of may"));
        assertFalse(Kana.alike("¥1,250,000", "1,250,000"));
    }
}
