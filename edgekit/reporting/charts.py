"""Vega-Lite charts, written with Altair, of rows that :mod:`edgekit.reporting.figures` made.

A chart is as wide as its place on the page and shows one length: that of its parameter ``tokens``,
which the page changes. Colours are variables of the page's style sheet, so that dark mode and print
need no second chart.

Rows come in the order that they are shown in. They have ``label``, ``value`` and its ``text``,
``tone``, a colour, and where they have an interval ``low`` and ``high``.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import altair as alt

Point = dict[str, Any]
Tones = Mapping[str, str]

BASE, TONES = "var(--tone-0)", tuple(f"var(--tone-{index})" for index in range(1, 9))
FAINT = "var(--line)"  # of what shows nothing
_INK, _SOFT, _LINE, _CARD = "var(--ink)", "var(--soft)", "var(--line)", "var(--card)"
_FONT = "system-ui, -apple-system, 'Segoe UI', Roboto, sans-serif"
_ROW_HEIGHT, _LABEL, _MARK = 40, -8, 9  # a row's height; where its words and its mark are
_TALL = 320
_STACKED = {"top": {"direction": "vertical", "anchor": "start"}}  # for narrow screens
_RIGHT = "datum.x > 0.6 * datum.most"  # where a name has more room on the point's left
_BESIDE: Mapping[str, Any] = {  # a point; neighbours on the front one above, one below
    **{"color": _INK, "fontSize": 12},
    "align": {"expr": f"{_RIGHT} ? 'right' : 'left'"},
    "dx": {"expr": f"{_RIGHT} ? -8 : 8"},
    "dy": {"expr": "datum.rank % 2 ? 11 : -9"},
}


def short(value: float) -> float:
    """A number with five digits: more than anybody sees, and a fraction of the bytes."""
    return float(f"{value:.5g}")


def bars(
    rows: Sequence[Point], unit: str, tokens: int | None = None, reference: float | None = None
) -> dict[str, object]:
    """A chart with a bar for each row, and the row's words above it.

    Args:
        rows: as this module's top says; ``low`` and ``high`` are drawn where a row has them.
        unit: what the values are in, for the axis.
        tokens: the length that the page shows first; None where rows have no length.
        reference: a value that a line marks, to compare with.

    Returns:
        The Vega-Lite specification.
    """
    import altair as alt

    base = _rows(rows, tokens)
    value = alt.X("value:Q", title=unit, scale=alt.Scale(zero=True))
    layers: list[alt.Chart] = []
    if reference is not None:
        line = alt.Chart(alt.InlineData([{"at": reference}])).mark_rule(color=_SOFT)
        layers.append(line.encode(x=alt.X("at:Q", title=unit)))
    layers += [
        base.mark_bar(height=9, yOffset=_MARK, cornerRadius=2).encode(x=value, **_tone()),
        *_words(base),
    ]
    if any("low" in row for row in rows):
        layers.append(_bounds(base))
    return _finish(_height(rows), *layers)


def distributions(rows: Sequence[Point], tokens: int) -> dict[str, object]:
    """A chart with all samples of each row as ticks, its value as a dot and its interval as a line.

    Args:
        rows: as this module's top says; ``samples`` are latencies in milliseconds.
        tokens: the length that the page shows first.

    Returns:
        The Vega-Lite specification.
    """
    import altair as alt

    base = _rows(rows, tokens)
    axis = alt.X("sample:Q", title="ms", scale=alt.Scale(zero=False, nice=False, padding=8))
    ticks = base.transform_flatten(["samples"], ["sample"]).mark_tick(
        height=12, thickness=1.5, yOffset=_MARK, opacity=0.4
    )
    dots = base.mark_point(filled=True, size=55, yOffset=_MARK, opacity=1, stroke=_CARD)
    layers = (
        ticks.encode(x=axis, **_tone()),
        _bounds(base),
        dots.encode(x="value:Q", **_tone()),
        *_words(base),
    )
    return _finish(_height(rows), *layers)


def dots(rows: Sequence[Point], unit: str) -> dict[str, object]:
    """A chart with a dot and its interval for each row, and the row's words above it.

    Args:
        rows: as this module's top says.
        unit: what the values are in, for the axis.

    Returns:
        The Vega-Lite specification.
    """
    import altair as alt

    base = _rows(rows, None)
    value = alt.X("value:Q", title=unit, scale=_loose(zero=False))
    points = base.mark_point(filled=True, size=70, yOffset=_MARK, opacity=1, stroke=_CARD)
    layers = (_bounds(base), points.encode(x=value, **_tone()), *_words(base))
    return _finish(_height(rows), *layers)


def scatter(
    rows: Sequence[Point],
    tones: Tones,
    titles: tuple[str, str],
    tokens: int | None = None,
    *,
    zero: bool = True,
) -> dict[str, object]:
    """A chart of one number against another, a point for each file; the best ones are joined.

    Args:
        rows: ``x`` and ``value``, which is drawn upwards with its interval; ``kind``, which a shape
            stands for; ``front`` for the best ones, which have their ``name`` beside them.
        tones: a colour for each model or recipe, by the text of the legend.
        titles: of both axes, with units.
        tokens: the length that the page shows first; None where rows have no length.
        zero: whether the axis upwards begins at 0.

    Returns:
        The Vega-Lite specification.
    """
    import altair as alt

    base = _shown(rows, tokens).transform_joinaggregate(most="max(x)")
    x = alt.X("x:Q", title=titles[0], scale=_loose(zero=True))
    y = alt.Y("value:Q", title=titles[1], scale=_loose(zero=zero))
    best = base.transform_filter("datum.front")
    front = best.mark_line(interpolate="step-after", color=_SOFT, strokeDash=[3, 3])
    spread = base.mark_rule(strokeWidth=1.5).encode(x=x, y="low:Q", y2="high:Q", **_tone())
    points = base.mark_point(filled=True, size=80, opacity=1, stroke=_CARD)
    order: Any = [alt.SortField("x"), alt.SortField("value")]
    names = best.transform_window(rank="row_number()", sort=order)
    layers = (
        front.encode(x=x, y=y, order="x:Q"),
        spread,
        points.encode(x=x, y=y, **_kinds(tones), tooltip=_tips("x_text")),
        names.mark_text(**_BESIDE).encode(x=x, y=y, text="name:N"),
    )
    return _finish(_TALL, *layers)


def _loose(*, zero: bool) -> alt.Scale:
    """A scale with room at both ends: a mark at the edge of a chart is cut off."""
    import altair as alt

    return alt.Scale(zero=zero, nice=False, padding=24)


def curves(rows: Sequence[Point], tones: Tones) -> dict[str, object]:
    """A chart of latency over length, a line for each file.

    Args:
        rows: ``tokens`` and ``value``, in milliseconds, of every measured length.
        tones: a colour for each model and recipe, by the text of the legend.

    Returns:
        The Vega-Lite specification.
    """
    import altair as alt

    lengths = alt.Axis(values=sorted({row["tokens"] for row in rows}))
    x = alt.X("tokens:Q", title="tokens", scale=alt.Scale(zero=True), axis=lengths)
    y = alt.Y("value:Q", title="median latency, ms")
    dash = alt.StrokeDash("recipe:N", legend=alt.Legend(title=None, symbolStrokeColor=_SOFT))
    base = alt.Chart(alt.InlineData(list(rows)))
    lines = base.mark_line(strokeWidth=1.5).encode(
        x=x, y=y, detail="label:N", strokeDash=dash, **_tone()
    )
    points = base.mark_point(filled=True, size=50, opacity=1, stroke=_CARD)
    marks = points.encode(x=x, y=y, **_kinds(tones), tooltip=_tips("tokens"))
    return _finish(_TALL, lines, marks)


def _shown(rows: Sequence[Point], tokens: int | None) -> alt.Chart:
    """A chart of the rows whose length is ``tokens`` at first.

    Of all of them where that is None.
    """
    import altair as alt

    chart = alt.Chart(alt.InlineData(list(rows)))
    if tokens is None:
        return chart
    parameter = alt.param(name="tokens", value=tokens)
    return chart.add_params(parameter).transform_filter("datum.tokens == tokens")


def _rows(rows: Sequence[Point], tokens: int | None) -> alt.Chart:
    """As :func:`_shown`, with the rows below each other, those of each length from the top."""
    import altair as alt

    places = Counter[Any]()
    placed = []
    for row in rows:
        placed.append({**row, "place": places[row.get("tokens")]})
        places[row.get("tokens")] += 1
    scale = alt.Scale(domain=list(range(_most(rows))))
    return _shown(placed, tokens).encode(y=alt.Y("place:O", axis=None, scale=scale))


def _most(rows: Sequence[Point]) -> int:
    """How many rows the length has that has most of them: the place that a chart needs."""
    return max(Counter(row.get("tokens") for row in rows).values())


def _height(rows: Sequence[Point]) -> int:
    """The height of a chart with a line for each row, in pixels.

    It is a number and not Vega-Lite's "step", of which it warns where the width is the container's.
    """
    return _ROW_HEIGHT * _most(rows)


def _words(base: alt.Chart) -> tuple[alt.Chart, alt.Chart]:
    """Two layers of words above each row: what it is, on the left, and its value, on the right."""
    import altair as alt

    room: Any = {"expr": "width - 100"}  # operators' names may be longer
    left = base.mark_text(align="left", yOffset=_LABEL, color=_INK, fontSize=12, limit=room)
    right = base.mark_text(align="right", yOffset=_LABEL, color=_SOFT, fontSize=12)
    return (
        left.encode(x=alt.value(0), text="label:N"),
        right.encode(x=alt.value("width"), text="text:N"),
    )


def _bounds(base: alt.Chart) -> alt.Chart:
    """A layer with the interval of each row, as a line."""
    line = base.mark_rule(yOffset=_MARK, color=_INK, strokeWidth=1.5)
    bounds: alt.Chart = line.encode(x="low:Q", x2="high:Q")
    return bounds


def _tone() -> dict[str, object]:
    """The colour that each row names for itself."""
    import altair as alt

    return {"color": alt.Color("tone:N", scale=None)}


def _kinds(tones: Tones) -> dict[str, object]:
    """The encoding of colour and shape, with a legend for each."""
    import altair as alt

    scale = alt.Scale(domain=list(tones), range=list(tones.values()))
    return {
        "color": alt.Color("key:N", scale=scale, legend=alt.Legend(title=None)),
        "shape": alt.Shape("kind:N", legend=alt.Legend(title=None, symbolFillColor=_SOFT)),
    }


def _tips(*names: str) -> list[alt.Tooltip]:
    """What is shown where the pointer is: these fields of a row."""
    import altair as alt

    return [alt.Tooltip(f"{name}:N") for name in ("label", "text", *names)]


def _finish(height: int, *layers: alt.Chart) -> dict[str, object]:
    """The specification of a chart of these layers, in the page's fonts and colours."""
    import altair as alt

    words = {"labelColor": _SOFT, "titleColor": _SOFT, "labelFontSize": 12, "titleFontSize": 12}
    lines = {"gridColor": _LINE, "domain": False, "ticks": False}
    size = {"width": "container", "height": height, "autosize": alt.AutoSizeParams(type="fit-x")}
    chart: Any = alt.layer(*layers).properties(**size, background="transparent", padding=0)
    spec: dict[str, Any] = (
        chart.configure(font=_FONT)
        .configure_view(stroke=None)
        .configure_axis(**words, **lines, titleFontWeight="normal", labelPadding=6, tickCount=5)
        .configure_legend(**words, orient="top", symbolSize=80, columns=2)
        .to_dict()
    )
    spec["config"]["legend"]["layout"] = _STACKED  # Vega has it, Altair's schema has not
    return spec
