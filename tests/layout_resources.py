"""The folder ``res`` of an Android app, read as a phone of one look would read it."""

from __future__ import annotations

import xml.etree.ElementTree as ET
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from pathlib import Path
from typing import TypeAlias

ANDROID = "{http://schemas.android.com/apk/res/android}"
Attributes: TypeAlias = Mapping[str, str]


@dataclass(frozen=True)
class Look:
    """How a phone is set.

    Attributes:
        night: The dark theme.
        rtl: A language from right to left: Android mirrors the layout.
        font_scale: The user's size of letters.
        width_dp: The screen's width.
    """

    night: bool = False
    rtl: bool = False
    font_scale: float = 1.0
    width_dp: int = 360

    @property
    def name(self) -> str:
        parts = (self.night and "dark", self.rtl and "rtl", self.font_scale != 1 and "large")
        return "-".join(filter(None, parts)) or "light"


@dataclass(frozen=True)
class Resources:
    """The folder ``res`` of an app, read for one look."""

    folder: Path
    look: Look = field(default_factory=Look)

    @cached_property
    def strings(self) -> Mapping[str, str]:
        found = {each.get("name", ""): each.text or "" for each in self._values("string")}
        return {name: _unescaped(text) for name, text in found.items()}

    @cached_property
    def colors(self) -> Mapping[str, str]:
        return {each.get("name", ""): (each.text or "").strip() for each in self._values("color")}

    @cached_property
    def styles(self) -> Mapping[str, Attributes]:
        rows = {each.get("name", ""): each for each in self._values("style")}
        return {name: self._style(name, rows) for name in rows}

    def attributes(self, element: ET.Element) -> dict[str, str]:
        """Those of a view, its style's included, without the prefix ``android:``."""
        style = element.get("style", "").removeprefix("@style/")
        own = {name.removeprefix(ANDROID): value for name, value in element.attrib.items()}
        return {**(self.styles[style] if style else {}), **own}

    def drawable(self, name: str) -> ET.Element:
        return ET.parse(self.folder / "drawable" / f"{name}.xml").getroot()

    def layout(self, name: str) -> ET.Element:
        return ET.parse(self.folder / "layout" / f"{name}.xml").getroot()

    def text(self, value: str) -> str:
        name = value.removeprefix("@string/")
        return value if name == value else self.strings[name]

    def color(self, value: str) -> str:
        """As CSS has it: Android puts the opacity first, CSS last."""
        if value == "@android:color/transparent":
            return "transparent"
        found = self.colors[value.removeprefix("@color/")] if value.startswith("@") else value
        return f"#{found[3:]}{found[1:3]}" if len(found) == 9 else found

    def _values(self, tag: str) -> Iterable[ET.Element]:
        folders = ["values", "values-night"] if self.look.night else ["values"]
        for folder in folders:
            for path in sorted((self.folder / folder).glob("*.xml")):
                yield from ET.parse(path).getroot().iter(tag)

    def _style(self, name: str, rows: Mapping[str, ET.Element]) -> Attributes:
        row = rows[name]
        parent = row.get("parent", name.rpartition(".")[0]).removeprefix("@style/")
        above = self._style(parent, rows) if parent in rows else {}
        items = {item.get("name", ""): item.text or "" for item in row.iter("item")}
        return {**above, **{key.removeprefix("android:"): text for key, text in items.items()}}


def _unescaped(text: str) -> str:
    return text.replace(r"\n", "\n").replace(r"\'", "'").replace(r"\"", '"')
