"""Debian's headless Chromium, driven as a person would: by what is on the page, and by keys."""

import json
import os
import pathlib
import re
import shutil

from selenium import webdriver
from selenium.webdriver.chrome.service import Service
from selenium.webdriver.common.by import By
from selenium.webdriver.common.keys import Keys
from selenium.webdriver.remote.webelement import WebElement
from selenium.webdriver.support.wait import WebDriverWait

PATIENCE = 15
# Measures what a person sees of each element: where it is, and how many lines of text high.
MEASURE = """
return [...document.querySelectorAll(arguments[0])].map(element => {
  const box = element.getBoundingClientRect(), style = getComputedStyle(element), clip = style.clipPath;
  const around = ["paddingTop", "paddingBottom", "borderTopWidth", "borderBottomWidth"].map(name => parseFloat(style[name]));
  const height = box.height - around.reduce((sum, pixels) => sum + pixels, 0);
  return { text: element.innerText, x: box.x + scrollX, width: box.width, lines: height / parseFloat(style.lineHeight),
           shown: element.checkVisibility() && box.width > 0 && box.height > 0 && !clip.startsWith("inset") };
}).filter(element => element.shown);
"""
ROOT = pathlib.Path(__file__).resolve().parents[2]
SCREENSHOTS = pathlib.Path(os.environ.get("CARGO_TARGET_DIR", ROOT / "target")) / "screenshots"
SWITCHES = [
    "--headless=new", "--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking",
    "--disable-component-update", "--disable-sync", "--no-proxy-server", "--window-size=1000,900",
]


def installed(program: str) -> str:
    """Finds a program of Debian's; one that is missing is a failure, never a reason to skip."""
    path = shutil.which(program)
    assert path, f"{program} is missing: tests/run installs it"
    return path


