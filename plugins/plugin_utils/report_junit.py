# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The report as JUnit XML: CI systems show each Mac as a suite and each finding as a test."""

from __future__ import annotations

import xml.etree.ElementTree as ET

from .report_model import Finding, Host, Report

# How a test stands with which status; what is neither a failure nor an error nor skipped has passed.
_RESULTS = {"drift": "failure", "unknown": "error", "pending": "skipped", "not_applicable": "skipped"}


def render(report: Report) -> str:
    """Return the report as XML text."""
    root = ET.Element("testsuites", name=report.title)
    for host in report.hosts:
        root.append(_suite(host, report))
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in root)))
    ET.indent(root, " ")
    return '<?xml version="1.0" encoding="UTF-8"?>\n' + ET.tostring(root, encoding="unicode") + "\n"


def _suite(host: Host, report: Report) -> ET.Element:
    suite = ET.Element("testsuite", name=host.name, timestamp=report.generated.strftime("%Y-%m-%dT%H:%M:%S"), time="0")
    for finding in host.findings:
        suite.append(_case(host, finding))
    if not host.findings:
        case = ET.SubElement(suite, "testcase", classname=host.name, name="Mac reached and audited", time="0")
        ET.SubElement(case, "error", type=host.state, message=host.message or host.state)
    for name, tag in (("tests", "testcase"), ("failures", "failure"), ("errors", "error"), ("skipped", "skipped")):
        suite.set(name, str(sum(1 for _element in suite.iter(tag))))
    return suite


def _case(host: Host, finding: Finding) -> ET.Element:
    case = ET.Element("testcase", classname=host.name, name=f"{finding.id}: {finding.title}", time="0")
    told = "\n".join(
        f"{label}: {text}"
        for label, text in (("expected", finding.expected), ("actual", finding.actual), ("remedy", finding.remedy))
        if text
    )
    result = _RESULTS.get(finding.status)
    if result == "skipped":
        ET.SubElement(case, result, message=f"{finding.status}: {finding.actual or ''}")
    elif result:
        ET.SubElement(case, result, type=finding.status, message=finding.actual or finding.status).text = told
    else:
        ET.SubElement(case, "system-out").text = f"{finding.status}\n{told}"
    return case
