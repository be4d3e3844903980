"""Plays ``xcrun`` on a Mac, and an app that keeps docs/app-contract.md on its devices.

``HOME`` is a folder: ``mac.json`` says which devices there are and what fails, each call
is a line of ``calls.jsonl``, and ``containers`` are those of the app. What it does not know of
Apple's help texts is an error. The models are run by edgekit's runner for this machine, or by the
app that ``mac.json`` names as its ``program``.
"""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
import time
from collections.abc import Mapping
from pathlib import Path
from typing import Any

import xcode_output

HOME = Path(os.environ["HOME"])
MAC: dict[str, Any] = json.loads((HOME / "mac.json").read_text())
COPY = {"--device", "--source", "--destination", "--domain-type", "--domain-identifier"}
DEVICECTL: Mapping[str, set[str]] = {  # the options with a value that edgekit gives
    "list devices": set(),
    "device copy to": COPY,
    "device copy from": COPY,
    "device process launch": {"--device"},
}
SWITCHES = {"device process launch": {"--console", "--terminate-existing"}}
STATE = {
    **{"thermal_state": "nominal", "low_power": False, "cores": 6, "memory_bytes": 6 * 2**30},
    **{"battery_percent": 80, "plugged": True, "app_version": "1.0"},
}
RUNTIMES = {"coreml": "reference"}


def main() -> None:
    """A call."""
    tool, *words = sys.argv[1:]
    command = next((each for each in DEVICECTL if words[: len(each.split())] == each.split()), "")
    name = f"{tool} {command}" if command else f"{tool} {words[0]}"
    fault = _fault(name)
    with (HOME / "calls.jsonl").open("a") as calls:
        calls.write(json.dumps([name, *sys.argv[1:]]) + "\n")
    if "stderr" in fault:
        sys.exit(fault["stderr"])
    if "seconds" in fault:
        time.sleep(fault["seconds"])
    {"devicectl": _devicectl, "simctl": _simctl}[tool](command, words, fault)


def _fault(name: str) -> dict[str, Any]:
    """What is to go wrong in this call: by the command, after so many of them, so often."""
    path = HOME / "calls.jsonl"
    before = path.read_text().splitlines() if path.exists() else []
    count = sum(json.loads(line)[0] == name for line in before)
    for row in MAC.get("faults", []):
        start = row.get("after", 0)
        if row["command"] == name and start <= count < start + row.get("times", 1):
            return dict(row)
    return {}


# ---- devicectl ----------------------------------------------------------------------------------


def _devicectl(command: str, words: list[str], fault: Mapping[str, Any]) -> None:
    options, rest = _options(command, words[len(command.split()) :])
    if "raw" in fault:
        Path(options["--json-output"]).write_text(fault["raw"])
        return
    answers = {
        "list devices": lambda: {"devices": fault.get("phones", MAC["phones"])},
        "device copy to": lambda: _copy_to(options),
        "device copy from": lambda: _copy_from(options),
        "device process launch": lambda: _launch(options["--device"], rest[0], rest[1:], fault),
    }
    told = {"error": fault["error"]} if "error" in fault else answers[command]()
    failed = "error" in told
    info = {"commandType": f"devicectl.{command.replace(' ', '.')}", "jsonVersion": 3}
    info["outcome"] = "failed" if failed else "success"
    result = told if failed else {"result": told}
    Path(options["--json-output"]).write_text(json.dumps({"info": info, **result}))
    sys.exit(1 if failed else 0)


def _options(command: str, words: list[str]) -> tuple[dict[str, str], list[str]]:
    options: dict[str, str] = {}
    while words and words[0].startswith("--"):
        name = words.pop(0)
        if name in SWITCHES.get(command, ()):
            options[name] = ""
        elif name in {*DEVICECTL[command], "--json-output"}:
            options[name] = words.pop(0)
        else:
            sys.exit(f"Error: Unknown option '{name}'")
    missing = DEVICECTL[command] - set(options)
    if missing:
        sys.exit(f"Error: Missing expected argument '{missing.pop()}'")
    return options, words


def _container(udid: str, app: str) -> Path:
    return HOME / "containers" / udid / app


def _inside(options: Mapping[str, str], name: str) -> Path:
    assert options["--domain-type"] == "appDataContainer"
    return _container(options["--device"], options["--domain-identifier"]) / options[name]


def _copy_to(options: Mapping[str, str]) -> dict[str, Any]:
    source, target = Path(options["--source"]), _inside(options, "--destination")
    assert target.parent.is_dir(), "the app makes the folder"
    if source.is_dir():
        shutil.copytree(source, target, dirs_exist_ok=True)
    else:
        shutil.copyfile(source, target)
    return {"deviceIdentifier": options["--device"]}


def _copy_from(options: Mapping[str, str]) -> dict[str, Any]:
    source = _inside(options, "--source")
    if not source.is_file():
        return {"error": xcode_output.no_file(options["--source"])}
    shutil.copyfile(source, options["--destination"])
    return {"deviceIdentifier": options["--device"]}


