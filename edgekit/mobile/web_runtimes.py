"""The runtimes of a site, from npm's registry: a table of them, and which a bundle's files need."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path

from edgekit.benchmarks.devices.browser import setup
from edgekit.toolchains import npm
from edgekit.toolchains.setup import Part, Run, Say, Setup

_LITERT = npm.Package(
    "@litertjs/core",
    "2.5.3",
    "sha512-PlGmbMOq9WitX7FO0jhbdJw9GthatsyuCQXjTt/wJZo0FLaw48q4tz8IwqgqCIkviYGr9OFDL1kCnN4nzWoyJQ==",
)
_LITERT_FILES = ("litert_wasm_internal.js", "litert_wasm_internal.wasm")


def _fetch_litert(folder: Path, run: Run) -> None:
    """Fetches LiteRT.js into a folder of the cache."""
    npm.unpack(_LITERT, tuple(f"wasm/{name}" for name in _LITERT_FILES), folder)


_LITERT_SETUP = Setup(
    "litert-web",
    (
        Part(
            f"fetch LiteRT for the web {_LITERT.version}, 12 MB",
            "check the network and npm_config_registry and try again",
            _fetch_litert,
        ),
    ),
    lambda: {"package": [_LITERT.version, _LITERT.integrity], "files": list(_LITERT_FILES)},
)


@dataclass(frozen=True)
class WebRuntime:
    """A runtime that the app of ``web_demo/`` starts.

    Attributes:
        name: what the app calls it.
        title: its name and version, for people.
        format: of the files that it opens.
        opens: what a manifest calls it.
        accelerator: where it computes.
        place: the folder of its files in a site.
        files: what it consists of.
        wasm: the one of them that is large, and loaded on request.
        fetch: brings the files into edgekit's cache, and returns their folder there.
    """

    name: str
    title: str
    format: str
    opens: str
    accelerator: str
    place: str
    files: tuple[str, ...]
    wasm: str
    fetch: Callable[[Say], Path]

    @property
    def wasm_path(self) -> str:
        """Where its WebAssembly is in a site."""
        return f"{self.place}/{self.wasm}"


ONNX = WebRuntime(
    name="onnxruntime",
    title=f"onnxruntime-web {setup.VERSION}",
    format="onnx",
    opens="onnxruntime",
    accelerator="WebAssembly",
    place="ort",
    files=tuple(setup.WASM_FILES),
    wasm="ort-wasm-simd-threaded.wasm",
    fetch=setup.setup,
)
ONNX_WEBGPU = WebRuntime(
    name="onnxruntime-webgpu",
    title=f"onnxruntime-web {setup.VERSION}",
    format="onnx",
    opens="onnxruntime",
    accelerator="WebGPU",
    place="ort",
    files=tuple(setup.WEBGPU_FILES),
    wasm="ort-wasm-simd-threaded.jspi.wasm",
    fetch=setup.setup,
)
LITERT = WebRuntime(
    name="litert",
    title=f"LiteRT {_LITERT.version}",
    format="tflite",
    opens="litert",
    accelerator="WebAssembly",
    place="litert",
    files=_LITERT_FILES,
    wasm="litert_wasm_internal.wasm",
    fetch=lambda say: _LITERT_SETUP.make(say) / "wasm",
)
_RUNTIMES = (ONNX, ONNX_WEBGPU, LITERT)


def needed(formats: Iterable[str]) -> tuple[WebRuntime, ...]:
    """The runtimes that open files of some formats.

    onnxruntime-web is always among them: ``edgekit bench --via app`` measures with it.
    """
    wanted = set(formats)
    return tuple(row for row in _RUNTIMES if row is ONNX or row.format in wanted)
