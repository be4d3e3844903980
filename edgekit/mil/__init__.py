"""ML Programs on any machine: what a ``.mlpackage`` holds, and what it computes."""

from edgekit.mil.package import Facts, functions, read_facts
from edgekit.mil.program import Program

__all__ = ["Facts", "Program", "functions", "read_facts"]
