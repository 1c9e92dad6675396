"""The lesson page in a browser: controls, lessons, keyboard, accessibility, sizes. Skipped where no Chromium is."""

from __future__ import annotations

import shutil
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
from lesson_page import Shared, arm, curves, right_answers, spines

from plastisim.results.page import read_page, write_page
from plastisim.teaching.document import lesson
from plastisim.teaching.live import LessonServer, Wish

playwright = pytest.importorskip("playwright.sync_api")

CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="there is no chromium")
SIZES = {"desktop": (1440, 900), "projector": (1024, 768), "phone": (390, 844)}

SMALLEST_TEXT = """() => {
  const shown = [...document.querySelectorAll('body *')].filter((each) => each.checkVisibility()
    && [...each.childNodes].some((part) => part.nodeType === 3 && part.data.trim()));
  const zoom = (svg) => svg ? svg.getBoundingClientRect().width / svg.viewBox.baseVal.width : 1;
  return Math.min(...shown.map((each) => parseFloat(getComputedStyle(each).fontSize) * zoom(each.ownerSVGElement)));
}"""


@pytest.fixture(scope="module")
def file(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return write_page(
        Shared(tmp_path_factory).read(lambda: lesson(small=True)), tmp_path_factory.mktemp("page") / "lesson.html"
    )


@pytest.fixture(scope="module")
def document(file: Path) -> dict[str, Any]:
    return read_page(file)


@pytest.fixture(scope="module")
def browser() -> Iterator[Any]:
    with playwright.sync_playwright() as play:
        opened = play.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield opened
        opened.close()


class Visit:
    """A page in the browser, and everything that it asked for or complained about."""

    def __init__(self, browser: Any, url: str, size: str, allowed: str = "", **more: Any) -> None:
        width, height = SIZES[size]
        self.context = browser.new_context(viewport={"width": width, "height": height}, **more)
        self.page = self.context.new_page()
        self.complaints: list[str] = []
        self.requests: list[str] = []
        self.allowed = [url, allowed]
        self.page.on("console", lambda message: self.complaints.append(message.text))
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))
        self.page.on("request", lambda request: self.requests.append(request.url))
        self.page.goto(url)
        self.page.wait_for_selector("#stage-list li")

    def close(self) -> None:
        """Nothing was asked of the network, and nothing went wrong."""
        self.context.close()
        assert self.complaints == []
        assert [one for one in self.requests if one not in self.allowed] == []

    def choose(self, **choices: str) -> None:
        for control, wanted in choices.items():
            self.page.select_option(f"#{control}", wanted)

    def slide(self, control: str, step: int) -> None:
        self.page.locator(f"#{control}").fill(str(step))

    def line(self, signal: int) -> str:
        """Return the path of the chosen curve of a signal by its number."""
        return self.page.locator("#grid figure").nth(signal).locator(".chosen.line").get_attribute("d")


@pytest.fixture
def visit(browser: Any, file: Path) -> Iterator[Visit]:
    one = Visit(browser, file.as_uri(), "desktop")
    yield one
    one.close()


def number(text: str) -> float:
    return float(text.split()[0].replace("−", "-"))


def test_the_dose_slider_moves_the_curves(visit: Visit, document: dict[str, Any]) -> None:
    order = [one["key"] for one in document["signals"]]
    before = [visit.line(index) for index in range(len(order))]
    visit.slide("dose", 0)
    after = [visit.line(index) for index in range(len(order))]
    assert all(one != other for one, other in zip(before, after, strict=True))
    visit.slide("dose", 1)
    assert [visit.line(index) for index in range(len(order))] == before


@pytest.mark.parametrize(("dose", "step"), [(0.1, 0), (1.0, 1)])
@pytest.mark.parametrize("blocker", ["none", "rapamycin", "knockout"])
def test_the_boxes_show_the_numbers_of_the_run(
    visit: Visit, document: dict[str, Any], dose: float, step: int, blocker: str
) -> None:
    visit.choose(blocker=blocker)
    visit.slide("dose", step)
    frame = document["frames"].index(4 * 3600)
    visit.slide("time", frame)
    for signal in ("calcium", "mrna", "mtorc1"):
        box = visit.page.locator(f"[data-signal={signal}]")
        expected = curves(document, signal)[arm(document, "psilocybin", dose, blocker), 0, frame]
        assert number(box.locator(".number").inner_text()) == pytest.approx(expected, rel=6e-3)
    assert "4 h" in visit.page.locator("#stages-time").inner_text()


