from __future__ import annotations

from collections.abc import Callable

import pytest

from camtoken import Camtoken, Challenge, Token, alike, to_full_width


def test_kana_become_full_width() -> None:
    assert to_full_width("ﾔﾏﾀﾞ ﾀﾛｳ") == "ヤマダ タロウ"
    assert to_full_width("ＡＢＣ　１２３（ｶ") == "ABC 123(カ"


@pytest.mark.parametrize(
    "payee",
    ["ミホン ショウジ(カ", "みほん　しょうじ（カ", "ヴァイオリンコウボウ", "スーパー－ストア", "Acme ab-12", "ヷヰヱヵヶ", "ハ゛ス ｶﾞｽ", "ｼｬﾁｮｳ"],
)
def test_what_the_verifier_signs_is_alike_what_was_typed(
    camtoken: Camtoken, token: Token, issue: Callable[..., Challenge], payee: str
) -> None:
    challenge = issue(payee=payee)
    scan = token.scan(challenge.code)
    scan.assert_shows(payee=payee)
    verdict = camtoken.verifier.verify(challenge, scan.response)
    assert verdict.transaction is not None and alike(verdict.transaction["payee"], payee)


@pytest.mark.parametrize(
    ("signed", "typed"),
    [("ﾐﾎﾝ ｼﾖｳｼﾞ(ｶ", "ミホン シヨウシ(カ"), ("ﾔﾏﾀﾞ", "ヤマタ"), ("Rent of May", "rent of may"), ("¥1,250,000", "1,250,000")],
)
def test_what_differs_is_not_alike(signed: str, typed: str) -> None:
    assert not alike(signed, typed)
