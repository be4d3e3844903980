"""What an emulated phone holds: a shell, Android's commands, facts, and an app.

Everything is in a private folder: proot makes it the root of what the phone's shell (busybox)
starts, and each AArch64 program runs under the emulator of
:mod:`edgekit.benchmarks.devices.arm64.parts`.
"""

from __future__ import annotations

import os
import shutil
import subprocess
import threading
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from shlex import quote

from adbd import ENVIRONMENT, WORK, Phone

from edgekit.benchmarks.devices.android.files import Engine
from edgekit.benchmarks.devices.protocol import Launch

APPLETS = (*("sh", "cat", "chmod", "df", "ls", "mkdir", "mv", "rm", "uname"),)
PROPERTIES = {
    "ro.product.manufacturer": "Edgekit",
    "ro.product.model": "Emu 7",
    "ro.soc.manufacturer": "Nobody",
    "ro.soc.model": "A76",
    "ro.product.cpu.abilist": "arm64-v8a,armeabi-v7a",
    "ro.build.version.release": "14",
    "ro.build.version.sdk": "34",
}
DUMPS = {
    "battery": "Current Battery Service state:\n  AC powered: false\n  USB powered: true\n"
    "  Charge counter: 2900000\n  level: 83\n  voltage: 4020\n  temperature: 291\n",
    "thermalservice": "IsStatusOverride: false\nThermal Status: 0\n",
    "power": "POWER MANAGER (dumpsys power)\n  mWakefulness=Awake\nDisplay Power: state=ON\n",
}
GETPROP = (
    'while IFS== read -r key value; do [ "$key" = "$1" ] && echo "$value"; done < /props\ntrue'
)
AM = """component= extras=/launches/$$
while [ $# -gt 0 ]; do
  case "$1" in
    -n) component=$2; shift ;;
    --es | --ei) printf '%s\\n%s\\n' "$2" "$3" >> $extras; shift 2 ;;
  esac
  shift
done
if [ ! -e "/apps/${component%%/*}" ]; then
  echo "Error type 3"
  echo "Error: Activity class {$component} does not exist."
  exit 0
fi
mv $extras $extras.ready
echo "Status: ok"
"""
PIDOF = "ls /launches | grep -q . && echo 4242"  # one app, and it runs
OWN_PIDOF = 'pidof() { /system/bin/pidof "$@"; }; '  # or busybox's shell takes its own
SCRIPTS = {"getprop": GETPROP, "dumpsys": 'exec cat "/dumps/$1"', "am": AM, "pidof": PIDOF}
APP = "dev.edgekit.demo"
RUNTIMES = ("onnxruntime", "litert")


def build(root: Path, busybox: Path, properties: Mapping[str, str] = PROPERTIES) -> None:
    """A root with a shell, Android's commands as scripts, and the facts that they print."""
    folders = ("system/bin", "data/local/tmp", "sdcard", "dumps", "apps", "launches")
    for folder in (*folders, "dev", "proc", "sys", "tmp"):
        (root / folder).mkdir(parents=True)
    programs = root / "system" / "bin"
    for name in APPLETS:
        os.link(busybox, programs / name)
    for name, text in SCRIPTS.items():
        (programs / name).write_text(f"#!/system/bin/sh\n{text}\n")
        (programs / name).chmod(0o755)
    for name, text in DUMPS.items():
        (root / "dumps" / name).write_text(text)
    (root / "props").write_text("".join(f"{key}={text}\n" for key, text in properties.items()))


def emulated(
    root: Path, cache: Path, proot: str, cpu: str = "cortex-a76"
) -> Callable[[str], list[str]]:
    """Shell lines run by ``proot`` in ``root``, under the emulator in ``cache``."""
    (loader,) = (cache / "qemu").glob("lib*/ld-linux-*")
    (triplet,) = {path.name for path in (cache / "qemu" / "lib").glob("*-linux-gnu")}
    seen = f"/host-rootfs{cache / 'qemu'}"  # where proot shows this machine to the emulator
    libraries = f"{seen}/lib/{triplet}:{seen}/usr/lib/{triplet}"
    qemu = f"{loader} --library-path {libraries} {seen}/usr/bin/qemu-aarch64 -cpu {cpu}"
    cpuinfo = cache / "cpus" / cpu / "proc" / "cpuinfo"
    binds = ("/dev", "/proc", "/sys", f"{cpuinfo}:/proc/cpuinfo")
    options = [part for each in binds for part in ("-b", each)]
    start = [str(proot), "-q", qemu, "-r", str(root), *options, "-w", WORK]
    return lambda line: [*start, "/system/bin/sh", "-c", OWN_PIDOF + line]


class App:
    """An app that keeps docs/app-contract.md: edgekit's own runner, told what to do by ``am``."""

    def __init__(self, phone: Phone, cache: Path, package: str = APP) -> None:
        self._phone, self._home = phone, f"/apps/{package}"
        self._results = f"/sdcard/Android/data/{package}/files/edgekit"
        (phone.root / self._results.lstrip("/")).mkdir(parents=True)
        self._engines = {name: Engine.of(cache, name) for name in RUNTIMES}
        for runtime, engine in self._engines.items():
            folder = phone.root / self._home.lstrip("/") / runtime
            folder.mkdir(parents=True)
            for name, path in engine.files.items():
                shutil.copyfile(path, folder / name)
        threading.Thread(target=self._serve, daemon=True).start()

    def _serve(self) -> None:
        """One launch after the other. What cannot be run leaves no results, as a crash does."""
        while True:
            for path in (self._phone.root / "launches").glob("*.ready"):
                lines = path.read_text().splitlines()
                extras = dict(zip(lines[::2], lines[1::2], strict=True))
                argv = self._phone.argv(self._line(extras))
                subprocess.run(argv, env=ENVIRONMENT, capture_output=True)
                path.unlink()
            time.sleep(0.05)

    def _line(self, extras: Mapping[str, str]) -> str:
        """What the phone's shell is to do for a launch."""
        runtime = extras["runtime"]
        model = extras["model"]
        names = tuple(extras["inputs"].split(",")), tuple(extras["outputs"].split(","))
        launch = Launch(runtime, Path(model), int(extras["threads"]), *names)
        start = self._engines[runtime].command(
            f"{self._home}/{runtime}", launch, model, lambda name: f"{self._home}/{name}"
        )
        commands = extras["commands"].replace(";", "\n")
        results = f"{self._results}/{extras['id']}.jsonl"
        return (
            f"printf %s {quote(commands)} | ({start}) > {results}.part; mv {results}.part {results}"
        )
