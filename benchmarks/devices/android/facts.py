"""What a phone says of itself, asked in one go; each fact is None where it does not tell.

Only commands that every Android has are used, and any of them may be missing or refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TypeAlias, TypeVar

_MARK = "@@edgekit"  # begins the line before each answer
_CPU = "/sys/devices/system/cpu/cpu*/cpufreq"
_BATTERY = "/sys/class/power_supply/battery"
# PowerManager.THERMAL_STATUS_*, by their numbers
THERMAL = ("none", "light", "moderate", "severe", "critical", "emergency", "shutdown")
_FEATURES = ("asimd", "asimddp", "i8mm", "bf16", "sve", "sve2", "sme")
_KB = 1024  # as /proc and df say kB
T = TypeVar("T")


Read: TypeAlias = Callable[[str], object]


@dataclass(frozen=True)
class Ask:
    """One fact.

    Attributes:
        command: the line for the phone's shell.
        read: reads the fact, a plain JSON value, in what the line printed; None if it is not there.
    """

    command: str
    read: Read


def _line(text: str) -> str | None:
    """The first line that is not empty, or None."""
    return next(filter(None, map(str.strip, text.splitlines())), None)


def _after(key: str, kind: Callable[[str], T]) -> Callable[[str], T | None]:
    """A function that reads the text after ``key:`` or ``key=`` on a line.

    Args:
        key: a regular expression.
        kind: makes a value of the text; None is given where it raises ValueError.
    """

    def read(text: str) -> T | None:
        found = re.search(rf"^\s*{key}\s*[:=]\s*(\S.*?)\s*$", text, re.MULTILINE | re.IGNORECASE)
        if found is None:
            return None
        try:
            return kind(found[1])
        except ValueError:
            return None

    return read


def _whole(text: str) -> int | None:
    """The whole number that a text begins with; None without one."""
    found = re.match(r"\s*(-?\d+)\b", text)
    return int(found[1]) if found else None


def _lines(text: str) -> list[str] | None:
    """The lines of a text, each once and sorted: clusters of cores may have a governor each."""
    return sorted({line.strip() for line in text.splitlines() if line.strip()}) or None


def _sum(text: str) -> int | None:
    """The sum of numbers that stand alone between blanks; None where there are none, or only 0."""
    numbers = [int(line) for line in text.split() if line.isdigit()]
    return sum(numbers) or None


def _cores(text: str) -> int | None:
    return len(re.findall(r"^processor\s*:", text, re.MULTILINE)) or None


def _features(text: str) -> list[str] | None:
    found = _after("Features", str)(text)
    return [name for name in _FEATURES if name in found.split()] if found else None


def _kilobytes(text: str) -> int:
    """The bytes of a text like ``3907072 kB``."""
    return int(text.split()[0]) * _KB


def _celsius(text: str) -> float:
    """Degrees Celsius of the tenths that Android tells."""
    return int(text) / 10


def _volts(text: str) -> float:
    return int(text) / 1000


def _switch(text: str) -> bool | None:
    found = _whole(text)
    return None if found is None else bool(found)


def _plugged(text: str) -> bool | None:
    found = re.findall(r"^\s*\w+ powered:\s*(true|false)", text, re.MULTILINE | re.IGNORECASE)
    return any(each.lower() == "true" for each in found) if found else None


def _thermal(text: str) -> str | None:
    number = _after("Thermal Status", int)(text)
    return THERMAL[number] if number is not None and 0 <= number < len(THERMAL) else None


def _screen(text: str) -> str | None:
    """Whether the screen is ``on`` or ``off``, by ``dumpsys power``.

    None where that does not say it.
    """
    found = _after("Display Power: state", str)(text) or _after("mWakefulness", str)(text)
    states = {"ON": "on", "OFF": "off", "AWAKE": "on", "ASLEEP": "off", "DOZING": "off"}
    return states.get(found.upper(), found.lower()) if found else None


def _free(text: str) -> int | None:
    """What is free by ``df -k``, whose fourth column tells kilobytes, in bytes."""
    columns = text.strip().splitlines()[-1].split() if text.strip() else []
    return int(columns[3]) * _KB if len(columns) > 3 and columns[3].isdigit() else None


def _property(name: str) -> Ask:
    return Ask(f"getprop {name}", _line)


STATIC: Mapping[str, Ask] = {
    "manufacturer": _property("ro.product.manufacturer"),
    "model": _property("ro.product.model"),
    "soc_maker": _property("ro.soc.manufacturer"),
    "soc_model": _property("ro.soc.model"),
    "platform": _property("ro.board.platform"),
    "abis": _property("ro.product.cpu.abilist"),
    "android": _property("ro.build.version.release"),
    "api_level": Ask("getprop ro.build.version.sdk", _whole),
    "emulator": _property("ro.kernel.qemu"),
    "architecture": Ask("uname -m", _line),
    "cores": Ask("cat /proc/cpuinfo", _cores),
    "features": Ask("cat /proc/cpuinfo", _features),
    "memory_bytes": Ask("cat /proc/meminfo", _after("MemTotal", _kilobytes)),
}
NOW: Mapping[str, Ask] = {
    "governor": Ask(f"cat {_CPU}/scaling_governor", _lines),
    "clock_limit_khz": Ask(f"cat {_CPU}/scaling_max_freq", _sum),
    "battery_percent": Ask("dumpsys battery", _after("level", int)),
    "battery_celsius": Ask("dumpsys battery", _after("temperature", _celsius)),
    "battery_volts": Ask("dumpsys battery", _after("voltage", _volts)),
    "plugged": Ask("dumpsys battery", _plugged),
    "charge_uah": Ask("dumpsys battery", _after("charge counter", int)),
    "current_ua": Ask(f"cat {_BATTERY}/current_now", _whole),
    "thermal_status": Ask("dumpsys thermalservice", _thermal),
    "battery_saver": Ask("settings get global low_power", _switch),
    "screen": Ask("dumpsys power", _screen),
    "free_bytes": Ask("df -k /data/local/tmp", _free),
}


def ask(shell: Callable[[str], str], asks: Mapping[str, Ask]) -> dict[str, object]:
    """Asks for facts, all of them in one line for the shell.

    Args:
        shell: runs a line in the phone's shell and returns what it printed.
        asks: the facts by their names.

    Returns:
        Their values by their names, None where the phone does not tell.
    """
    commands = list(dict.fromkeys(each.command for each in asks.values()))
    lines = [f"echo {_MARK}; {command} 2>/dev/null; echo" for command in commands]
    parts = shell("; ".join([*lines, "true"])).replace("\r", "").split(_MARK)[1:]
    answers = dict(zip(commands, parts, strict=False))
    return {name: each.read(answers.get(each.command, "")) for name, each in asks.items()}


def machine(facts: Mapping[str, object]) -> str:
    """The hardware in one line, like ``Google Pixel 7 (Google Tensor GT10), 8 cores``.

    Args:
        facts: those of :data:`STATIC`.
    """
    maker, model = str(facts["manufacturer"] or ""), str(facts["model"] or "unknown model")
    name = model if model.lower().startswith(maker.lower()) else f"{maker} {model}"
    soc = " ".join(str(facts[key]) for key in ("soc_maker", "soc_model") if facts[key])
    soc = soc or str(facts["platform"] or "")
    cores = f", {facts['cores']} cores" if facts["cores"] else ""
    return f"{name}{f' ({soc})' if soc else ''}{cores}"
