from playwright.sync_api import Page, expect

from camtoken import Token


def test_three_minutes_later_the_bank_refuses_and_nobody_has_waited(page: Page, customer: str, token: Token) -> None:
    page.goto("/transfer")
    page.get_by_label("Customer number").fill(customer)
    page.get_by_label("Payee").fill("ミホン ショウジ(カ")
    page.get_by_label("Amount").fill("1250000")
    page.get_by_role("button", name="Next").click()
    response = token.scan(page.get_by_alt_text("Code for your token")).response

    token.clock.advance("3m1s")
    page.get_by_label("One-time password").fill(response)
    page.get_by_role("button", name="Confirm").click()
    expect(page.get_by_role("status")).to_have_text("Nothing was transferred.")
