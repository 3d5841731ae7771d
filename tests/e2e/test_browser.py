"""The web chat and the console in a real Chromium, at phone and desktop width."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from selenium import webdriver
from selenium.common.exceptions import StaleElementReferenceException
from selenium.webdriver.common.by import By
from selenium.webdriver.support.wait import WebDriverWait

from bot.settings import ROOT
from tests.e2e.conftest import System

pytestmark = [pytest.mark.slow, pytest.mark.timeout(180)]

#: `make test` leaves the pictures here, so that a person can look at them.
PICTURES = ROOT / "results" / "screenshots"


def chromium(folder: Path, width: int, height: int) -> webdriver.Chrome:
    """Start a browser as a new person's, in a window of a size."""
    options = webdriver.ChromeOptions()
    options.binary_location = "/usr/bin/chromium"
    for flag in (
        "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        "--hide-scrollbars", f"--user-data-dir={folder}", f"--window-size={width},{height}",
    ):  # fmt: skip
        options.add_argument(flag)
    options.set_capability("goog:loggingPrefs", {"browser": "ALL"})
    service = webdriver.ChromeService("/usr/bin/chromedriver")
    driver = webdriver.Chrome(options=options, service=service)
    driver.execute_cdp_cmd(
        "Emulation.setDeviceMetricsOverride",
        {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 600},
    )
    return driver


@pytest.fixture
def phone(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    driver = chromium(tmp_path / "phone", 390, 780)
    yield driver
    driver.quit()


@pytest.fixture
def desktop(tmp_path: Path) -> Iterator[webdriver.Chrome]:
    driver = chromium(tmp_path / "desktop", 1280, 800)
    yield driver
    driver.quit()


def wait_for(driver: webdriver.Chrome, text: str) -> None:
    """Wait until a text stands on the page."""
    # While a page follows another its elements are stale for a moment: look again.
    WebDriverWait(driver, 40, ignored_exceptions=[StaleElementReferenceException]).until(
        lambda d: text in d.find_element(By.TAG_NAME, "body").text, f"no {text!r} on the page"
    )


def tap(driver: webdriver.Chrome, label: str) -> None:
    """Tap the newest button whose label has these words."""
    xpath = f"//main//button[contains(., '{label}')]"
    WebDriverWait(driver, 40).until(lambda d: d.find_elements(By.XPATH, xpath))
    button = driver.find_elements(By.XPATH, xpath)[-1]
    driver.execute_script("arguments[0].scrollIntoView({block: 'center'})", button)
    button.click()


def write(driver: webdriver.Chrome, text: str) -> None:
    driver.find_element(By.ID, "text").send_keys(text)
    driver.find_element(By.ID, "send").click()


def picture(driver: webdriver.Chrome, name: str) -> None:
    """Save a picture, after seeing that nothing hangs over the edge and no error was logged."""
    time.sleep(0.3)
    PICTURES.mkdir(parents=True, exist_ok=True)
    driver.save_screenshot(str(PICTURES / f"{name}.png"))
    wide = driver.execute_script(
        "return document.documentElement.scrollWidth - document.documentElement.clientWidth"
    )
    assert wide <= 0, f"{name} is {wide} px too wide"
    errors = [entry for entry in driver.get_log("browser") if entry["level"] == "SEVERE"]
    assert not errors, errors


def test_a_resident_on_a_phone_asks_and_reaches_a_person(
    system: System, phone: webdriver.Chrome, desktop: webdriver.Chrome
) -> None:
    phone.get(system.web)
    wait_for(phone, "Română")
    picture(phone, "phone-1-languages")
    tap(phone, "Română")
    tap(phone, "de acord")
    wait_for(phone, "Alegeți")
    picture(phone, "phone-2-menu")
    write(phone, "cat e salariul minim pe ora")
    wait_for(phone, "13,90")
    picture(phone, "phone-3-answer")
    phone.refresh()
    wait_for(phone, "13,90")
    write(phone, "vreau sa vorbesc cu un om")
    wait_for(phone, "Despre ce este vorba?")
    write(phone, "Șeful nu mă plătește de două luni")

    desktop.get(f"{system.web}/console")
    desktop.find_element(By.NAME, "name").send_keys("admin")
    desktop.find_element(By.NAME, "password").send_keys(system.password)
    picture(desktop, "desktop-1-login")
    desktop.find_element(By.CSS_SELECTOR, "main button").click()
    wait_for(desktop, "Offene Fälle (")
    picture(desktop, "desktop-2-queue")
    desktop.find_elements(By.CSS_SELECTOR, ".cases a")[-1].click()
    wait_for(desktop, "Șeful nu mă plătește")
    desktop.find_element(By.NAME, "text").send_keys("Veniți mâine la ora 10.")
    desktop.find_element(By.CSS_SELECTOR, "main button.main").click()
    wait_for(desktop, "Veniți mâine")
    picture(desktop, "desktop-3-case")
    wait_for(phone, "Veniți mâine la ora 10.")
    picture(phone, "phone-4-person")
    desktop.find_element(By.NAME, "close").click()
    wait_for(desktop, "Dieser Fall ist beendet")


def test_arabic_is_written_from_right_to_left(system: System, phone: webdriver.Chrome) -> None:
    phone.get(system.web)
    tap(phone, "العربية")
    wait_for(phone, "ABC des Alltags")
    WebDriverWait(phone, 40).until(
        lambda d: d.find_element(By.TAG_NAME, "html").get_attribute("dir") == "rtl"
    )
    picture(phone, "phone-arabic")


def test_the_chat_comes_back_after_the_bot_was_killed(
    system: System, desktop: webdriver.Chrome
) -> None:
    desktop.get(system.web)
    tap(desktop, "Deutsch")
    tap(desktop, "Ja, einverstanden")
    wait_for(desktop, "Worum geht es?")
    system.processes()["bot"].kill()
    write(desktop, "Was ist der Mindestlohn?")
    wait_for(desktop, "13,90")
    PICTURES.mkdir(parents=True, exist_ok=True)
    desktop.save_screenshot(str(PICTURES / "desktop-4-chat.png"))  # the outage is in the log
