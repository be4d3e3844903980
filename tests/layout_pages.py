"""Android layouts as pages that a browser draws: the same XML, styles, words and colours.

It is not Android's own drawing. It knows the views and attributes that ``android_demo/app`` uses,
and refuses others; one dp is one CSS pixel. It shows what overflows, what cannot be read against
its background, and what is too small for a finger.
"""

from __future__ import annotations

import html
import re
import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from layout_resources import ANDROID, Attributes, Resources


@dataclass(frozen=True)
class View:
    """What an app's code does to a view of a layout.

    Attributes:
        text: Its words; None leaves those of the layout.
        children: What is put into it: names of layouts, with what is done to their views.
        shown: False hides it; None leaves it as the layout has it.
        portion: How far a bar is filled, 0 to 1.
    """

    text: str | None = None
    children: Sequence[tuple[str, Mapping[str, View]]] = ()
    shown: bool | None = None
    portion: float = 0.0


def page(resources: Resources, layout: str, views: Mapping[str, View]) -> str:
    """A screen as a document of HTML.

    Args:
        resources: The app's.
        layout: Name of the screen's layout.
        views: What the app's code does, by the id of the view.

    Raises:
        KeyError: A view, an attribute or a resource is unknown.
    """
    look, color = resources.look, resources.color
    body = _Drawing(resources).element(resources.layout(layout), views, "vertical")
    sides = ("left", "right")
    back, text, hint = map(color, ("@color/background", "@color/text", "@color/text_secondary"))
    return (
        f'<!doctype html><html lang="en" dir="{"rtl" if look.rtl else "ltr"}">'
        f"<meta charset=utf-8><title>{html.escape(layout)}, {look.name}</title>"
        f"<style>:root{{--text:{text};--hint:{hint};background:{back};--scale:{look.font_scale};"
        f"--start:{sides[look.rtl]};--end:{sides[not look.rtl]}}}{_BASE}"
        f"body{{width:{look.width_dp}px}}</style><body>{body}</body></html>"
    )


@dataclass(frozen=True)
class _Drawing:
    resources: Resources

    def element(self, element: ET.Element, views: Mapping[str, View], axis: str) -> str:
        """A view and all in it, within a parent that stacks along this axis."""
        kind = element.tag.rpartition(".")[2]
        attributes = self.resources.attributes(element)
        name = attributes.get("id", "").rpartition("/")[2]
        view = views.get(name, View())
        styles = [*_KINDS[kind], *self._box(attributes, axis)]
        if view.shown is not None:
            attributes["visibility"] = "visible" if view.shown else "gone"
        styles.append(_VISIBILITY[attributes.get("visibility", "visible")])
        inner = self._inner(element, kind, attributes, views, view)
        css = html.escape(";".join(filter(None, styles)))
        role = "touch" if kind in ("Button", "EditText", "Spinner") else ""
        return f'<div class="{kind.lower()} {role}" data-id="{name}" style="{css}">{inner}</div>'

    def _inner(
        self,
        element: ET.Element,
        kind: str,
        attributes: Attributes,
        views: Mapping[str, View],
        view: View,
    ) -> str:
        if kind == "ProgressBar":
            color = self.resources.color("@color/primary")
            return f'<i style="width:{view.portion:.0%};background:{color}"></i>'
        if kind in ("TextView", "Button", "EditText", "Spinner", "Toolbar"):
            return self._words(kind, attributes, view)
        axis = attributes.get("orientation", "vertical")
        own = [self.element(child, views, axis) for child in element]
        put = [
            self.element(self.resources.layout(layout), inner, axis)
            for layout, inner in view.children
        ]
        return "".join(own + put)

    def _words(self, kind: str, attributes: Attributes, view: View) -> str:
        given = attributes.get("title") or attributes.get("text")
        words = view.text if view.text is not None else self.resources.text(given or "")
        shown = _marked(html.escape(words), self.resources)
        if kind == "Toolbar":
            arrow = '<b class="back">&#8592;</b>' if "navigationIcon" in attributes else ""
            return f"{arrow}<span>{shown}</span>"
        return shown + ('<b class="arrow">&#9662;</b>' if kind == "Spinner" else "")

    def _box(self, attributes: Attributes, axis: str) -> Iterable[str]:
        """The CSS of every attribute; those that say nothing of the drawing are passed over."""
        weight = attributes.get("layout_weight")
        for name, value in attributes.items():
            if name in ("layout_width", "layout_height"):
                yield self._size(name.removeprefix("layout_"), value, axis, weight is not None)
            elif name in _CSS:
                yield _CSS[name].format(self._length(value))
            elif name in _COLORS:
                yield f"{_COLORS[name]}:{self.resources.color(value)}"
            elif name == "textSize":
                yield f"font-size:{float(value[:-2]) * self.resources.look.font_scale:g}px"
            elif name == "background":
                yield from self._background(value)
            elif name == "orientation":
                yield f"flex-direction:{'row' if value == 'horizontal' else 'column'}"
            elif name in _WORDS:
                yield _WORDS[name].get(value, "")
            elif name not in _SILENT:
                raise KeyError(f"{name} of a layout is unknown to this drawing")
        if weight:
            yield f"flex:{weight} 1 0;min-width:0"

    def _size(self, side: str, value: str, axis: str, weighted: bool) -> str:
        along = (side == "width") == (axis == "horizontal")
        if weighted and along:
            return ""
        if value == "match_parent":
            return "align-self:stretch" if not along else f"{side}:100%"
        if value == "wrap_content":
            return "align-self:flex-start" if side == "width" and not along else ""
        return f"{side}:{self._length(value)};flex-shrink:0"

    def _background(self, value: str) -> Iterable[str]:
        if not value.startswith("@drawable/"):
            yield f"background:{self.resources.color(value)}"
            return
        name = value.removeprefix("@drawable/")
        if name == "button_text":  # its shape is only a mask of the ripple
            return
        shape = self.resources.drawable("field" if name == "choice" else name)
        for part in shape.iter():
            get = {key.removeprefix(ANDROID): text for key, text in part.attrib.items()}
            if part.tag == "solid":
                yield f"background:{self.resources.color(get['color'])}"
            elif part.tag == "corners":
                yield f"border-radius:{self._length(get['radius'])}"
            elif part.tag == "stroke":
                line = f"{self._length(get['width'])} solid {self.resources.color(get['color'])}"
                yield f"box-shadow:inset 0 0 0 {line.replace(' solid', '')}"

    @staticmethod
    def _length(value: str) -> str:
        return re.sub(r"^(-?[\d.]+)dp$", r"\1px", value)