class Browser:
    """One Chromium with a profile of its own; `scripts` says whether pages may run any."""

    def __init__(self, profile: pathlib.Path, scripts: bool):
        options = webdriver.ChromeOptions()
        options.binary_location = installed("chromium")
        for switch in SWITCHES + [f"--user-data-dir={profile}"]:
            options.add_argument(switch)
        if os.geteuid() == 0:
            options.add_argument("--no-sandbox")
        if not scripts:
            options.add_experimental_option("prefs", {"profile.managed_default_content_settings.javascript": 2})
        options.set_capability("goog:loggingPrefs", {"performance": "ALL", "browser": "ALL"})
        self.scripts = scripts
        self.driver = webdriver.Chrome(options=options, service=Service(installed("chromedriver")))
        self.driver.set_page_load_timeout(30)
        self.events: list[dict] = []
        self.width = 0

    def become(self, width: int | None) -> None:
        """Shows pages as a window of this width does, or as the window that there is."""
        self.width = width or self.driver.get_window_size()["width"]
        if width is None:
            self.driver.execute_cdp_cmd("Emulation.clearDeviceMetricsOverride", {})
        else:
            size = {"width": width, "height": 800, "deviceScaleFactor": 1, "mobile": False}
            self.driver.execute_cdp_cmd("Emulation.setDeviceMetricsOverride", size)

    def content_width(self) -> float:
        """Gives how wide the page is, with what can only be scrolled to."""
        return self.driver.execute_cdp_cmd("Page.getLayoutMetrics", {})["cssContentSize"]["width"]

    def close(self) -> None:
        self.driver.quit()

    def forget(self) -> None:
        """Becomes a browser that was never here: no cookies, and logs of its own."""
        self.driver.execute_cdp_cmd("Network.clearBrowserCookies", {})
        self.driver.get("about:blank")
        for kind in ("performance", "browser"):
            self.driver.get_log(kind)
        self.events.clear()

    def open(self, url: str) -> None:
        self.driver.get(url)

    @property
    def url(self) -> str:
        return self.driver.current_url

    @property
    def title(self) -> str:
        return self.driver.title

    @property
    def source(self) -> str:
        return self.driver.page_source

    def find(self, identifier: str) -> WebElement:
        """Waits for an element and gives it."""
        return WebDriverWait(self.driver, PATIENCE).until(lambda driver: driver.find_element(By.ID, identifier))

    def has(self, identifier: str) -> bool:
        return bool(self.driver.find_elements(By.ID, identifier))

    def text(self, identifier: str) -> str:
        return self.find(identifier).text

    def write(self, identifier: str, text: str) -> None:
        element = self.find(identifier)
        element.clear()
        element.send_keys(text)

    def press(self, identifier: str) -> None:
        """Presses a button or follows a link, and waits until the page is another."""
        element = self.find(identifier)
        page = self.driver.find_element(By.TAG_NAME, "html")
        element.click()
        self._left(page)

    def enter(self) -> None:
        """Presses Enter where the focus is, and waits until the page is another."""
        page = self.driver.find_element(By.TAG_NAME, "html")
        self.keys(Keys.ENTER)
        self._left(page)

    def keys(self, *keys: str) -> None:
        self.driver.switch_to.active_element.send_keys(*keys)

    def tab_to(self, identifier: str) -> WebElement:
        """Goes from element to element with the Tab key until the one is reached."""
        for _ in range(40):
            element = self.driver.switch_to.active_element
            if element.get_attribute("id") == identifier:
                return element
            self.keys(Keys.TAB)
        raise AssertionError(f"the Tab key never reaches {identifier}")

    def sign_in(self, username: str, password: str) -> None:
        self.write("username", username)
        self.write("password", password)
        self.press("sign-in")

    def photograph(self, name: str) -> None:
        """Keeps a picture of the page, for people to look at."""
        SCREENSHOTS.mkdir(parents=True, exist_ok=True)
        self.driver.save_screenshot(str(SCREENSHOTS / f"{name}-{'with' if self.scripts else 'without'}-scripts.png"))

    def loaded(self) -> list[tuple[str, str]]:
        """Gives the page and the address of everything that this visitor's browser asked for."""
        asked = [event["params"] for event in self._events() if event["method"] == "Network.requestWillBeSent"]
        return [(sent["documentURL"], sent["request"]["url"]) for sent in asked]

    def headers(self, address: str) -> dict[str, str]:
        """Gives the headers of the last answer from an address, as the browser took them."""
        answers = [event["params"]["response"] for event in self._events() if event["method"] == "Network.responseReceived"]
        last = [answer["headers"] for answer in answers if answer["url"] == address][-1]
        return {name.lower(): value for name, value in last.items()}

    def find_all(self, selector: str) -> list[WebElement]:
        return self.driver.find_elements(By.CSS_SELECTOR, selector)

    def measured(self, selector: str) -> list[dict]:
        """Measures the elements that can be seen, all in one call: one for each would take minutes."""
        return self.driver.execute_script(MEASURE, selector)

    def _events(self) -> list[dict]:
        self.events += [json.loads(entry["message"])["message"] for entry in self.driver.get_log("performance")]
        return self.events

    def complaints(self) -> list[str]:
        """Gives what the browser complained of: policies that were broken, scripts that failed."""
        # The browser asks for an icon by itself, and calls an error page that it shows an error.
        expected = re.compile(r"/favicon\.ico|Failed to load resource: the server responded with a status of 4")
        serious = [entry["message"] for entry in self.driver.get_log("browser") if entry["level"] in ("SEVERE", "WARNING")]
        return [message for message in serious if not expected.search(message)]

    def _left(self, page: WebElement) -> None:
        # Any error says that the old page is gone: stale, detached, or between two pages.
        def gone(driver: webdriver.Chrome) -> bool:
            return driver.find_element(By.TAG_NAME, "html") != page

        WebDriverWait(self.driver, PATIENCE, ignored_exceptions=[Exception]).until(gone)
