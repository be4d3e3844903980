"""A text on its way to tokens: each part knows its place in what was given."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass

Span = tuple[int, int]


@dataclass(frozen=True)
class Text:
    """Code points, and the place in the text as it was given that each came from."""

    points: tuple[int, ...]
    spans: tuple[Span, ...]

    @classmethod
    def of(cls, text: str) -> Text:
        return cls(tuple(map(ord, text)), tuple((n, n + 1) for n in range(len(text))))

    def __str__(self) -> str:
        return "".join(map(chr, self.points))

    def part(self, start: int, end: int) -> Text:
        return Text(self.points[start:end], self.spans[start:end])

    def kept(self, keep: Callable[[int], bool]) -> Text:
        places = [place for place, point in enumerate(self.points) if keep(point)]
        return Text(
            tuple(self.points[place] for place in places),
            tuple(self.spans[place] for place in places),
        )

    def changed(self, rows: Sequence[tuple[int, int]]) -> Text:
        """Each new code point with its change: 1 is a further one, 0 stands for the next of the
        old ones, -n for the next and n that follow it.
        """
        place, spans = 0, []
        for _, change in rows:
            if change > 0:
                spans.append(self.spans[place - 1] if place else self.spans[0][:1] * 2)
            else:
                spans.append(self.spans[place])
                place += 1 - change
        return Text(tuple(point for point, _ in rows), tuple(spans))


@dataclass(frozen=True)
class Piece:
    """A word, or an added token of that id."""

    text: Text
    added: int | None = None


@dataclass(frozen=True)
class Token:
    """An id with its place in its own text, and the number of its word there."""

    id: int
    span: Span
    word: int
    blanks: Span = (0, 0)  # before and behind it, within its span


@dataclass(frozen=True)
class Encoding:
    """A row as the library gives it; ``None`` where a special token is."""

    ids: list[int]
    type_ids: list[int]
    offsets: list[Span]
    sequence_ids: list[int | None]
    word_ids: list[int | None]


def whole(text: Text) -> Span:
    return text.spans[0][0], text.spans[-1][1]
