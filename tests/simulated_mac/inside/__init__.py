# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""What runs inside a simulated Mac: the stand-ins for macOS's tools and the state behind them. Standard library only
(``cryptography`` where a certificate or key must be understood), because each tool is a process of its own."""
