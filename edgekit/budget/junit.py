"""Findings as JUnit XML, which CI services show: a suite for each file, a case for each limit."""

from __future__ import annotations

import io
import re
from collections.abc import Sequence
from itertools import groupby

from edgekit.budget.finding import Finding

# control characters, like those of colours
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")


def to_xml(name: str, findings: Sequence[Finding]) -> str:
    """The findings as JUnit's XML, one test case each, which CI systems show.

    Args:
        name: the bundle's, for the test suite.
        findings: in the order in which they are shown.
    """
    from junitparser import Error, Failure, JUnitXml, TestCase, TestSuite

    report = JUnitXml(f"edgekit check {name}")
    by_file = sorted(findings, key=lambda each: each.file)
    for file, group in groupby(by_file, key=lambda each: each.file):
        suite = TestSuite(file)
        for each in group:
            where = f" ({each.where})" if each.where else ""
            case = TestCase(f"{each.title}{where}", f"{name}.{file}")
            if not each.met:
                kind = Error if each.value is None else Failure
                why = _NOT_XML.sub("", each.sentence)
                case.result = [kind(why, "not measured" if kind is Error else "breach")]
            suite.add_testcase(case)
        report.add_testsuite(suite)
    out = io.BytesIO()
    report.write(out, pretty=True)
    return out.getvalue().decode()
