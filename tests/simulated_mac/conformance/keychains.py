# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security(1): more of its common part and of whole keychains; what files and items can be besides the usual."""

from __future__ import annotations

from .case import VERSIONS, Case, sha1, sha256

_LOGIN = "/Users/alice/Library/Keychains/login.keychain-db"
_LOCKED = "User interaction is not allowed."
_AUTH = "The user name or passphrase you entered is not correct."
_IMPORT = "security: SecKeychainItemImport: "
# A home of the case's own, with a keychain that is the default and unlocked.
_HOME = (
    "H=/tmp/home.$CASE; mkdir -p $H/Library/Preferences $H/Library/Keychains; export HOME=$H; "
    "$S create-keychain -p pw d.keychain; $S default-keychain -s d.keychain; "
)
_ROOT = "new; $S add-certificates -k $K $F/root.cer; "

CASES = [
    Case("1.1-p-implies-i", "printf 'list-keychains -d system\\n' | $S -p x", 0, '    "/Library/Keychains/System.keychain"\n'),
    Case(
        "1.1-long-option-is-a-second-dash",
        "$S find-certificate --all",
        2,
        "",
        r"re:security: illegal option -- -\nUsage: find-certificate .*",
    ),
    Case("1.1-long-global-option", "$S --help", 2, r"re:Usage: security .*", "security: illegal option -- -\n"),
    Case(
        "1.4-a-prompt-takes-128-characters",
        "p=x; while [ ${#p} -lt 128 ]; do p=$p$p; done; $S create-keychain -p $p /tmp/p.$CASE; $S lock-keychain /tmp/p.$CASE; "
        'printf "%sy\\n" $p | $S unlock-keychain /tmp/p.$CASE; r=$?; $S delete-keychain /tmp/p.$CASE; exit $r',
        0,
        "",
        r"re:password to unlock /tmp/p\.\d+: ",
    ),
    Case("1.5-home-unset-is-the-passwd-entrys", "unset HOME; $S default-keychain", 0, f'    "{_LOGIN}"\n'),
    Case(
        "1.5-plain-keychain-alone-is-itself",
        "new; cp $K $HOME/Library/Keychains/old.keychain; gone; "
        "$S find-certificate -a old.keychain; $S delete-keychain old.keychain; ls $HOME/Library/Keychains",
        0,
        "login.keychain-db\n",
    ),
    Case("2.2-null-without-a-keychain", "$S show-keychain-info", 36, "", f"security: SecKeychainCopySettings <NULL>: {_LOCKED}\n"),
    Case("2.3-u-over-ssh", "$S unlock-keychain -u $L", 36, "", f"security: SecKeychainUnlock {_LOGIN}: {_LOCKED}\n"),
    Case("2.3-u-when-unlocked", "new; $S unlock-keychain -u $K; r=$?; gone; exit $r", 0),
    Case(
        "2.4-set-keychain-password",
        "new; $S set-keychain-password -o pw -p new $K; $S lock-keychain $K; $S unlock-keychain -p new $K; r=$?; gone; exit $r",
        0,
    ),
    Case("2.4-set-keychain-password-wrong", "new; $S set-keychain-password -o x -p new $K; r=$?; gone; exit $r", 51, "", f"re:.*{_AUTH}\n"),
    Case(
        "2.5-empty-values-are-null",
        "new; import nameless.p12 >/dev/null; $S find-certificate $K | grep -E 'alis|labl'; gone",
        0,
        '    "alis"<blob>=<NULL>\n    "labl"<blob>=<NULL>\n',
    ),
    Case(
        "2.5-by-email-found",
        "new; $S add-certificates -k $K $F/mail.cer; $S find-certificate -e MAIL@example.com -m $K | head -n 1; gone",
        0,
        "email addresses: mail@example.com\n",
    ),
    Case("2.5-without-a-name-c-never-matches", "new; import nameless.p12 >/dev/null; $S find-certificate -a -c '' $K; gone", 0),
    Case(
        "2.6-without-a-name-it-is-unknown",
        "new; import nameless.p12 >/dev/null; $S find-identity $K | grep '1)'; gone",
        0,
        f'  1) {sha1("nameless")} "<unknown>" (CSSMERR_TP_NOT_TRUSTED)\n',
    ),
    Case(
        "2.6-revoked",
        "new; import revoked.p12 >/dev/null; $S find-identity $K | grep '1)'; gone",
        0,
        f'  1) {sha1("revoked")} "Revoked" (CSSMERR_TP_CERT_REVOKED)\n',
        on=("unwilling",),
    ),
    Case(
        "2.6-damaged-keychain-is-0",
        "$S find-identity $F/damaged.keychain-db",
        0,
        r"re:.*     0 identities found\n.*     0 valid identities found\n",
    ),
    # -- 2.7 -------------------------------------------------------------------------------------------------------
    Case("2.7-rc2-40-suffix-path", "new; import rc2.p12; gone", 0, None, on=VERSIONS),
    Case("2.7-f-openssl-reads-a-pkcs12-too", "new; import good.p12 '-f openssl'; gone", 0, "1 identity imported.\n"),
    Case(
        "2.7-suffix-is-case-sensitive-certificate",
        "new; $S import $F/root.CER -k $K; r=$?; gone; exit $r",
        1,
        "",
        f"{_IMPORT}Unknown format in import.\n",
    ),
    Case("2.7-suffix-is-case-sensitive-pkcs12", "new; import good.P12; gone", 0, "1 identity imported.\n"),
    Case(
        "2.7-x-not-extractable-suffix-path-only", "new; import good.p12 -x >/dev/null; grep -c '\"extractable\": false' $K; gone", 0, "1\n"
    ),
    Case("2.7-x-does-nothing-with-f-pkcs12", "new; import good.p12 '-x -f pkcs12'; grep -c '\"extractable\": false' $K; gone", 0, "0\n"),
    Case("2.7-a-takes-two-words", "new; $S import $F/good.p12 -k $K -a name value -P secret; gone", 0, "1 identity imported.\n"),
    Case("2.7-a-without-value", "$S import $F/good.p12 -a name", 2, "", r"re:Usage: import .*"),
    Case("2.7-nothing-in-it", "new; $S import $F/nothing.pem -k $K; r=$?; gone; exit $r", 1, "", "security: No keychain items found\n"),
    Case(
        "2.7-key-without-a-name",
        "new; $S import $F/key.pem -k $K >/dev/null; $S find-key $K | grep 0001.*blob; gone",
        0,
        '    0x00000001 <blob>="Imported Private Key"\n',
    ),
    Case("2.7-key-and-certificate", "new; $S import $F/both.pem -k $K; gone", 0, "1 key imported.\n1 certificate imported.\n"),
    Case(
        "2.7-reimport-suffix-path-fails",
        "new; import good.p12 >/dev/null; import good.p12; r=$?; gone; exit $r",
        1,
        "",
        f"{_IMPORT}The specified item already exists in the keychain.\n",
    ),
    Case(
        "2.7-reimport-suffix-path-succeeds",
        "new; import good.p12 >/dev/null; import good.p12 >/dev/null; r=$?; gone; exit $r",
        0,
        on=("kind",),
    ),
    Case(
        "2.7-failed-key-import-f-pkcs12-on-26",
        "$S import $F/good.p12 -k $L -P secret -f pkcs12",
        1,
        "",
        f"{_IMPORT}An internal error occured in the Security framework.\n",
        on=("26.1",),
    ),
    # -- 2.8, 2.9 --------------------------------------------------------------------------------------------------
    Case(
        "2.8-default-keychain",
        _HOME + "$S add-certificates $F/root.cer; $S find-certificate -a -Z d.keychain | head -n 1",
        0,
        f"SHA-256 hash: {sha256('root')}\n",
    ),
    Case(
        "2.8-already-in-the-default-keychain",
        _HOME + "$S add-certificates $F/root.cer; $S add-certificates $F/root.cer",
        1,
        "",
        "security: /tmp/files/root.cer: already in default keychain\n",
    ),
    Case("13-locked-login-may-take-a-certificate", "$S add-certificates -k $L $F/other.cer", 0, on=("kind",)),
    Case("2.9-without-keychain-the-whole-list", _ROOT + f"$S delete-certificate -Z {sha256('root')} && $S find-certificate -a $K; gone", 0),
    Case(
        "2.9-t-wants-trust-settings",
        _ROOT + f"$S delete-certificate -t -Z {sha256('root')} $K; r=$?; gone; exit $r",
        1,
        "",
        "SecTrustSettingsRemoveTrustSettings: No Trust Settings were found.\n",
    ),
]
