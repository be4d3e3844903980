"""Apple's own Core AI runtime, on macOS and on Linux.

A saved asset is compiled into a temporary folder and run from there, which is the documented way on
Linux (``coreai.authoring.AIModelAsset.executable``).
"""

from __future__ import annotations

import asyncio
import contextlib
import importlib.metadata
import os
import sys
from collections.abc import Iterator, Mapping
from contextlib import AsyncExitStack
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from edgekit.converters.coreai_facts import FUNCTION, check

if TYPE_CHECKING:
    from coreai.runtime import InferenceFunction


class CoreAi:
    """A Core AI asset, which has a function for each of its lengths.

    Outside of macOS it computes on the CPU.

    Args:
        path: the ``.aimodel``.
        threads: plays no part.
    """

    batched = False

    def __init__(self, path: Path, threads: int = 0) -> None:
        check(path)
        self.runtime = f"Core AI {importlib.metadata.version('coreai-core')}"
        self._loop = asyncio.new_event_loop()
        with _quiet():
            self._functions = self._loop.run_until_complete(_functions(path))
        self.lengths = tuple(sorted(self._functions))

    def run(self, feed: Mapping[str, np.ndarray]) -> dict[str, np.ndarray]:
        """One inference: int32 (1, length) in, float32 with a batch axis out."""
        from coreai.runtime import NDArray

        function = self._functions[feed["input_ids"].shape[1]]
        inputs = {name: NDArray(np.ascontiguousarray(array)) for name, array in feed.items()}
        outputs = self._loop.run_until_complete(function(inputs))
        return {name: np.asarray(value.numpy()) for name, value in outputs.items()}

    def layers(self, feed: Mapping[str, np.ndarray]) -> list[np.ndarray]:
        """Empty: nothing inside a compiled program can be seen."""
        return []


@contextlib.contextmanager
def _quiet() -> Iterator[None]:
    """Keeps the runtime's words off the process's standard error.

    It tells of each function that it loads there, and has no switch for that.
    """
    sys.stderr.flush()
    kept, null = os.dup(2), os.open(os.devnull, os.O_WRONLY)
    os.dup2(null, 2)
    try:
        yield
    finally:
        os.dup2(kept, 2)
        os.close(kept)
        os.close(null)


async def _functions(path: Path) -> dict[int, InferenceFunction]:
    """Loads every function of an asset, by its length in tokens.

    What was compiled is in memory then, and its folder is removed.
    """
    from coreai.authoring import AIModelAsset

    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(AIModelAsset.load(path).executable())
        return {
            int(name.removeprefix(FUNCTION)): model.load_function(name)
            for name in model.function_names
        }
