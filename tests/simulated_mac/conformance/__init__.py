# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What public sources say of macOS's tools, as cases that a simulated Mac has to meet. Needs ``cryptography``; not copied into the Macs."""
