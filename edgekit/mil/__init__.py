"""ML Programs on any machine: what a ``.mlpackage`` holds, and what it computes."""

from edgekit.mil.package import PackageFacts, functions, read_facts
from edgekit.mil.program import Program

__all__ = ["PackageFacts", "Program", "functions", "read_facts"]
