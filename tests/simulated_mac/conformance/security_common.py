# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security(1): call and command table, errors, -i, names, and the commands on whole keychains."""

from __future__ import annotations

from .case import VERSIONS, Case

_LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"
_WRONG = "The user name or passphrase you entered is not correct."
_NOKC = "The specified keychain could not be found."

CASES = [
    Case("1.1-no-arguments-is-usage-on-stdout", "$S", 2, r"re:Usage: security \[-h\].*security commands are:\n.*    import\n.*"),
    Case("1.1-help-option-is-usage-on-stdout", "$S -h", 2, r"re:Usage: security .*"),
    Case("1.1-unknown-global-option", "$S -Z", 2, r"re:Usage: security .*", r"re:security: illegal option -- Z\n"),
    Case("1.1-unknown-command", "$S x", 1, "", 'security: unknown command "x"\n'),
    Case("1.1-help-of-a-command-on-stdout", "$S help unlock-keychain", 0, r"re:Usage: unlock-keychain .*"),
    Case("1.1-prefix-takes-first-in-table", "$S find-c -a $F/../none", 0),
    Case("1.1-prefix-l-is-list-keychains", "$S l; $S list-k", 0, f'    "{_LOGIN}"\n    "/Library/Keychains/System.keychain"\n' * 2),
    Case("1.1-options-end-at-first-operand", f"$S find-certificate {_LOGIN} -a", 44, "", None),
    Case(
        "1.1-usage-error-on-stderr",
        "$S find-certificate -x",
        2,
        "",
        r"re:security: illegal option -- x\nUsage: find-certificate .*\n        .*\n",
    ),
    Case("1.1-command-help-is-usage-2", "$S find-identity -h", 2, "", r"re:Usage: find-identity .*"),
    Case("1.1-verbose-echoes-secrets", "new; $S -v unlock-keychain -p pw $K; gone", 0, "", r're:security "unlock-keychain" "-p" "pw" .*'),
    Case("1.1-command-beats-interactive", "printf 'x\\n' | $S -i error -25300", 1, r"re:Error: 0xFFFF9D2C .*"),
    *(
        Case(f"1.2-error-text-{code}", f"$S error {code}", 1, f"Error: 0x{code & 0xFFFFFFFF:08X} {code} {text}\n")
        for code, text in (
            (-25300, "The specified item could not be found in the keychain."),
            (-25299, "The specified item already exists in the keychain."),
            (-25293, _WRONG),
            (-25308, "User interaction is not allowed."),
            (-25294, _NOKC),
            (-25295, "The specified keychain is not a valid keychain file."),
            (-25296, "A keychain with the same name already exists."),
            (-25292, "This keychain cannot be modified."),
            (-25291, "No keychain is available. You may need to restart your computer."),
            (-25307, "A default keychain could not be found."),
            (-25315, "User interaction is required, but is currently not allowed."),
            (-128, "User canceled the operation."),
            (-25264, "MAC verification failed during PKCS12 import (wrong password?)"),
            (-25260, "Passphrase is required for import/export."),
            (-25257, "Unknown format in import."),
            (-26275, "Unable to decode the provided data."),
            (-25263, "No Trust Settings were found."),
            (-50, "One or more parameters passed to a function were not valid."),
            (-2070, "errSecInternalComponent"),
            (-60005, "The authorization was denied."),
            (-60006, "The authorization was canceled by the user."),
            (-60007, "The authorization was denied since no user interaction was possible."),
        )
    ),
    Case("1.2-errno-range", "$S error 100002", 1, "Error: 0x000186A2 100002 UNIX[No such file or directory]\n"),
    Case("1.2-unknown-error", "$S error 12345", 1, "Error: 0x00003039 12345 unknown error 12345=3039\n"),
    Case("1.2-exit-is-status-and-0xff", "$S lock-keychain /none", 50, "", f"security: SecKeychainLock /none: {_NOKC}\n"),
    # -- 1.3: -i ---------------------------------------------------------------------------------------------------
    Case("1.3-no-prompt-without-terminal", "quiet list-keychains", 0, None, ""),
    Case(
        "1.3-failing-command-says-returned",
        "say 'lock-keychain /none'",
        50,
        "",
        f"security: SecKeychainLock /none: {_NOKC}\nlock-keychain: returned -25294\n",
    ),
    Case("1.3-returned-names-the-word-typed", "say 'lock-key /none'", 50, "", r"re:.*\nlock-key: returned -25294\n"),
    Case("1.3-q-hides-returned", "quiet 'lock-keychain /none'", 50, "", f"security: SecKeychainLock /none: {_NOKC}\n"),
    Case("1.3-exit-is-the-last-lines", "printf 'lock-keychain /none\\nlist-keychains\\n' | $S -q -i", 0, None, None),
    Case("1.3-empty-last-line-hides-a-failure", "printf 'lock-keychain /none\\n\\n' | $S -q -i", 0, "", None),
    Case(
        "1.3-loop-goes-on-after-failure",
        "printf 'x\\nlist-keychains -d system\\n' | $S -q -i",
        0,
        '    "/Library/Keychains/System.keychain"\n',
        None,
    ),
    Case("1.3-line-without-newline-is-dropped", "printf 'lock-keychain /none' | $S -q -i", 0),
    Case("1.3-double-quotes-keep-blanks", "say 'lock-keychain \"/no ne\"'", 50, "", r"re:security: SecKeychainLock /no ne: .*"),
    Case(
        "1.3-single-quotes-keep-blanks",
        "printf \"lock-keychain '/no ne'\\n\" | $S -q -i",
        50,
        "",
        r"re:security: SecKeychainLock /no ne: .*",
    ),
    Case("1.3-backslash-inside-double-quotes", r"""say 'lock-keychain "/a\"b\\c"'""", 50, "", r're:security: SecKeychainLock /a"b\\c: .*'),
    Case(
        "1.3-backslash-inside-single-quotes",
        r"""printf '%s\n' "lock-keychain '/a\\'b'" | $S -q -i""",
        50,
        "",
        r"re:security: SecKeychainLock /a'b: .*",
    ),
    Case("1.3-backslash-outside-quotes", r"say 'lock-keychain /a\ b'", 50, "", r"re:security: SecKeychainLock /a b: .*"),
    Case("1.3-closing-quote-ends-the-argument", 'say \'lock-keychain "/a""b"\'', 2, "", None),
    Case("1.3-quote-in-the-middle-is-literal", "say 'lock-keychain /a\"b'", 50, "", r're:security: SecKeychainLock /a"b: .*'),
    Case("1.3-no-comments", "say '# list-keychains'", 1, "", 'security: unknown command "#"\n#: returned 1\n'),
    Case(
        "1.3-arguments-after-32-are-dropped",
        'w=; while [ ${#w} -lt 62 ]; do w="$w 1"; done; say "error$w -25300"',
        1,
        r"re:(Error: 0x00000001 1 [^\n]*\n){31}",
        None,
    ),
    Case(
        "1.3-rest-of-a-long-line-is-a-new-command",
        'w=x; while [ ${#w} -lt 4096 ]; do w=$w$w; done; n=${w%x}; quiet "$n"list-keychains 2>&1 | /usr/bin/tail -n 1',
        0,
        '    "/Library/Keychains/System.keychain"\n',
        None,
    ),
    Case(
        "1.3-exactly-4095-bytes-leave-an-empty-command",
        'w=x; while [ ${#w} -lt 4096 ]; do w=$w$w; done; w=${w%x}; quiet "$w"',
        0,
        "",
        r're:security: unknown command "x+"\n',
    ),
    Case(
        "1.3-4094-bytes-are-one-command",
        'w=x; while [ ${#w} -lt 4096 ]; do w=$w$w; done; w=${w%xx}; quiet "$w"',
        1,
        "",
        r're:security: unknown command "x+"\n',
    ),
    Case("1.3-nul-cuts-the-line", "printf 'lock-keychain /a\\000b\\n' | $S -q -i", 50, "", r"re:security: SecKeychainLock /a: .*"),
    Case(
        "1.3-failed-authorizationdb-ends-the-loop-with-0",
        "printf 'authorizationdb write system.x\\nlock-keychain /none\\n' | $S -i",
        0,
        "",
        "NO (-60005)\n",
    ),
    # -- 1.4: prompts, with no terminal ------------------------------------------------------------------------------
    Case(
        "1.4-end-of-input-is-an-empty-password",
        "$S unlock-keychain $L",
        51,
        "",
        f"password to unlock /Users/alice/Library/Keychains/login.keychain-db: security: SecKeychainUnlock {_LOGIN}: {_WRONG}\n",
    ),
    Case(
        "1.4-prompt-names-default", "$S unlock-keychain", 51, "", r"re:password to unlock default: security: SecKeychainUnlock <NULL>: .*"
    ),
    # -- 1.5: names --------------------------------------------------------------------------------------------------
    Case("1.5-login-keychain-means-db-file", "$S lock-keychain login.keychain", 0),
    Case("1.5-name-is-relative-to-home-first", "HOME=/Users/bob $S lock-keychain login.keychain-db", 50, "", None),
    Case(
        "1.5-elsewhere-names-are-literal",
        "$S lock-keychain /tmp/login.keychain",
        50,
        "",
        f"security: SecKeychainLock /tmp/login.keychain: {_NOKC}\n",
    ),
    Case(
        "1.5-missing-keychain-find-certificate",
        "$S find-certificate -c x /none",
        44,
        "",
        "security: SecKeychainSearchCopyNext: The specified item could not be found in the keychain.\n",
    ),
    Case("1.5-missing-keychain-find-certificate-all", "$S find-certificate -a -Z -p /none", 0),
    Case(
        "1.5-missing-keychain-find-identity",
        "$S find-identity /none",
        0,
        r"re:.*     0 identities found\n.*     0 valid identities found\n",
    ),
    # -- 2.1: lists --------------------------------------------------------------------------------------------------
    Case("2.1-list-keychains", "$S list-keychains", 0, f'    "{_LOGIN}"\n    "/Library/Keychains/System.keychain"\n', on=VERSIONS),
    Case("2.1-list-keychains-system-domain", "$S list-keychains -d system", 0, '    "/Library/Keychains/System.keychain"\n'),
    Case("2.1-invalid-domain", "$S list-keychains -d x", 2, "", "security: Invalid domain: x\n"),
    Case("2.1-default-keychain", "$S default-keychain", 0, f'    "{_LOGIN}"\n'),
    Case("2.1-login-keychain", "$S login-keychain", 0, f'    "{_LOGIN}"\n'),
    Case("2.1-login-keychain-s-does-nothing", "$S login-keychain -s /x", 1, None, None),
    Case(
        "2.1-no-default-keychain",
        "HOME=/tmp $S default-keychain",
        1,
        "",
        "security: SecKeychainCopyDefault: A default keychain could not be found.\n",
    ),
    Case(
        "2.1-list-s-replaces-the-list",
        "$S list-keychains -s /tmp/a.keychain-db; $S list-keychains; $S list-keychains -s $L",
        0,
        '    "/tmp/a.keychain-db"\n    "/Library/Keychains/System.keychain"\n',
    ),
    # -- 2.2: info ---------------------------------------------------------------------------------------------------
    Case(
        "2.2-locked-over-ssh",
        "$S show-keychain-info $L",
        36,
        "",
        f"security: SecKeychainCopySettings {_LOGIN}: User interaction is not allowed.\n",
        on=VERSIONS,
    ),
    Case(
        "2.2-settings-are-on-stderr",
        "new; $S show-keychain-info $K; gone",
        0,
        "",
        r're:Keychain "/tmp/case\.\d+\.keychain-db" no-timeout\n',
    ),
    Case(
        "2.2-timeout-and-sleep",
        "new; $S set-keychain-settings -lut 300 $K; $S show-keychain-info $K; gone",
        0,
        "",
        r're:Keychain ".*" lock-on-sleep use-lock-interval timeout=300s\n',
    ),
    Case(
        "2.2-t-implies-u",
        "new; $S set-keychain-settings -t 60 $K; $S show-keychain-info $K; gone",
        0,
        "",
        r're:Keychain ".*" use-lock-interval timeout=60s\n',
    ),
    Case(
        "2.2-no-t-is-no-timeout",
        "new; $S set-keychain-settings -t 60 $K; $S set-keychain-settings -l $K; $S show-keychain-info $K; gone",
        0,
        "",
        r're:Keychain ".*" lock-on-sleep no-timeout\n',
    ),
    Case("2.2-missing", "$S show-keychain-info /none", 50, "", f"security: SecKeychainCopySettings /none: {_NOKC}\n"),
    # -- 2.3: unlock -------------------------------------------------------------------------------------------------
    Case("2.3-wrong-password", "$S unlock-keychain -p wrong $L", 51, "", f"security: SecKeychainUnlock {_LOGIN}: {_WRONG}\n", on=VERSIONS),
    Case("2.3-missing", "$S unlock-keychain -p x /none", 50, "", f"security: SecKeychainUnlock /none: {_NOKC}\n"),
    Case(
        "2.3-default-keychain-is-null-in-the-text", "$S unlock-keychain -p wrong", 51, "", f"security: SecKeychainUnlock <NULL>: {_WRONG}\n"
    ),
    Case("2.3-extra-operands", "$S unlock-keychain -p x a b", 2, "", r"re:Usage: unlock-keychain .*"),
    Case("2.3-wrong-password-when-unlocked-is-accepted", "new; $S unlock-keychain -p wrong $K && gone", 0),
    Case(
        "2.3-locked-again-wants-the-right-one",
        "new; $S lock-keychain $K; $S unlock-keychain -p wrong $K; r=$?; $S unlock-keychain -p pw $K && gone; exit $r",
        51,
        "",
        None,
    ),
    # -- 2.4: create, delete, lock -----------------------------------------------------------------------------------
    Case(
        "2.4-create-in-home-gets-db-suffix",
        "$S create-keychain -p x x.keychain; ls $HOME/Library/Keychains; $S delete-keychain x.keychain",
        0,
        "login.keychain-db\nx.keychain-db\n",
    ),
    Case("2.4-create-joins-the-search-list", "new; $S list-keychains | grep -c case; gone", 0, "1\n"),
    Case(
        "2.4-duplicate",
        "new; $S create-keychain -p pw $K; r=$?; gone; exit $r",
        48,
        "",
        r"re:security: SecKeychainCreate /tmp/.*: A keychain with the same name already exists\.\n",
    ),
    Case("2.4-delete-missing", "$S delete-keychain nope.keychain", 50, "", f"security: SecKeychainDelete: {_NOKC}\n"),
    Case("2.4-delete-leaves-the-search-list", "new; gone; $S list-keychains | grep -c case", 1, "0\n"),
    Case("2.4-lock-all-is-silent", "$S lock-keychain -a", 0),
    Case(
        "2.4-create-asks-three-times",
        "printf 'a\\nb\\na\\nb\\na\\nb\\n' | $S create-keychain /tmp/t.keychain-db",
        1,
        "",
        r"re:(password for new keychain: retype password for new keychain: passwords don't match\n){3}",
    ),
    Case(
        "2.4-settings-of-a-locked-keychain",
        "$S set-keychain-settings $L",
        36,
        "",
        f"security: SecKeychainSetSettings {_LOGIN}: User interaction is not allowed.\n",
    ),
]
