# SPDX-License-Identifier: Apache-2.0
"""A page in Chromium without a screen."""

import json
import pathlib
import shutil
import tempfile

try:
    from selenium import webdriver
except ImportError:
    webdriver = None

CHROMIUM = shutil.which("chromium")
DRIVER = shutil.which("chromedriver")


def what_is_missing():
    """Why there is no browser; empty: there is one."""
    missing = [package for package, there in (("chromium", CHROMIUM), ("chromium-driver", DRIVER),
                                              ("python3-selenium", webdriver)) if not there]
    return f"install {' '.join(missing)}" if missing else ""


class Browser:
    """Shows pages, and remembers what went wrong."""

    def __init__(self):
        self.profile = tempfile.TemporaryDirectory()
        options = webdriver.ChromeOptions()
        options.binary_location = CHROMIUM
        for argument in ("--headless=new", "--no-sandbox", "--disable-gpu",
                         "--disable-dev-shm-usage", "--window-size=1500,3000",
                         f"--user-data-dir={self.profile.name}"):
            options.add_argument(argument)
        options.set_capability("goog:loggingPrefs", {"browser": "ALL", "performance": "ALL"})
        self.driver = webdriver.Chrome(
            service=webdriver.chrome.service.Service(DRIVER), options=options)

    def close(self):
        self.driver.quit()
        self.profile.cleanup()

    def open(self, path):
        self.driver.get("about:blank")
        self.requests()  # of the browser's own first page
        self.driver.get(pathlib.Path(path).resolve().as_uri())

    def run(self, script):
        return self.driver.execute_script(script)

    def console(self):
        """What the page said on the console."""
        return [entry["message"] for entry in self.driver.get_log("browser")]

    def requests(self):
        """Addresses that the page asked for."""
        messages = [json.loads(entry["message"])["message"]
                    for entry in self.driver.get_log("performance")]
        return [message["params"]["request"]["url"] for message in messages
                if message["method"] == "Network.requestWillBeSent"]