def _marked(text: str, resources: Resources) -> str:
    """``{{1|words}}`` is marked with the colour of entities, ``{{words}}`` with that of answers."""

    def span(found: re.Match[str]) -> str:
        kind, words = found[1], found[2]
        back = resources.color(f"@color/entity_{kind}" if kind else "@color/highlight")
        front = resources.color("@color/text" if kind else "@color/on_highlight")
        return f'<mark style="background:{back};color:{front}">{words}</mark>'

    return re.sub(r"\{\{(?:(\d)\|)?(.*?)\}\}", span, text)


_KINDS: Mapping[str, Sequence[str]] = {
    "LinearLayout": ("display:flex", "flex-direction:row"),
    "FrameLayout": ("display:flex", "flex-direction:column"),
    "ScrollView": ("display:flex", "flex-direction:column"),
    "FlowLayout": ("display:flex", "flex-wrap:wrap", "gap:8px"),
    "TextView": (),
    "EditText": (),
    "Button": (),
    "Spinner": (),
    "Toolbar": (),
    "ProgressBar": (),
    "View": (),
}
_VISIBILITY = {"visible": "", "invisible": "visibility:hidden", "gone": "display:none"}
_CSS = {
    "layout_marginTop": "margin-top:{}",
    "layout_marginBottom": "margin-bottom:{}",
    "layout_marginStart": "margin-inline-start:{}",
    "layout_marginEnd": "margin-inline-end:{}",
    "padding": "padding:{}",
    "paddingTop": "padding-top:{}",
    "paddingBottom": "padding-bottom:{}",
    "paddingStart": "padding-inline-start:{}",
    "paddingEnd": "padding-inline-end:{}",
    "minHeight": "min-height:{}",
    "minWidth": "min-width:{}",
    "lineSpacingMultiplier": "line-height:calc(1.2 * {})",
    "minLines": "--lines:{}",
}
_COLORS = {"textColor": "color", "textColorHint": "--hint"}
_WORDS: Mapping[str, Mapping[str, str]] = {
    "fontFamily": {"sans-serif-medium": "font-weight:500"},
    "textAlignment": {"viewStart": "text-align:var(--start)", "viewEnd": "text-align:var(--end)"},
    "gravity": {
        "center_vertical": "align-items:center",
        "center": "display:flex;align-items:center;justify-content:center;text-align:center",
    },
    "baselineAligned": {"true": "align-items:baseline"},
    "enabled": {"false": "opacity:.38"},
    "fontFeatureSettings": {"tnum": "font-variant-numeric:tabular-nums"},
}
_SILENT = {
    *("id", "style", "layout_weight", "visibility", "text", "title", "hint", "labelFor", "max"),
    *("fitsSystemWindows", "fillViewport", "titleTextAppearance", "navigationIcon", "inputType"),
    *("navigationContentDescription", "accessibilityLiveRegion", "accessibilityHeading"),
    *("importantForAutofill", "importantForAccessibility", "contentDescription", "focusable"),
    *("stateListAnimator", "textAllCaps", "progressDrawable", "indeterminate", "maxLines"),
    *("textIsSelectable",),
}
_BASE = """
*{box-sizing:border-box}
html,body{margin:0}
body{font-family:Roboto,'DejaVu Sans',sans-serif;color:var(--text);overflow-x:hidden}
.textview,.edittext,.button,.spinner{unicode-bidi:plaintext}
[dir=rtl] .back{transform:scaleX(-1)}
.textview,.edittext,.button{white-space:pre-wrap;overflow-wrap:break-word;line-height:1.2}
.edittext{min-height:max(48px,calc(1.4em * var(--lines,1) + 24px))}
.toolbar{display:flex;align-items:center;gap:24px;padding:0 16px;
font-size:calc(22px * var(--scale));color:var(--text)}
.spinner{display:flex;align-items:center;justify-content:space-between;padding:0 12px;
font-size:calc(16px * var(--scale));color:var(--text)}
.progressbar{overflow:hidden;border-radius:4px;background:#8884;flex-shrink:0}
.progressbar i{display:block;height:100%;min-height:4px}
mark{border-radius:3px}
"""
