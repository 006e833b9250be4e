# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security(1): access lists, partition lists, the policy database, trust that somebody did set."""

from __future__ import annotations

from .case import Case, sha1

_NOT_FOUND = "The specified item could not be found in the keychain."
_AUTH = "The user name or passphrase you entered is not correct."
_IDENTITY = "new; import good.p12 >/dev/null; "
_ACL = "$S dump-keychain -a $K | sed -n '/^access/,$p'; gone"
_PROVIDER = "/System/Library/Frameworks/NetworkExtension.framework/PlugIns/NEIKEv2Provider.appex/Contents/MacOS/NEIKEv2Provider"
_HANGS = "p=$!; sleep 3; kill -0 $p && echo hangs; kill -9 $p; gone"
# Root changes the trust of the Mac, which it may here, and takes it back at the end.
_TRUST = "sudo -n true; sudo $S add-trusted-cert -d {} $F/root.cer; "
_FORGET = "; sudo $S remove-trusted-cert -d $F/root.cer"


def _access(applications: str, partitions: str = "apple-tool:") -> str:
    return (
        "access: 3 entries\n    entry 0:\n        authorizations (1): encrypt\n        don't-require-password\n"
        "        description: P2S key\n        applications: <null>\n    entry 1:\n"
        "        authorizations (6): decrypt derive export_clear export_wrapped mac sign\n        don't-require-password\n"
        f"        description: P2S key\n{applications}    entry 2:\n        authorizations (1): partition_id\n"
        f"        don't-require-password\n        description: {partitions}\n        applications: <null>\n"
    )


def _application(number: int, path: str) -> str:
    name = path.rpartition("/")[2]
    return f'            {number}: {path} (OK)\n                requirement: identifier "{name}" and anchor apple\n'


