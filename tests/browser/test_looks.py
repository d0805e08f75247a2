"""How pages look on a telephone, and which field a person types into first, with a browser."""

import pytest

from client import registered
from conftest import PASSWORD
from provider import Provider

WIDTHS = [390, 320]


@pytest.fixture(params=WIDTHS)
def narrow(request, browser):
    """A browser on a telephone of this width."""
    browser.become(request.param)
    yield browser
    browser.become(None)


def as_administrator(browser, provider, page):
    browser.open(f"{provider.origin}/oauth/{page}")
    browser.sign_in("admin", provider.admin_password)


def nothing_is_off_the_edge(browser):
    assert browser.content_width() <= browser.width, f"{browser.url} is wider than the window"
    for element in browser.find_all("button, .button, code, td, a, input:not([type=hidden])"):
        if element.is_displayed() and not element.value_of_css_property("clip-path").startswith("inset"):
            box = element.rect
            assert box["x"] >= 0 and box["x"] + box["width"] <= browser.width + 0.5, (browser.url, element.text, box)


def lines_of(element):
    """Gives how many lines high an element is, without what is around its text."""
    pixels = lambda name: float(element.value_of_css_property(name).removesuffix("px"))
    around = sum(pixels(f"{kind}-{side}{end}") for kind, end in (("padding", ""), ("border", "-width")) for side in ("top", "bottom"))
    return (element.rect["height"] - around) / pixels("line-height")


def test_f_59_no_button_breaks_into_letters(narrow, provider, callback, person):
    client = registered(provider, callback)
    as_administrator(narrow, provider, "people")
    narrow.photograph(f"people-{narrow.width}")
    for page in ("people", "applications", f"applications/show?client_id={client.registered['client_id']}", "audit", "password", ""):
        narrow.open(f"{provider.origin}/oauth/{page}")
        buttons = [button for button in narrow.find_all("button, .button") if button.is_displayed()]
        assert buttons
        for button in buttons:
            assert lines_of(button) <= 2.2, (page, button.text, button.rect)
        nothing_is_off_the_edge(narrow)


def test_f_59_people_are_cards_on_a_telephone(narrow, provider, person):
    as_administrator(narrow, provider, f"people?name={person[0]}")
    cells = narrow.find_all("tbody tr:first-child td[data-label]")
    shown = [cell for cell in cells if cell.is_displayed()]
    assert len(shown) >= 3 and len({cell.rect["x"] for cell in shown}) == 1, "one below the other"
    assert all(cell.rect["width"] > narrow.width / 2 for cell in shown)


@pytest.mark.parametrize("width", [None, *WIDTHS])
def test_f_67_error_codes_are_whole(browser, provider, width):
    browser.become(width)
    browser.open(f"{provider.origin}/oauth/errors")
    codes = browser.find_all("td code")
    assert len(codes) > 30
    browser.photograph(f"errors-{width or 'wide'}")
    for code in codes:
        assert lines_of(code) <= 1.2, (code.text, code.rect)
    nothing_is_off_the_edge(browser)
    browser.become(None)


@pytest.fixture(scope="module")
def schools(tmp_path_factory):
    """A provider that asks for the organisation."""
    with Provider(tmp_path_factory.mktemp("schools"), "--organisations") as provider:
        yield provider


def test_f_72_the_first_empty_field_has_the_focus(browser, schools):
    focus = lambda: browser.driver.switch_to.active_element.get_attribute("id")
    browser.open(f"{schools.origin}/oauth/sign-in")
    assert focus() == "organisation"
    for organisation, expected in (("north", "password"), ("", "password")):
        browser.write("organisation", organisation)
        browser.sign_in("ada", PASSWORD)
        assert browser.has("error-description")
        assert focus() == expected, organisation


def test_f_72_without_organisations_it_is_the_username(browser, provider):
    browser.open(f"{provider.origin}/oauth/sign-in")
    assert browser.driver.switch_to.active_element.get_attribute("id") == "username"
