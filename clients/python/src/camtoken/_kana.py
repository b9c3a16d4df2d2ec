"""Text as banks write it: kana of both widths, and what the verifier makes of them."""

from __future__ import annotations

import re
import unicodedata

_LARGE = str.maketrans("ァィゥェォッャュョヮヵヶヰヱ", "アイウエオツヤユヨワカケイエ")
_MARKS = str.maketrans({"\u309b": "\u3099", "\u309c": "\u309a"})
_DASHES = re.compile("[\u02d7\u2010-\u2015\u2043\u207b\u208b\u2212\u23af\u2500\u2501\u2796\u2e3a\u2e3b\u30fc\ufe58\ufe63]")
_HIRAGANA = {code: code + 0x60 for code in range(ord("ぁ"), ord("ゖ") + 1)}
# All that a kana field of the verifier may hold, such as a payee.
_KANA_FIELD = re.compile(r"[ '()+,\-./0-9:?A-Z¥\\｢｣ｦｱ-ﾟ]*")


def to_full_width(text: str) -> str:
    """Kana in full width, Latin letters and digits in half: ``ﾔﾏﾀﾞ ﾀﾛｳ`` becomes ``ヤマダ タロウ``.

    What the verifier signs has no small kana and no ー: of ``ショウジ`` it makes ``ｼﾖｳｼﾞ``, which is ``シヨウジ`` here. To compare
    with what was typed, use :func:`alike`.
    """
    # Marks that stand alone would become a space and a mark.
    return unicodedata.normalize("NFKC", text.translate(_MARKS))


def alike(signed: str, typed: str) -> bool:
    """Whether a text that was signed or shown equals what was typed, as the verifier folds it: both widths are alike, small
    and large kana, ー and hyphens; and in a kana field, such as a payee, hiragana and katakana, lower and upper case, too.

    ``assert alike(verdict.transaction["payee"], "ミホン ショウジ(カ")``
    """
    is_kana = _KANA_FIELD.fullmatch(signed) is not None
    return _folded(signed, is_kana) == _folded(typed, is_kana)


def _folded(text: str, is_kana: bool) -> str:
    wide = re.sub(r"\s", " ", _DASHES.sub("-", to_full_width(text))).strip()
    if not is_kana:
        return wide.translate(_LARGE)
    return wide.translate(_HIRAGANA).translate(_LARGE).replace("\\", "¥").upper()
