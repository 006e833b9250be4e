# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""The base of the collection's action plugins: options in, result out, domain errors turned into failed tasks here and nowhere else."""

from __future__ import annotations

import gc
import multiprocessing
import os
import pathlib
import typing as t
from collections.abc import Iterable, Mapping

from ansible.errors import AnsibleError, AnsibleFileNotFound
from ansible.module_utils.common.arg_spec import ArgumentSpecValidator
from ansible.module_utils.common.parameters import remove_values
from ansible.plugins.action import ActionBase

from .errors import MacError, P2SError
from .mac import SHELL, TAKE_SCRIPT, Completed, Mac


class OptionError(P2SError):
    """The task's options do not fit the module's argument spec."""


class P2SActionBase(ActionBase):  # type: ignore[misc]  # ansible-core ships no type information
    """Validate the options, let the subclass act, turn a ``P2SError`` into the failed task.

    Subclasses set ``SPEC`` (the keyword arguments of ``ArgumentSpecValidator``) and implement ``act``.
    """

    SPEC: t.ClassVar[dict[str, t.Any]] = {"argument_spec": {}}

    _supports_check_mode = True
    _supports_diff = True
    TRANSFERS_FILES = False

    def run(self, tmp: str | None = None, task_vars: dict[str, t.Any] | None = None) -> dict[str, t.Any]:
        """Run the task and return its result, in which no value of a ``no_log`` option stands."""
        result: dict[str, t.Any] = super().run(tmp, task_vars)
        self._variables = task_vars or {}
        secrets: set[str] = set()
        if multiprocessing.parent_process() is not None:
            # Ansible forks a process for this task and host, which ends with it. A garbage collection would look through what it shares
            # with its parent, and so copy it: some 10 ms in every third audit, half as long as all the rest of it.
            gc.disable()
        try:
            options = self._validated_options(secrets)
            outcome = {"changed": False, **self.act(options)}
        except P2SError as error:
            outcome = {"changed": False, **error.as_result()}
        result.update(remove_values(outcome, secrets))
        return result

    def act(self, options: dict[str, t.Any]) -> dict[str, t.Any]:
        """Do what the module is for and return its result. Raises ``P2SError``."""
        raise NotImplementedError

    def _validated_options(self, secrets: set[str]) -> dict[str, t.Any]:
        return self._validated(self.SPEC, dict(self._task.args), secrets)

    def _validated(self, spec: Mapping[str, t.Any], arguments: dict[str, t.Any], secrets: set[str]) -> dict[str, t.Any]:
        """Return ``arguments`` as ``spec`` has them, and add the secret ones to ``secrets``. Raises ``OptionError``."""
        validated = ArgumentSpecValidator(**spec).validate(arguments)
        options: dict[str, t.Any] = validated.validated_parameters
        for name, option in spec["argument_spec"].items():
            if option.get("no_log") and options.get(name):
                secrets.add(str(options[name]))
        if validated.error_messages:
            raise OptionError(
                "; ".join(remove_values(validated.error_messages, secrets)),
                f"see ansible-doc {self._task.resolved_action or self._task.action}",
            )
        return options

    def _host_variables(self, names: Iterable[str]) -> dict[str, t.Any]:
        """Return those of the host's variables ``names`` that are set. Raises ``OptionError`` for one that cannot be worked out."""
        wanted = {name: self._variables[name] for name in names if name in self._variables}
        try:
            return self._worked_out(wanted)
        except AnsibleError:
            # Each for itself, to say which one it is.
            return {key: value for name in wanted for key, value in self._worked_out_alone(name, wanted[name]).items()}

    def _worked_out(self, wanted: dict[str, t.Any]) -> dict[str, t.Any]:
        # In one dictionary, for ``omit`` to leave it out, and as each call takes its time.
        made = self._templar.template(wanted)
        # Before ansible-core 2.19 a vaulted value is an object that decrypts itself on being read, and ``omit`` is a text.
        return {key: getattr(value, "data", value) for key, value in made.items() if value != self._variables.get("omit", made)}

    def _worked_out_alone(self, name: str, value: object) -> dict[str, t.Any]:
        try:
            return self._worked_out({name: value})
        except AnsibleError as error:
            remedy = "define for this host what it is made of"
            raise OptionError(f"its value cannot be worked out: {_reason(error)}", remedy, option=name) from error

    @property
    def check_mode(self) -> bool:
        """Whether nothing may be changed."""
        return bool(self._task.check_mode)

    def mac(self) -> Mac:
        """Return the Mac that the task is for."""
        return Mac(self._execute)

    def _execute(self, script: bytes) -> Completed:
        if not self._connection.has_pipelining:
            raise MacError(
                f"the connection plugin {self._connection.transport} cannot send a script on standard input, where secrets are safe",
                "use ansible_connection: ssh",
            )
        # With in_data ssh gets no tty: stderr stays apart, nothing prompts, and the script is in no argument list and no log.
        # With a shell named, Ansible starts that one and no other: not the one that ansible_shell_executable says, and none within it.
        got = self._low_level_execute_command(TAKE_SCRIPT, in_data=script, executable=SHELL)
        return Completed(got["rc"], got["stdout"], got["stderr"])

    def controller_path(self, option: str, path: str) -> str:
        """Return where ``path`` lies on the controller: searched as Ansible searches ``files/``, then in the current folder.

        The current folder is where a path is meant from that is given to one of the collection's own playbooks. Raises ``P2SError``.
        """
        wanted = os.path.expanduser(path)
        try:
            return str(self._find_needle("files", wanted))
        except AnsibleFileNotFound as error:
            if os.path.exists(wanted):
                return os.path.abspath(wanted)
            remedy = "give a path that exists, absolute or relative to the playbook or the current folder"
            raise OptionError(f"there is no file {path} on the controller", remedy, option=option) from error

    def controller_target(self, path: str) -> str:
        """Return where to write ``path``: relative to the playbook, or to the current folder for the collection's own playbooks."""
        wanted = os.path.expanduser(path)
        playbooks = pathlib.Path(self._loader.get_basedir()).resolve()
        if playbooks.is_relative_to(pathlib.Path(__file__).resolve().parents[2]):
            return os.path.abspath(wanted)
        return str(self._loader.path_dwim(wanted))

    def controller_file(self, option: str, path: str, *, limit: int = 1 << 20) -> bytes:
        """Return the content of a file on the controller, an ansible-vault one decrypted in memory.

        Raises ``P2SError``, also for a file of more than ``limit`` bytes.
        """
        found = self.controller_path(option, path)
        try:
            if os.path.getsize(found) > limit:
                raise OptionError(f"{path} is larger than {limit} bytes", "name the right file", option=option)
            # The public get_real_file() would leave the decrypted content in a temporary file for the length of the run.
            content, _show = self._loader._get_file_contents(found)  # noqa: SLF001
        except (AnsibleError, OSError) as error:
            raise OptionError(
                f"{path} on the controller cannot be read: {_reason(error)}",
                "check the path, its rights and the vault password",
                option=option,
            ) from error
        return bytes(content)


def _reason(error: Exception) -> str:
    return (error.strerror or "unknown reason") if isinstance(error, OSError) else str(error).splitlines()[0]
