/** Text as banks write it: kana of both widths, and what the verifier makes of them. */

const SMALL = 'ァィゥェォッャュョヮヵヶヰヱ';
const LARGE = 'アイウエオツヤユヨワカケイエ';
const DASHES = /[\u02d7\u2010-\u2015\u2043\u207b\u208b\u2212\u23af\u2500\u2501\u2796\u2e3a\u2e3b\u30fc\ufe58\ufe63]/g;
/** All that a kana field of the verifier may hold, such as a payee. */
const KANA_FIELD = /^[ '()+,\-./0-9:?A-Z¥\\｢｣ｦｱ-ﾟ]*$/;

/**
 * Kana in full width, Latin letters and digits in half: `ﾔﾏﾀﾞ ﾀﾛｳ` becomes `ヤマダ タロウ`.
 *
 * What the verifier signs has no small kana and no ー: of `ショウジ` it makes `ｼﾖｳｼﾞ`, which is `シヨウジ` here. To compare
 * with what was typed, use {@link alike}.
 */
export function toFullWidth(text: string): string {
  // Marks that stand alone would become a space and a mark.
  return text.replace(/[\u309b\u309c]/g, (mark) => (mark === '\u309b' ? '\u3099' : '\u309a')).normalize('NFKC');
}

/**
 * Whether a text that was signed or shown equals what was typed, as the verifier folds it: both widths are alike, small and
 * large kana, ー and hyphens; and in a kana field, such as a payee, hiragana and katakana, lower and upper case, too.
 *
 * ```ts
 * expect(alike(verdict.transaction.fields.payee, 'ミホン ショウジ(カ')).toBe(true);
 * ```
 */
export function alike(signed: string, typed: string): boolean {
  const isKana = KANA_FIELD.test(signed);
  return folded(signed, isKana) === folded(typed, isKana);
}

function folded(text: string, isKana: boolean): string {
  const wide = toFullWidth(text).replace(DASHES, '-').replace(/\s/g, ' ').trim();
  const katakana = isKana ? wide.replace(/[ぁ-ゖ]/g, (kana) => String.fromCharCode(kana.charCodeAt(0) + 0x60)) : wide;
  const large = [...katakana].map((kana) => LARGE[SMALL.indexOf(kana)] ?? kana).join('');
  return isKana ? large.replaceAll('\\', '¥').toUpperCase() : large;
}