CASES = [
    Case(
        "2.10-acl-of-a-usual-import",
        _IDENTITY + _ACL,
        0,
        _access("        applications (1):\n" + _application(0, "/usr/bin/security")),
        on=("kind",),
    ),
    Case(
        "2.10-acl-any-application",
        "new; import good.p12 -A >/dev/null; " + _ACL,
        0,
        _access("        applications: <null>\n"),
        on=("kind",),
    ),
    Case(
        "2.10-acl-of-two-applications-and-a-partition-list",
        f"new; $S import $F/good.p12 -k $K -P secret -T /usr/bin/security -T {_PROVIDER} >/dev/null; "
        "$S set-key-partition-list -S apple-tool:,apple: -k pw $K >/dev/null; " + _ACL,
        0,
        _access(f"        applications (2):\n{_application(0, '/usr/bin/security')}{_application(1, _PROVIDER)}", "apple-tool:, apple:"),
        on=("kind",),
    ),
    Case(
        "2.10-acl-no-application",
        "new; $S import $F/good.p12 -k $K -P secret -T '' >/dev/null; " + _ACL,
        0,
        _access("        applications (0):\n"),
        on=("kind",),
    ),
    Case("2.7-application-group", "new; $S import $F/good.p12 -k $K -P secret -T group://x | grep -c imported; gone", 0, "1\n"),
    Case(
        "2.10-a-certificate-has-no-acl",
        "new; $S add-certificates -k $K $F/root.cer; $S dump-keychain -a $K | tail -n 1; gone",
        0,
        "no access control for this item\n",
    ),
    Case("2.10-acl-over-ssh-raises-a-dialog", _IDENTITY + "$S dump-keychain -a $K & " + _HANGS, 0, "hangs\n", None),
    Case("2.10-d-raises-a-dialog", _IDENTITY + "$S dump-keychain -d $K & " + _HANGS, 0, "hangs\n", None, on=("kind",)),
    Case("2.10-dump-into-a-file", _IDENTITY + "$S dump-keychain -o /tmp/dump.$CASE $K; grep -c class /tmp/dump.$CASE; gone", 0, "2\n"),
    Case(
        "2.10-cms-signs-a-file-and-reads-it",
        _IDENTITY + "f=/tmp/cms.$CASE; echo a profile >$f; $S cms -S -N P2SChildCertMac -i $f -o $f.out && $S cms -D -i $f.out; gone",
        0,
        "a profile\n",
    ),
    Case(
        "2.10-cms-without-the-identity",
        "$S cms -S -N nobody -i $F/root.cer",
        44,
        "",
        f"security: SecIdentitySearchCopyNext: {_NOT_FOUND}\n",
    ),
    Case("2.10-cms-reads-what-is-signed-only", "$S cms -D -i $F/root.cer", 93, "", "re:security: CMSDecoderUpdateMessage: .*\n"),
    Case(
        "2.10-cms-needs-the-keychain-unlocked",
        _IDENTITY + "$S lock-keychain $K; $S cms -S -N P2SChildCertMac -i $F/root.cer; r=$?; gone; exit $r",
        36,
        "",
        "re:.*",
    ),
    Case(
        "2.10-cms-of-a-key-that-is-not-open-to-it-raises-a-dialog",
        "new; $S import $F/good.p12 -k $K -P secret -T /usr/libexec/neagent >/dev/null; $S cms -S -N P2SChildCertMac -i $F/root.cer & "
        + _HANGS,
        0,
        "hangs\n",
        None,
    ),
    Case("2.10-cms-without-S-or-D", "$S cms -i $F/root.cer", 2, "", "re:Usage: cms .*"),
    Case("2.10-export-is-not-simulated", "$S export -o /tmp/x", 99, "", "simulated Mac: `security export` is not simulated\n"),
    Case(
        "2.11-rows-4-to-7",
        _IDENTITY + "$S set-key-partition-list -S apple: -k pw $K | sed -n 9,12p; gone",
        0,
        r"re:    0x00000004 <uint32>=0x00000000 \n    0x00000005 <uint32>=0x00000000 \n"
        r'    0x00000006 <blob>=0x[0-9A-F]{40}  "[^\n]*"\n    0x00000007 <blob>=<NULL>\n',
    ),
    Case(
        "2.11-without-k-it-asks",
        _IDENTITY + "$S lock-keychain $K; $S set-key-partition-list -S apple: $K; r=$?; gone; exit $r",
        1,
        "",
        rf"re:password to unlock /tmp/case\.\d+\.keychain-db: security: SecKeychainUnlock: {_AUTH}\n",
    ),
    Case(
        "2.11-without-l-every-key",
        _IDENTITY + "import second.p12 >/dev/null; $S set-key-partition-list -S apple: -k pw $K | grep -c '0x00000001 <blob'; gone",
        0,
        "2\n",
    ),
    Case(
        "2.11-d-is-broken",
        _IDENTITY + "$S set-key-partition-list -d -S apple: -k pw $K; r=$?; gone; exit $r",
        1,
        "",
        r"re:security: SecItemCopyMatching: .*",
    ),
    Case("2.12-read-fails", "$S authorizationdb read nothing", 255, "", r"re:NO \(-\d+\)\n"),
    Case("2.12-remove-is-refused", "$S authorizationdb remove com.apple.trust-settings.admin", 255, "", "NO (-60005)\n"),
    Case(
        "2.12-q-hides-yes",
        "$S -q authorizationdb read com.apple.trust-settings.admin | head -n 1",
        0,
        '<?xml version="1.0" encoding="UTF-8"?>\n',
    ),
    # -- 4 ---------------------------------------------------------------------------------------------------------
    Case(
        "4-dump-of-a-root-that-is-always-trusted",
        _TRUST.format("") + "$S dump-trust-settings -d" + _FORGET,
        0,
        "Number of trusted certs = 1\nCert 0: Example Root CA\n   Number of trust settings : 0\n",
        on=("kind",),
    ),
    Case(
        "4-dump-of-a-policy",
        _TRUST.format("-r trustRoot -p codeSign -e certExpired") + "$S dump-trust-settings -d" + _FORGET,
        0,
        (
            "Number of trusted certs = 1\nCert 0: Example Root CA\n   Number of trust settings : 1\n   Trust Setting 0:\n"
            "      Policy OID            : Code Signing\n      Allowed Error         : CSSMERR_TP_CERT_EXPIRED\n"
            "      Result Type           : kSecTrustSettingsResultTrustRoot\n"
        ),
        on=("kind",),
    ),
    Case(
        "4-export",
        _TRUST.format("") + "$S trust-settings-export -d /tmp/t.plist; plutil -convert json -o - /tmp/t.plist | wc -l >/dev/null; "
        f"grep -c -E 'issuerName|serialNumber|modDate|trustSettings|trustVersion|{sha1('root')}' /tmp/t.plist" + _FORGET,
        0,
        "...Trust Settings exported successfully.\n6\n",
        None,
        on=("kind",),
    ),
    Case(
        "4-deny",
        _TRUST.format("-r deny") + "$S verify-cert -c $F/root.cer -L; r=$?" + _FORGET + "; exit $r",
        1,
        "",
        "SecTrustEvaluate result: kSecTrustResultDeny\n",
        on=("kind",),
    ),
    Case(
        "2.6-valid",
        _TRUST.format("") + _IDENTITY + "$S add-certificates -k $K $F/root.cer; $S find-identity $K; gone" + _FORGET,
        0,
        (
            f'\nPolicy: X.509 Basic\n  Matching identities\n  1) {sha1("leaf")} "P2SChildCertMac"\n     1 identities found\n\n'
            f'  Valid identities only\n  1) {sha1("leaf")} "P2SChildCertMac"\n     1 valid identities found\n'
        ),
        on=("kind",),
    ),
    Case(
        "4-canceled-at-the-screen",
        "sudo launchctl asuser 501 sudo -u alice -H $S add-trusted-cert $F/root.cer",
        1,
        "",
        "SecTrustSettingsSetTrustSettings: The authorization was canceled by the user.\n",
        on=("unwilling",),
    ),
    Case("4-verify-at-another-time", "$S verify-cert -c $F/expired.cer -r $F/root.cer -d 2026-01-02-00:00:00 -L -q", 0),
    Case(
        "4-verify-before-its-time",
        "$S verify-cert -c $F/leaf.cer -r $F/root.cer -d 2020-01-01 -L",
        1,
        "",
        "Cert Verify Result: CSSMERR_TP_CERT_NOT_VALID_YET\n",
    ),
    Case("4-verify-bad-date", "$S verify-cert -c $F/leaf.cer -d yesterday", 2, "", r"re:Usage: verify-cert .*"),
    Case(
        "4-verify-for-a-server",
        "$S verify-cert -c $F/leaf.cer -r $F/root.cer -p ssl -L",
        1,
        "",
        r"re:Cert Verify Result: CSSMERR_APPLETP_.*",
    ),
    Case("4-verify-for-a-client", "$S verify-cert -c $F/leaf.cer -r $F/root.cer -p ssl -C -L", 0, None),
    Case("4-verify-revocation-required", "$S verify-cert -c $F/leaf.cer -r $F/root.cer -R require -L", 1, "", r"re:Cert Verify Result: .*"),
    Case("4-verify-revocation-unknown-word", "$S verify-cert -c $F/leaf.cer -R x", 2, "", r"re:Usage: verify-cert .*"),
]
