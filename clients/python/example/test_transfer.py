from playwright.sync_api import Page, expect

from camtoken import Camtoken, Token


def test_a_transfer_is_what_the_token_shows(page: Page, customer: str, token: Token, camtoken: Camtoken) -> None:
    page.goto("/transfer")
    page.get_by_label("Customer number").fill(customer)
    page.get_by_label("Payee").fill("ミホン ショウジ(カ")
    page.get_by_label("Amount").fill("1250000")
    page.get_by_role("button", name="Next").click()

    code = page.get_by_alt_text("Code for your token")
    camtoken.assert_scannable(code, min_grade="B")
    scan = token.scan(code)
    scan.assert_shows(payee="ミホン ショウジ(カ", amount="¥1,250,000")

    page.get_by_label("One-time password").fill(scan.response)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_contain_text("transferred")