def _launch(udid: str, app: str, arguments: list[str], fault: Mapping[str, Any]) -> dict[str, Any]:
    if app not in MAC["installed"]:
        return {"error": xcode_output.MISSING}
    _play(_container(udid, app), arguments, fault)
    return {"process": {"processIdentifier": 1234}}


# ---- simctl -------------------------------------------------------------------------------------


def _simctl(command: str, words: list[str], fault: Mapping[str, Any]) -> None:
    if "raw" in fault:
        print(fault["raw"])
    elif words == ["list", "--json"]:
        devices = {xcode_output.RUNTIME: [_booted(row) for row in MAC["simulators"]]}
        devices["com.apple.CoreSimulator.SimRuntime.watchOS-11-5"] = [
            xcode_output.simulator("W", "Booted")
        ]
        print(json.dumps({"devices": devices, "runtimes": xcode_output.runtimes()}))
    elif words[0] == "bootstatus":
        assert words[2:] == ["-b"]
        (HOME / f"booted-{words[1]}").touch()
    elif words[0] == "get_app_container":
        _, udid, app, what = words
        assert what == "data"
        if app not in MAC["installed"]:
            _refuse("NSPOSIXErrorDomain", 2, "No such file or directory")
        print(_container(udid, app))
    else:
        name, console, end, udid, app, *arguments = words
        assert [name, console, end] == ["launch", "--console-pty", "--terminate-running-process"]
        if app not in MAC["installed"]:
            _refuse("FBSOpenApplicationServiceErrorDomain", 4, "Simulator device failed to launch")
        _play(_container(udid, app), arguments, fault)


def _booted(row: dict[str, Any]) -> dict[str, Any]:
    started = (HOME / f"booted-{row['udid']}").exists()
    return {**row, "state": "Booted"} if started else row


def _refuse(domain: str, code: int, text: str) -> None:
    heading = f"An error was encountered processing the command (domain={domain}, code={code}):"
    print(f"{heading}\n{text}", file=sys.stderr)
    sys.exit(code)


# ---- the app ------------------------------------------------------------------------------------


def _play(home: Path, arguments: list[str], fault: Mapping[str, Any]) -> None:
    """A launch of the app whose container is ``home``."""
    if MAC.get("program"):
        _start(home, arguments)
        return
    request = json.loads(arguments[arguments.index("--edgekit") + 1])
    files, results = home / "Documents/edgekit-files", home / "Documents/edgekit"
    for folder in (files, results):
        folder.mkdir(parents=True, exist_ok=True)
    for old in results.glob("*.jsonl"):
        old.unlink()
    if fault.get("app") == "dies":
        print("App terminated due to signal 6.")
        return
    lines = ["not JSON", "[1]"] if fault.get("app") == "garbage" else _answers(home, request)
    part = results / "part"
    part.write_text("".join(f"{line}\n" for line in lines))
    part.rename(results / f"{request['id']}.jsonl")
    print(json.dumps({"id": request["id"], "event": "finished"}))


def _start(home: Path, arguments: list[str]) -> None:
    """A launch of a real app, which finds its container as its home."""
    home.mkdir(parents=True, exist_ok=True)
    own = {
        "HOME": str(home),
        "CFFIXED_USER_HOME": str(home),
        "XDG_CACHE_HOME": str(home / "Caches"),
    }
    subprocess.run(
        [*MAC["program"], *arguments],
        cwd=home,
        env={**os.environ, **MAC.get("environment", {}), **own},
        timeout=120,
    )


def _answers(home: Path, request: Mapping[str, Any]) -> list[str]:
    assert request["contract"] == 1
    commands = request["commands"].split(";") if request["commands"] else []
    runner = [each for each in commands if each not in ("state", "clean")]
    lines = _run(home, request, runner) if "model" in request else []
    if "clean" in commands:
        shutil.rmtree(home / "Documents/edgekit-files")
        lines.append(json.dumps({"event": "cleaned"}))
    if "state" in commands and not any('"error"' in line for line in lines):
        lines.append(json.dumps({"event": "state", **STATE, **MAC.get("state", {})}))
    return lines


def _run(home: Path, request: Mapping[str, Any], commands: list[str]) -> list[str]:
    options = [
        *("--runtime", RUNTIMES.get(request["runtime"], request["runtime"])),
        *(part for name in ("model", "inputs", "outputs") for part in (f"--{name}", request[name])),
        *("--threads", str(request["threads"])),
    ]
    start = [sys.executable, "-m", "edgekit.benchmarks.devices.host.runner", *options]
    told = "".join(f"{each}\n" for each in commands)
    done = subprocess.run(start, input=told, stdout=subprocess.PIPE, text=True, cwd=home)
    return done.stdout.splitlines()


if __name__ == "__main__":
    main()
