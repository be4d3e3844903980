"""Python as on a machine that lacks things: first on ``PYTHONPATH``, it hides them at the start.

``EDGEKIT_ABSENT`` names modules, and names of modules like ``os.killpg``, that are not to be there,
in every process that inherits the variable.
"""

import os
import signal
import subprocess
import sys
from importlib import import_module
from importlib.machinery import PathFinder

_ABSENT = os.environ.get("EDGEKIT_ABSENT", "").split(",")
_NAMES = [name.rpartition(".")[::2] for name in _ABSENT if "." in name]
_MODULES = {name for name in _ABSENT if name and "." not in name}


class _Finder(PathFinder):
    """Finds everything else."""

    @classmethod
    def find_spec(cls, fullname, path=None, target=None):  # type: ignore[no-untyped-def]
        hidden = fullname.partition(".")[0] in _MODULES
        return None if hidden else super().find_spec(fullname, path, target)


if _MODULES:
    sys.meta_path[sys.meta_path.index(PathFinder)] = _Finder
    for name in _MODULES & set(sys.modules):
        del sys.modules[name]
if ("signal", "SIGKILL") in _NAMES:  # which Windows' own Popen.kill does without
    _KILL = signal.SIGKILL
    subprocess.Popen.kill = lambda self: self.send_signal(_KILL)  # type: ignore[method-assign]
for module, name in _NAMES:
    delattr(import_module(module), name)
