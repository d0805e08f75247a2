"""What an administrator does to applications and people, and what those see of it, with a browser."""

from client import registered


def as_administrator(browser, provider, page):
    """Opens a page as the first account."""
    browser.open(f"{provider.origin}/oauth/{page}")
    browser.sign_in("admin", provider.admin_password)


# proves
def test_blocks_an_application_and_people_read_why(browser, provider, callback, person):
    client = registered(provider, callback)
    identifier = client.registered["client_id"]
    as_administrator(browser, provider, "applications")
    browser.write("search", identifier[:12])
    browser.press("find")
    browser.photograph("applications-of-all")
    browser.find(f"choose-{identifier}").click()
    browser.find("action").send_keys("Block")
    browser.press("change")
    assert browser.has(f"changes-{identifier}")
    browser.write("reason", "It sends <b>spam</b>")
    browser.photograph("applications-confirm")
    browser.press("confirm-change")
    assert "blocked" in browser.source
    browser.press("sign-out")

    browser.open(client.url)
    assert browser.text("blocked-reason") == "It sends <b>spam</b>"
    assert browser.text("error-number") == "2011"
    browser.photograph("blocked")
    assert callback.urls == [], "the browser is never sent on"

    as_administrator(browser, provider, f"applications/show?client_id={identifier}")
    browser.open(f"{provider.origin}/oauth/applications/show?client_id={identifier}")
    browser.press("unblock")
    browser.press("confirm-change")
    browser.press("sign-out")
    browser.open(client.url)
    browser.sign_in(*person)
    browser.press("allow")
    assert client.call(client.exchange(client.answer(callback)["code"]).json()) == 200


def test_keys_are_enough_to_sanction_an_application(browser, provider, callback, person):
    client = registered(provider, callback)
    identifier = client.registered["client_id"]
    as_administrator(browser, provider, "applications")
    browser.tab_to("search")
    browser.keys(identifier)
    browser.tab_to("find")
    browser.enter()
    browser.tab_to(f"choose-{identifier}")
    browser.keys(" ")
    browser.tab_to("action")
    browser.keys("Sanction")
    browser.tab_to("change")
    browser.enter()
    browser.tab_to("confirm-change")
    browser.enter()
    browser.press("sign-out")
    browser.open(client.url)
    browser.sign_in(*person)
    assert browser.text("sanctioned") == "sanctioned"
    browser.photograph("consent-sanctioned")


# proves
def test_api_access_is_switched_off(browser, provider, callback, person):
    client = registered(provider, callback)
    browser.open(client.url)
    browser.sign_in(*person)
    browser.press("allow")
    token = client.exchange(client.answer(callback)["code"]).json()
    assert client.call(token) == 200
    browser.open(f"{provider.origin}/oauth/")
    browser.press("sign-out")

    as_administrator(browser, provider, "people")
    browser.write("name", person[0])
    browser.press("find")
    browser.photograph("people")
    (button,) = browser.find_all("button[id^='api-access-off-']")
    browser.press(button.get_attribute("id"))
    assert client.call(token) == 401
    browser.press("sign-out")
    callback.urls.clear()

    browser.open(client.url)
    browser.sign_in(*person)
    assert browser.has("not-entitled")
    browser.photograph("api-access-off")
    browser.press("deny")
    assert client.answer(callback)["error"] == "access_denied"