def test_boxes_light_up_in_the_order_of_the_cascade(visit: Visit, document: dict[str, Any]) -> None:
    def lit(signal: str, time: float) -> float:
        visit.slide("time", document["frames"].index(time))
        style = visit.page.locator(f"[data-signal={signal}]").get_attribute("style")
        return float(style.split("--light:")[1].strip(" ;"))

    assert lit("calcium", -7200) == 0.0
    assert lit("calcium", 1800) > 0.2
    assert lit("spines", 1800) < 0.05
    assert lit("calcium", 86400) < 0.05
    assert lit("spines", 86400) > 0.2


def test_spines_appear_and_vanish_as_in_the_ledger(visit: Visit, document: dict[str, Any]) -> None:
    treated = arm(document, "psilocybin", 1.0, "none")
    changed = 0
    for mouse in range(3):
        visit.page.select_option("#mouse", index=mouse)
        for time in (-7200, 86400, 7 * 86400):
            visit.slide("time", document["frames"].index(time))
            for branch in range(3):
                lives = spines(document, treated, mouse, branch)
                figure = visit.page.locator("#branches figure").nth(branch)
                dose = min(time, 0)
                for kind, expected in (
                    ("old", {serial for serial, birth, death in lives if birth <= dose and time < death}),
                    ("born", {serial for serial, birth, death in lives if dose < birth <= time < death}),
                    ("lost", {serial for serial, birth, death in lives if dose < death <= time}),
                ):
                    drawn = figure.locator(f".{kind}").evaluate_all("all => all.map(one => Number(one.dataset.serial))")
                    assert sorted(drawn) == sorted(expected)
                    changed += len(expected) if kind != "old" else 0
    assert changed > 10


def test_the_verdict_follows_the_choice(visit: Visit, document: dict[str, Any]) -> None:
    for blocker in ("none", "rapamycin"):
        visit.choose(blocker=blocker)
        verdict = document["arms"][arm(document, "psilocybin", 1.0, blocker)]["verdict"]
        head = visit.page.locator("#verdict-head").inner_text()
        assert ("LEAVES" in head) == verdict["holds"]
        assert verdict["statement"] in visit.page.locator("#verdict-text").inner_text()
    upper = document["window"]["upper"]
    visit.choose(blocker="none")
    day, own = document["frames"].index(86400), arm(document, "psilocybin", 1.0, "none")
    there = np.subtract(*curves(document, "spines")[[own, 0], 0, day])
    seen = document["arms"][own]["verdict"]["effect"]
    assert seen > there + 0.5
    said = visit.page.locator("#verdict-seen").inner_text()
    assert f"density is {there:+.1f} points from vehicle; the microscope sees {seen:+.1f}, because" in said
    visit.choose(compound="buspirone")
    assert visit.page.locator("#verdict-seen").inner_text() == ""
    assert f"{upper:+.1f} per cent".replace("-", "−") in visit.page.locator("#window svg").first.get_attribute(
        "aria-label"
    )
    visit.choose(compound="vehicle", blocker="none")
    assert "make the ordinary window" in visit.page.locator("#verdict-head").inner_text()
    assert visit.page.locator("#dose").is_disabled()


def test_reset_brings_everything_back(visit: Visit) -> None:
    before = visit.page.locator("main").inner_text()
    visit.choose(compound="buspirone", blocker="ANA-12")
    visit.page.select_option("#mouse", index=2)
    visit.slide("time", 3)
    visit.page.click("[data-signal=mtorc1]")
    assert visit.page.locator("main").inner_text() != before
    visit.page.click("#reset")
    assert visit.page.locator("main").inner_text() == before


