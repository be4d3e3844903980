"""``golden.json``: what is kept of PyTorch's answers, and what is read of it again."""

from __future__ import annotations

from collections.abc import Callable
from types import SimpleNamespace

import numpy as np
import pytest
from msgspec import structs
from test_tokenizer import unigram

from edgekit.bundle import Bundle
from edgekit.errors import BundleError
from edgekit.golden import GoldenCase, Sample
from edgekit.manifest.proofs import Scale
from edgekit.model import tasks
from edgekit.proof import golden
from edgekit.proof.probe import Probe
from edgekit.proof.reference import Reference
from edgekit.proof.scales import scales
from edgekit.runtime import table
from edgekit.runtime.feeding import feed, row
from edgekit.signature import Signature
from edgekit.tokens.texts import Case, cases

TASK = tasks.get("text-classification")


def test_of_more_than_1024_values_an_even_sample_is_kept() -> None:
    few = np.arange(1024, dtype=np.float32).reshape(2, 512) / 3
    kept = golden.sample(few, softmax=True)
    assert kept.values[:3] == (0, 0.3333333, 0.6666667), "seven digits"
    assert (len(kept.values), kept.indices, kept.row_means) == (1024, None, None)
    many = np.arange(2050, dtype=np.float32).reshape(2, 1025)
    kept = golden.sample(many, softmax=False)
    assert kept.shape == (2, 1025)
    assert kept.indices == kept.values == tuple(np.linspace(0, 2049, 1024).astype(int))
    assert kept.row_means is None
    assert golden.sample(many, softmax=True).row_means == (512, 1537)


def written(case: Case | None, kind: str, *logits: float, mask: tuple[int, ...] = ()) -> Probe:
    values = {"logits": np.array(logits, np.float32)}
    return Probe(f"a {kind}", kind, (1, 2, 3), (0, 0, 1), (0, 1, 2), values, case, (), None, mask)


def test_texts_are_written_with_offsets_and_made_up_rows_where_there_are_none() -> None:
    case = Case("a text", ("é",), "longest_first", 9, "left", "query")
    probes = (
        written(case, "text", 1, 4, 2, mask=(1, 1, 0)),
        written(None, "length", 3),
        written(None, "adversarial", 3),
    )
    known = {"logits": Scale(largest=1 / 3, spread=2 / 3)}
    reference = Reference(TASK, Signature((), (), ()), probes, known, 9)
    tokenizer = unigram()
    found = golden.content(tokenizer, reference)
    assert (found.max_length, found.truncation_side) == (9, tokenizer.truncation_side)
    assert found.scales == {"logits": Scale(largest=0.3333333, spread=0.6666667)}
    (text,) = found.cases
    offsets = [*tokenizer.backend_tokenizer.encode("é").offsets, (0, 0), (0, 0), (0, 0)][:3]
    assert text == GoldenCase(
        name="a text",
        text=("é",),
        truncation="longest_first",
        truncation_side="left",
        max_length=9,
        role="query",
        offsets=tuple(offsets),
        input_ids=(1, 2, 3),
        attention_mask=(1, 1, 0),
        token_type_ids=(0, 0, 1),
        outputs={"logits": Sample(shape=(3,), values=(1, 4, 2))},
        rows=(0, 1, 2),
        choices=(1,),
        margins=(2,),
    )
    found = golden.content(None, reference)
    assert found.truncation_side is None
    (made_up,) = found.cases
    assert (made_up.name, made_up.text, made_up.offsets) == ("a length", None, None)
    assert made_up.attention_mask == (1, 1, 1)
    assert made_up.margins == (pytest.approx(np.finfo(np.float32).max, rel=1e-6),), "of one label"


def test_a_sample_is_read_with_what_a_softmax_and_a_decision_need(
    small: Callable[[str], Bundle],
) -> None:
    bundle = small("fill-mask")
    reference, task = golden.read(bundle), tasks.get("fill-mask")
    assert [probe.case for probe in reference.probes] == list(cases(64, "right"))
    assert (reference.task, reference.max_length, reference.least) == (task, 64, 1)
    (session,) = table.sessions(bundle.artifacts[0].path, "onnx")
    for probe in reference.probes[:5]:
        outputs = session.run(feed((probe,), len(probe), reference.signature))
        whole = row(outputs, 0, probe.rows, reference.signature)
        logits, kept = whole["logits"], probe.samples["logits"]
        assert (probe.kind, kept.shape) == ("text", logits.shape)
        close = {"atol": 1e-4, "rtol": 1e-4}
        np.testing.assert_allclose(probe.outputs["logits"], logits.ravel()[kept.places], **close)
        np.testing.assert_allclose(kept.row_means, logits.mean(-1), **close)
        for stored, decided in zip(probe.decision, task.decision(whole), strict=True):
            np.testing.assert_allclose(stored, decided, **close)


OLD = {"choices": None, "margins": None}


@pytest.mark.parametrize(
    ("task", "changes", "kind", "decided"),
    [
        ("text-classification", OLD, "text", None),
        ("fill-mask", OLD, "text", 0),
        ("fill-mask", {"choices": (1, 2), "margins": (0.5, 2.0)}, "text", 2),
        ("fill-mask", {"truncation": None}, "text", ...),
        ("fill-mask", {"max_length": None}, "text", ...),
        ("fill-mask", {"truncation_side": None}, "text", ...),
        ("fill-mask", {"text": None}, "length", ...),
    ],
)
def test_what_older_bundles_lack_is_told_from_their_outputs(
    task: str,
    changes: dict[str, object],
    kind: str,
    decided: int | None,
    small: Callable[[str], Bundle],
) -> None:
    """Decisions: none can be taken of a sample. Without how a text was cut, ids are known alone."""
    bundle = small(task)
    case = structs.replace(bundle.golden().cases[0], **changes)
    found = golden.read(stored(bundle, scales=None, cases=(case,)))
    (probe,) = found.probes
    assert found.least == 0
    assert found.scales == scales(found.probes, found.task)
    assert (probe.kind, probe.case is None) == (kind, decided is ...)
    assert bool(probe.samples) == (task == "fill-mask")
    if decided is not ...:
        known = probe.decision or ()
        assert [len(part) for part in known] == ([] if decided is None else [decided] * 2)


def test_a_sample_of_what_no_softmax_follows_has_no_means(small: Callable[[str], Bundle]) -> None:
    bundle = small("fill-mask")
    case = bundle.golden().cases[0]
    logits = structs.replace(case.outputs["logits"], row_means=None)
    changed = structs.replace(case, outputs={"logits": logits})
    (probe,) = golden.read(stored(bundle, cases=(changed,))).probes
    np.testing.assert_array_equal(probe.samples["logits"].row_means, [0] * logits.shape[0])


def stored(bundle: Bundle, **changes: object) -> SimpleNamespace:
    """A bundle in which ``golden.json`` is another."""
    content = structs.replace(bundle.golden(), **changes)
    return SimpleNamespace(
        golden=lambda: content, manifest=bundle.manifest, signature=bundle.signature
    )


@pytest.mark.parametrize(
    ("changes", "message"),
    [
        ({"max_length": 32}, "for max_length 32, and manifest.json says 64"),
        ({"truncation_side": "left"}, "for truncation_side left, and manifest.json says right"),
    ],
)
def test_texts_that_were_made_for_other_settings_are_not_compared(
    changes: dict[str, object], message: str, small: Callable[[str], Bundle]
) -> None:
    bundle = small("text-classification")
    with pytest.raises(BundleError, match=message):
        golden.read(stored(bundle, **changes))
    assert golden.read(stored(bundle, truncation_side=None)).probes, "of before 1.4"
