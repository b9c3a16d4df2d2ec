"""The same with Selenium: its elements are taken as they are."""

import os
import shutil
from collections.abc import Iterator

import pytest
from selenium.webdriver import Chrome, ChromeOptions, ChromeService
from selenium.webdriver.common.by import By

from camtoken import Camtoken, Token


@pytest.fixture
def driver() -> Iterator[Chrome]:
    options = ChromeOptions()
    options.add_argument("--headless=new")
    options.add_argument("--no-sandbox")
    if chromium := os.environ.get("CHROMIUM"):
        options.binary_location = chromium
    driver = Chrome(options, ChromeService(shutil.which("chromedriver")))
    # A click may return before the next page is there.
    driver.implicitly_wait(5)
    yield driver
    driver.quit()


def test_a_transfer_is_what_the_token_shows(
    driver: Chrome, base_url: str, customer: str, token: Token, camtoken: Camtoken
) -> None:
    driver.get(f"{base_url}/transfer")
    for name, text in {"customer": customer, "payee": "ミホン ショウジ(カ", "amount": "1250000"}.items():
        driver.find_element(By.NAME, name).send_keys(text)
    driver.find_element(By.TAG_NAME, "button").click()

    code = driver.find_element(By.TAG_NAME, "img")
    camtoken.assert_scannable(code, min_grade="B")
    scan = token.scan(code)
    scan.assert_shows(payee="ミホン ショウジ(カ", amount="¥1,250,000")

    driver.find_element(By.NAME, "response").send_keys(scan.response)
    driver.find_element(By.TAG_NAME, "button").click()
    assert "transferred" in driver.find_element(By.CSS_SELECTOR, "[role=status]").text