def test_play_goes_through_time(visit: Visit, document: dict[str, Any]) -> None:
    visit.slide("time", len(document["frames"]) - 3)
    visit.page.click("#play")
    playwright.expect(visit.page.locator("#time")).to_have_value(str(len(document["frames"]) - 1))
    playwright.expect(visit.page.locator("#play")).to_have_text("Play")


def test_all_lessons_pass_with_the_right_answers_and_only_with_them(visit: Visit, document: dict[str, Any]) -> None:
    lessons = visit.page.locator(".lesson")
    found = right_answers(document)
    assert lessons.count() == len(found) == 3
    for index, answers in enumerate(found):
        lesson = lessons.nth(index)
        lesson.locator("summary").click()
        submit = lesson.get_by_role("button", name="Check my answers")
        submit.click()
        assert "passed" not in lesson.locator(".result").inner_text()
        for question, right in enumerate(answers):
            options = lesson.locator("fieldset").nth(question).locator("input")
            values = options.evaluate_all("all => all.map(one => one.value)")
            matching = [one for one in values if one == right or (" " in one and one.startswith(right))]
            assert len(matching) == 1, (values, right)
            if question == 0:
                options.nth((values.index(matching[0]) + 1) % len(values)).check()
                submit.click()
                assert "Not what the runs say" in lesson.locator("fieldset").first.inner_text()
            options.nth(values.index(matching[0])).check()
        submit.click()
        assert f"Lesson {index + 1} passed: {len(answers)} of {len(answers)}" in lesson.locator(".result").inner_text()
        lesson.get_by_role("button", name="Set the scene").click()


def test_the_answer_sheet_prints_alone(visit: Visit, document: dict[str, Any]) -> None:
    assert not visit.page.locator("#sheet").is_visible()
    visit.page.click("#sheet-show")
    assert visit.page.locator("#sheet strong").count() == sum(map(len, right_answers(document)))
    visit.page.emulate_media(media="print")
    assert visit.page.locator("#sheet").is_visible()
    assert not any(
        visit.page.locator(f"#{part}").is_visible() for part in ("choose", "stages", "dendrite", "parameters")
    )
    visit.page.emulate_media(media="screen")
    visit.page.click("#sheet-show")
    assert not visit.page.locator("#sheet").is_visible()


def test_everything_can_be_reached_and_done_with_the_keyboard(visit: Visit, document: dict[str, Any]) -> None:
    keyboard = visit.page.keyboard

    def tab_to(selector: str) -> None:
        for _ in range(120):
            keyboard.press("Tab")
            if visit.page.evaluate("wanted => document.activeElement.matches(wanted)", selector):
                outline = visit.page.evaluate("getComputedStyle(document.activeElement).outlineStyle")
                assert outline != "none", f"one does not see where the focus is: {selector}"
                return
        raise AssertionError(f"no way to {selector} with Tab")

    tab_to(".skip")
    tab_to("#compound")
    keyboard.press("ArrowDown")
    assert visit.page.input_value("#compound") == "buspirone"
    keyboard.press("ArrowUp")
    tab_to("#dose")
    keyboard.press("Home")
    assert "0.1 mg/kg" in visit.page.locator("#dose-text").inner_text()
    tab_to("#blocker")
    keyboard.press("ArrowDown")
    assert visit.page.input_value("#blocker") == "ketanserin"
    tab_to("#time")
    keyboard.press("End")
    assert "7 days" in visit.page.locator("#time-text").inner_text()
    tab_to("[data-signal=mrna]")
    keyboard.press("Enter")
    assert "Bdnf mRNA" in visit.page.locator("#curve figcaption").inner_text()
    assert visit.page.evaluate("document.activeElement.dataset.signal") == "mrna"  # drawn again, the focus stays
    tab_to("#mouse")
    keyboard.press("ArrowDown")
    tab_to(".lesson summary")
    keyboard.press("Enter")
    for answer in right_answers(document)[0]:
        tab_to("fieldset input")
        keyboard.press("Space")
        for _ in range(5):
            if visit.page.evaluate("document.activeElement.value").startswith(answer):
                break
            keyboard.press("ArrowDown")
    tab_to("button[type=submit]")
    keyboard.press("Enter")
    assert "Lesson 1 passed" in visit.page.locator(".result").first.inner_text()
    tab_to("#part")


