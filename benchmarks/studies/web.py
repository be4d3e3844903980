"""How soon the app in a browser answers, and whether one can type meanwhile.

``python -m edgekit.benchmarks.studies.web SITE`` wants a site of ``edgekit app --platform web``
with a sentence-similarity bundle. It measures on this machine, in headless Chromium, the model kept
in the browser as from the second visit on.
"""

from __future__ import annotations

import statistics
from pathlib import Path
from typing import TYPE_CHECKING

import click

from edgekit.benchmarks.studies import phone_page
from edgekit.benchmarks.studies.phone_page import Phone

if TYPE_CHECKING:
    from playwright.sync_api import Page

_ROUNDS = 7  # new tabs, each up to its first answer
_KEYS = 60  # that are pressed while sentences are indexed
_PAUSE_MS = 50.0  # between two keys, as fast typing has it
_WATCH = """() => {
  globalThis.delays = [];
  globalThis.tasks = [];
  const heard = event => delays.push(performance.now() - event.timeStamp);
  addEventListener('keydown', heard, {capture: true});
  new PerformanceObserver(list => tasks.push(...list.getEntries().map(entry => entry.duration)))
    .observe({type: 'longtask'});
}"""


def first_answer_ms(phone: Phone, name: str) -> float:
    """Milliseconds from opening the page in a new tab to its first answer.

    Run is pressed as soon as it can be.
    """
    page = phone.show("try", name)
    page.locator("button:enabled", has_text="Run").click()
    page.get_by_text("tokens, run at length").wait_for()
    took_ms: float = page.evaluate("performance.now()")
    page.close()
    return took_ms


def typing_ms(page: Page) -> tuple[list[float], list[float]]:
    """What typing takes while the model indexes a thousand sentences.

    Returns:
        For each key the time until the page hears it, and the durations of the page's tasks of more
        than 50 ms.
    """
    page.locator("button:enabled", has_text="Run").wait_for()
    page.evaluate(_WATCH)
    page.get_by_role("button", name="Index").click()
    page.get_by_label("First text").press_sequentially("word " * (_KEYS // 5), delay=_PAUSE_MS)
    if page.get_by_text("sentences indexed in").count():
        raise click.ClickException("the index was ready before the text was: take a larger model")
    return page.evaluate("delays"), page.evaluate("tasks")


@click.command()
@click.argument("site", type=click.Path(exists=True, file_okay=False, path_type=Path))
def main(site: Path) -> None:
    """Measures the first bundle of a SITE, and prints what it found."""
    with phone_page.opened(site) as phone:
        name = phone.names[0]
        answers = [first_answer_ms(phone, name) for _ in range(_ROUNDS)]
        delays, tasks = typing_ms(phone.show("try", name))
    click.echo(
        f"{name}: from opening the page to the first answer, model kept: median "
        f"{statistics.median(answers):.0f} ms, {min(answers):.0f} to {max(answers):.0f} ms in "
        f"{_ROUNDS} new tabs"
    )
    click.echo(
        f"{len(delays)} keys while 1,000 sentences are indexed: heard after "
        f"{statistics.median(delays):.1f} ms (median), {max(delays):.1f} ms at most; "
        f"{len(tasks)} tasks over 50 ms{f', the longest {max(tasks):.0f} ms' if tasks else ''}"
    )


if __name__ == "__main__":
    main()
