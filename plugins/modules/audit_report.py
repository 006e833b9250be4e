# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later

from __future__ import annotations

DOCUMENTATION = r"""
module: audit_report
short_description: Write what an audit found on all Macs as one report
version_added: 0.1.0
description:
  - Collects what M(azure_p2s.macos.client_audit) has found on every host of the play and writes it as JSON, CSV, HTML and JUnit XML.
    Hosts that were not reached are in it, too.
  - With O(history) a Mac that was not reached shows its last known state, and the report tells what changed since last time.
  - Runs on the controller and contacts no host. Use it with C(run_once), in a play of its own after the audit; in the same play C(serial)
    would write one report for each batch.
author:
  - azure_p2s.macos contributors (@azure-p2s)
extends_documentation_fragment:
  - azure_p2s.macos.attributes.controller
attributes:
  check_mode:
    description: Can run in C(check_mode), where it writes no file and returns the same.
    support: full
  diff_mode:
    description: What changed since last time is in the report itself.
    support: none
  idempotent:
    description: A report tells when it was made, so that the next one is another one.
    support: none
options:
  dest:
    description:
      - The folder to write to; it is made if need be.
      - Each file is replaced as a whole, and all files of one report together.
    type: path
    required: true
  basename:
    description: The files' name, without ending.
    type: str
    default: audit
  formats:
    description: What to write. V(junit) has the ending C(.xml).
    type: list
    elements: str
    choices: [json, csv, html, junit]
    default: [json, csv, html, junit]
  hosts:
    description: The hosts to report on. The default is all hosts of the play.
    type: list
    elements: str
  variable:
    description: The variable that the audit's result was registered in.
    type: str
    default: vpn_client__audit
  history:
    description:
      - A folder of earlier reports in JSON. This one is put there as well, under a name of its own.
      - A file in it that is no report, or one of another schema version, is passed over with a note in the report.
      - When the folder cannot be read or written to, the report is written to O(dest) all the same, and then the task fails.
      - A run with C(--limit) is compared with the earlier reports and kept, and no Mac that it leaves out counts as gone.
    type: path
  fail_on:
    description:
      - The task fails, after the report was written, when any Mac is in one of these states or has a finding of one of these statuses.
    type: list
    elements: str
    choices: [unreachable, failed, drift, unknown, pending, warning]
    default: []
  title:
    description: The report's title.
    type: str
    default: Azure VPN on Macs
  warn_days:
    description: Certificates that expire within this many days are shown as expiring soon.
    type: int
    default: 30
  critical_days:
    description:
      - Certificates that expire within this many days are shown as urgent.
      - The default is 7, or O(warn_days) where that is less.
    type: int
seealso:
  - module: azure_p2s.macos.client_audit
"""

EXAMPLES = r"""
- name: Report on all Macs, and let the pipeline fail for drift and for what is unknown
  azure_p2s.macos.audit_report:
    dest: reports
    history: reports/history
    variable: audit
    fail_on: [drift, unknown]
  run_once: true
"""

RETURN = r"""
summary:
  description: The report in numbers.
  returned: always, except for wrong options
  type: dict
  contains:
    hosts:
      description: How many Macs.
      type: int
    states:
      description: How many are in which state; a Mac's state is its worst finding, V(unreachable), or V(failed) for one not audited.
      type: dict
    changed:
      description: The Macs in another state than last time.
      type: list
      elements: str
    gone:
      description: The Macs that only the last report without C(--limit) has; none in a run with it.
      type: list
      elements: str
    notes:
      description: What was passed over in the history, and why.
      type: list
      elements: str
  sample:
    hosts: 500
    states: {unreachable: 19, failed: 0, drift: 63, unknown: 20, pending: 23, warning: 43, ok: 332}
    changed: [mac017.example.com]
    gone: []
    notes: []
lines:
  description: The report in a few lines for a log.
  returned: always, except for wrong options
  type: list
  elements: str
  sample:
    - 332 ok, 12 pending, 3 drift
    - "mac17: drift: Gateway's roots in the keychain: missing: DigiCert Global Root G2 (cb3ccbb76031e5e0)"
files:
  description: The files of the report.
  returned: always, except for wrong options
  type: list
  elements: str
  sample: [/srv/reports/audit.json, /srv/reports/audit.html]
failing_hosts:
  description: The Macs for which O(fail_on) made the task fail.
  returned: failure
  type: list
  elements: str
  sample: [mac017.example.com]
"""