@pytest.mark.parametrize("size", SIZES)
def test_an_accessibility_checker_finds_nothing(browser: Any, file: Path, size: str) -> None:
    axe = pytest.importorskip("axe_playwright_python.sync_playwright").Axe()
    one = Visit(browser, file.as_uri(), size)
    one.slide("time", 5)
    one.page.click("#sheet-show")
    one.page.evaluate("document.querySelectorAll('details').forEach(each => { each.open = true; })")
    found = axe.run(one.page).response
    assert [(each["id"], each["nodes"][0]["html"]) for each in found["violations"]] == []
    assert len(found["passes"]) > 20  # it did look
    one.close()


@pytest.mark.parametrize("size", SIZES)
def test_the_page_fits(browser: Any, file: Path, size: str, tmp_path: Path) -> None:
    one = Visit(browser, file.as_uri(), size)
    wide = "document.documentElement.scrollWidth - document.documentElement.clientWidth"
    assert one.page.evaluate(wide) == 0
    assert one.page.evaluate(SMALLEST_TEXT) >= 12
    for control in ("compound", "time", "play"):
        box = one.page.locator(f"#{control}").bounding_box()
        assert box["y"] + box["height"] <= SIZES[size][1], f"{control} is not on the first screen"
        assert box["height"] >= 24
    one.page.screenshot(path=tmp_path / f"{size}.png", full_page=True)
    assert (tmp_path / f"{size}.png").stat().st_size > 50_000
    one.close()


def test_colours_are_not_alone(visit: Visit) -> None:
    visit.page.emulate_media(forced_colors="none")
    visit.slide("time", 6)
    for direction, sign in (("up", "▲"), ("same", "●")):
        names = visit.page.locator(f".stage.{direction} .name").all_inner_texts()
        assert names
        assert all(name.startswith(sign) for name in names)
    assert "dash" in visit.page.locator(".vehicle.line").first.evaluate(
        "one => getComputedStyle(one).strokeDasharray + 'dash'"
    )
    assert visit.page.locator(".vehicle.line").first.evaluate("one => getComputedStyle(one).strokeDasharray") != "none"


def test_the_live_page_simulates_what_is_asked(browser: Any, document: dict[str, Any]) -> None:
    asked: list[Wish] = []
    answer = {**document, "seed": 77}

    def carry_out(wish: Wish) -> dict[str, Any]:
        asked.append(wish)
        return answer

    with LessonServer(document, answer=carry_out) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        one = Visit(browser, server.url, "desktop", allowed=f"{server.url}simulate")
        one.choose(compound="buspirone", blocker="rapamycin")
        one.page.fill("#live-dose", "3")
        one.page.fill("#live-mice", "5")
        one.page.click("#live-run")
        playwright.expect(one.page.locator("#live-text")).to_contain_text("seed 77")
        assert asked == [Wish("buspirone", 3, "rapamycin", 5, 1)]
        one.page.click("#live-back")
        assert one.page.locator("#live-back").is_hidden()
        one.page.fill("#live-dose", "5000")
        one.page.click("#live-run")
        assert len(asked) == 1  # the page does not even ask
        one.close()
        server.shutdown()
        thread.join()


def test_the_live_page_says_what_went_wrong(browser: Any, document: dict[str, Any]) -> None:
    with LessonServer(document, answer=lambda wish: document) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        one = Visit(browser, server.url, "desktop", allowed=f"{server.url}simulate")
        with server.simulating:
            one.page.click("#live-run")
            playwright.expect(one.page.locator("#live-text")).to_contain_text("another simulation")
        one.complaints = [each for each in one.complaints if "503" not in each]  # the browser notes the refusal
        one.close()
        server.shutdown()
        thread.join()


def test_the_offline_page_cannot_connect(visit: Visit) -> None:
    refused = visit.page.evaluate("fetch('http://127.0.0.1:9/').then(() => 'sent', () => 'refused')")
    assert refused == "refused"
    assert any("Content Security Policy" in each for each in visit.complaints)
    visit.complaints.clear()
    assert np.all([one.startswith("file:") for one in visit.requests])
