# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""JUnit files: write one for a program that writes none, and add up those of a whole run.

    junit.py write FILE NAME passed|failed SECONDS
    junit.py count FOLDER PART...

``count`` prints "N passed, N failed, N skipped" and ends with 1 when something failed, or when a part ran no test. With CI set in the
environment it does so as well when a test was skipped, because something is missing here then. The part floor may skip: its environment
does without some development tools.
"""

from __future__ import annotations

import os
import pathlib
import sys
import xml.etree.ElementTree as ET


def write(file: pathlib.Path, name: str, outcome: str, seconds: str) -> None:
    """Write the result of one test called ``name``."""
    failures = "0" if outcome == "passed" else "1"
    suite = ET.Element("testsuite", name=name, tests="1", failures=failures, errors="0", skipped="0", time=seconds)
    case = ET.SubElement(suite, "testcase", classname=name, name="scenario", time=seconds)
    if outcome != "passed":
        ET.SubElement(case, "failure", message="see the output above")
    ET.ElementTree(suite).write(file, encoding="utf-8", xml_declaration=True)


def count(folder: pathlib.Path, parts: list[str]) -> int:
    """Print the sum of all files in ``folder``; return the exit status."""
    total = failed = skipped = missed = 0
    for part in parts:
        files = [*folder.glob(f"{part}.xml"), *folder.glob(f"{part}-*.xml")]
        # our own tools wrote them a moment ago
        suites = [suite for file in files for suite in ET.parse(file).getroot().iter("testsuite")]  # noqa: S314
        ran = sum(int(suite.get("tests", "0")) for suite in suites)
        if not ran:
            print(f"{part}: no results; it broke before its first test, or there is none")
            total, failed = total + 1, failed + 1
        total += ran
        failed += sum(int(suite.get("failures", "0")) + int(suite.get("errors", "0")) for suite in suites)
        passed_over = sum(int(suite.get("skipped", "0")) for suite in suites)
        skipped += passed_over
        if passed_over and part != "floor" and os.environ.get("CI"):
            print(f"{part}: {passed_over} skipped, which counts as a failure here; the reasons stand in its summary above")
            missed += passed_over
    print(f"{total - failed - skipped} passed, {failed} failed, {skipped} skipped")
    return 1 if failed or missed or total == skipped else 0


def main(arguments: list[str]) -> int:
    """Do what the command line says."""
    match arguments:
        case ["write", file, name, "passed" | "failed" as outcome, seconds]:
            write(pathlib.Path(file), name, outcome, seconds)
            return 0
        case ["count", folder, *parts]:
            return count(pathlib.Path(folder), parts)
    print(__doc__, file=sys.stderr)
    return 2


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
