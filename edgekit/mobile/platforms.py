"""The platforms that apps are made for: their projects, and where one's own goes in these."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from importlib.util import find_spec
from pathlib import Path

from edgekit.errors import PlanError, UnsupportedError


def folder(name: str) -> Path:
    """The folder of a project that edgekit carries; in a checkout it is a link.

    Args:
        name: ``android_demo``, ``ios_demo`` or the like.
    """
    spec = find_spec(f"{__package__}.{name}")
    places = spec.submodule_search_locations if spec else None
    return Path(next(iter(places or [str(Path(__file__).with_name(name))])))


@dataclass(frozen=True, kw_only=True)
class AppPlatform:
    """What an app is made for.

    Attributes:
        name: as the command line has it.
        runtimes: by format, what opens it in the app.
        preferred: formats of which the smallest file is taken where none is named.
        otherwise: the end of a sentence that begins "convert": what else helps with other files.
    """

    name: str
    runtimes: Mapping[str, str]
    preferred: tuple[str, ...]
    otherwise: str = ""


@dataclass(frozen=True, kw_only=True)
class Project(AppPlatform):
    """A platform whose app is a project that is copied, and then its owner's.

    Attributes:
        runtimes: by format, the project's module that opens it.
        project: the folder with the project that is copied.
        bundles: where bundles are in it, each as a folder of its own.
        suffix: of a bundle's folder there.
        settings: the file whose lines ``KEY = value`` name the app.
        keys: in that file the keys of the application id, the app's name and, where the project has
            a module for each runtime, of those.
        separator: between key and value.
        escape: writes a value as the file's readers want it.
        segment: a regular expression for the parts of an application id.
        build: how the project is opened or built, for people.
        device: what edgekit bench calls it.
        activity: what follows the application id in the name of that which measures.
    """

    project: Path
    bundles: Path
    suffix: str
    settings: Path
    keys: tuple[str, ...]
    separator: str
    escape: Callable[[str], str]
    segment: str
    build: str
    device: str
    activity: str

    def check_id(self, application_id: str) -> None:
        """Checks an application id, like ``com.example.reviews``.

        Raises:
            PlanError: the platform does not take it.
        """
        parts = application_id.split(".")
        if len(parts) < 2 or not all(re.fullmatch(self.segment, part) for part in parts):
            raise PlanError(
                f"'{application_id}' is no application id of {self.name}: give two or more parts "
                "of letters and digits, like com.example.reviews"
            )


def _escaped(value: str) -> str:
    """As Java's property files have it, which are read as Latin-1."""
    units = value.encode("utf-16-be")
    pairs = (int.from_bytes(units[n : n + 2], "big") for n in range(0, len(units), 2))
    return "".join(chr(unit) if 32 <= unit < 127 else f"\\u{unit:04x}" for unit in pairs)


ANDROID = Project(
    name="android",
    project=folder("android_demo"),
    bundles=Path("app/src/main/assets/bundles"),
    suffix="",
    settings=Path("edgekit.properties"),
    keys=("applicationId", "appName", "runtimes"),
    separator="=",
    escape=_escaped,
    runtimes={"tflite": "litert", "onnx": "onnx", "executorch": "executorch"},
    preferred=("tflite", "onnx"),
    segment=r"[A-Za-z][A-Za-z0-9_]*",
    build="open {out} in Android Studio, or run `gradle assembleDebug` in it",
    device="android",
    activity="/dev.edgekit.demo.BenchmarkActivity",
)
APK = replace(  # made here, of libraries that are here
    ANDROID,
    name="android as an APK",
    runtimes={"onnx": "onnx"},
    preferred=("onnx",),
    otherwise=", or make a project with -o, which opens tflite and executorch too",
)
IOS = Project(
    name="ios",
    project=folder("ios_demo"),
    bundles=Path("App/Bundles"),
    suffix=".edgekit",
    settings=Path("App/Identifiers.xcconfig"),
    keys=("PRODUCT_BUNDLE_IDENTIFIER", "EDGEKIT_APP_NAME"),
    separator=" = ",
    escape=str,
    runtimes={"coreml": "EdgekitCoreML", "coreai": "EdgekitCoreAI"},
    preferred=("coreml",),
    segment=r"[A-Za-z0-9-]+",
    build="open {out}/App/EdgekitDemo.xcodeproj in Xcode, and choose your team",
    device="ios",
    activity="",
)
PROJECTS: Mapping[str, Project] = {row.name: row for row in (ANDROID, IOS)}
WEB = AppPlatform(
    name="web", runtimes={"onnx": "onnxruntime-web", "tflite": "LiteRT"}, preferred=("onnx",)
)
PLATFORMS: Mapping[str, AppPlatform] = {**PROJECTS, WEB.name: WEB}


def get(name: str) -> AppPlatform:
    """The platform of that name.

    Raises:
        UnsupportedError: there is none.
    """
    if name not in PLATFORMS:
        raise UnsupportedError(f"unknown platform '{name}': choose {' or '.join(PLATFORMS)}")
    return PLATFORMS[name]
