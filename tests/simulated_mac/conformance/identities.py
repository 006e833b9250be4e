# Copyright (c) 2026, the azure_p2s.macos contributors
# GNU General Public License v3.0+ (see LICENSE or https://www.gnu.org/licenses/gpl-3.0.txt)
# SPDX-License-Identifier: GPL-3.0-or-later
"""security(1): certificates, identities, keys, import, trust."""

from __future__ import annotations

from cryptography.hazmat.primitives import serialization

from .case import VERSIONS, Case, certificates, sha1, sha256

_MAC_FAILED = "security: SecKeychainItemImport: MAC verification failed during PKCS12 import (wrong password?)\n"
_AUTH = "The user name or passphrase you entered is not correct."
_NOT_FOUND = "The specified item could not be found in the keychain."
_LOCKED = "User interaction is not allowed."
_PROVIDER = "/System/Library/Frameworks/NetworkExtension.framework/PlugIns/NEIKEv2Provider.appex/Contents/MacOS/NEIKEv2Provider"
_FROM_15 = ("15.1", "15.6.1", "26.1")
_TO_14 = ("10.15.7", "11.7", "13.7", "14.7")


def _dump() -> str:
    name = bytes.fromhex("301A311830160603550403").hex().upper()
    return (
        r're:keychain: "/tmp/case\.\d+\.keychain-db"\nversion: 512\nclass: 0x80001000 \nattributes:\n'
        r'    "alis"<blob>="Example Root CA"\n    "cenc"<uint32>=0x00000003 \n    "ctyp"<uint32>=0x00000001 \n'
        r'    "hpky"<blob>=0x[0-9A-F]{40}  "[^\n]*"\n'
        rf'    "issu"<blob>=0x{name}[0-9A-F]+  "0\\0321\\0300\\026\\006\\003U\\004\\003\\014\\017Example Root CA"\n'
        r'    "labl"<blob>="Example Root CA"\n    "skid"<blob>=0x[0-9A-F]{40}  [^\n]*\n    "snbr"<blob>=0x01 \n    "subj"<blob>=[^\n]*\n'
    )


def _cases() -> list[Case]:
    root, leaf = sha256("root"), sha256("leaf")
    pem = certificates()["root"].public_bytes(serialization.Encoding.PEM).decode()
    with_root = "new; $S add-certificates -k $K $F/root.cer; "
    with_identity = "new; import good.p12 >/dev/null; "
    heading = "\nPolicy: X.509 Basic\n  Matching identities\n"
    return [
        # -- 2.5 ---------------------------------------------------------------------------------------------------
        Case(
            "2.5-hashes-and-pem",
            with_root + "$S find-certificate -a -Z -p $K; gone",
            0,
            f"SHA-256 hash: {root}\nSHA-1 hash: {sha1('root')}\n{pem}",
            on=VERSIONS,
        ),
        Case("2.5-dump", with_root + "$S find-certificate -c 'Example Root CA' $K; gone", 0, _dump()),
        Case(
            "2.5-hashes-before-dump",
            with_root + "$S find-certificate -Z $K | head -n 3; gone",
            0,
            rf"re:SHA-256 hash: {root}\nSHA-1 hash: [0-9A-F]{{40}}\nkeychain: .*\n",
        ),
        Case(
            "2.5-name-is-any-part-in-any-case",
            with_root + "$S find-certificate -c 'ROOT c' -Z -p $K | head -n 1; gone",
            0,
            f"SHA-256 hash: {root}\n",
        ),
        Case(
            "2.5-without-a-the-first-only",
            with_root + "$S add-certificates -k $K $F/other.cer; $S find-certificate -c root -Z -p $K | grep -c BEGIN; gone",
            0,
            "1\n",
        ),
        Case(
            "2.5-with-a-all",
            with_root + "$S add-certificates -k $K $F/other.cer; $S find-certificate -a -c root -Z -p $K | grep -c BEGIN; gone",
            0,
            "2\n",
        ),
        Case(
            "2.5-not-found",
            with_root + "$S find-certificate -c nobody $K; r=$?; gone; exit $r",
            44,
            "",
            f"security: SecKeychainSearchCopyNext: {_NOT_FOUND}\n",
        ),
        Case(
            "2.5-not-found-by-email",
            with_root + "$S find-certificate -e a@b $K; r=$?; gone; exit $r",
            44,
            "",
            f"security: SecCertificateFindByEmail: {_NOT_FOUND}\n",
        ),
        Case("2.5-not-found-with-a-is-silent", with_root + "$S find-certificate -a -c nobody $K; r=$?; gone; exit $r", 0),
        Case(
            "2.5-readable-when-locked",
            with_root + "$S lock-keychain $K; $S find-certificate -a -Z $K | head -n 1; gone",
            0,
            f"SHA-256 hash: {root}\n",
        ),
        Case("2.5-emails-line", with_root + "$S find-certificate -m $K | head -n 1; gone", 0, "email addresses: \n"),
        Case(
            "2.5-damaged-with-a",
            "$S find-certificate -a $F/damaged.keychain-db",
            49,
            "",
            "security: SecKeychainSearchCopyNext: The specified keychain is not a valid keychain file.\n",
        ),
        Case(
            "2.5-damaged-without-a-never-returns",
            "$S find-certificate $F/damaged.keychain-db & p=$!; sleep 4; kill -0 $p && echo hangs; kill $p",
            0,
            "hangs\n",
        ),
        Case(
            "2.5-copy-shows-its-own-path",
            with_root + "cp $K /tmp/copy.$CASE; $S find-certificate -a /tmp/copy.$CASE | head -n 1; gone",
            0,
            r're:keychain: "/tmp/copy\.\d+"\n',
        ),
        # -- 2.6 ---------------------------------------------------------------------------------------------------
        Case(
            "2.6-private-ca-is-not-trusted",
            with_identity + "$S find-identity $K; gone",
            0,
            (
                f'{heading}  1) {sha1("leaf")} "P2SChildCertMac" (CSSMERR_TP_NOT_TRUSTED)\n     1 identities found\n\n'
                f"  Valid identities only\n     0 valid identities found\n"
            ),
            on=VERSIONS,
        ),
        Case("2.6-v-shows-the-second-list-only", with_identity + "$S find-identity -v $K; gone", 0, "     0 valid identities found\n"),
        Case(
            "2.6-certificate-without-key-is-no-identity",
            "new; $S add-certificates -k $K $F/leaf.cer; $S find-identity $K | grep found; gone",
            0,
            "     0 identities found\n     0 valid identities found\n",
        ),
        Case(
            "2.6-expired",
            "new; import expired.p12 >/dev/null; $S find-identity $K | grep '1)'; gone",
            0,
            f'  1) {sha1("expired")} "Expired" (CSSMERR_TP_CERT_EXPIRED)\n',
        ),
        Case(
            "2.6-policies-in-fixed-order", "new; $S find-identity -p ipsec -p eap $K | grep Policy; gone", 0, "Policy: EAP\nPolicy: IPsec\n"
        ),
        Case("2.6-bad-policy", "$S find-identity -p x", 2, "", None),
        Case(
            "2.6-s-says-what-it-looks-for",
            with_identity + "$S find-identity -s Nobody -v $K; gone",
            0,
            'Looking for identities matching "Nobody"\n     0 valid identities found\n',
        ),
        Case(
            "2.6-listed-when-locked", with_identity + "$S lock-keychain $K; $S find-identity $K | grep -c P2SChildCertMac; gone", 0, "1\n"
        ),
        # -- 2.7 ---------------------------------------------------------------------------------------------------
        Case("2.7-identity-imported", "new; import good.p12; gone", 0, "1 identity imported.\n", on=("10.15.7", "14.7", "15.6.1", "26.1")),
        Case("2.7-chain-imported", "new; import chain.p12; gone", 0, "1 identity imported.\n1 certificate imported.\n"),
        Case("2.7-success-text-is-not-certain", "new; import good.p12; gone", 0, "", on=("15.1",)),
        Case("2.7-f-pkcs12-from-15-prints-nothing", "new; import good.p12 '-f pkcs12'; gone", 0, "", on=_FROM_15),
        Case("2.7-certificate-imported", "new; $S import $F/root.cer -k $K; gone", 0, "1 certificate imported.\n"),
        Case("2.7-pem-bundle-imported", "new; $S import $F/two.pem -k $K; gone", 0, "2 certificates imported.\n"),
        Case("2.7-key-imported", "new; $S import $F/key.pem -k $K; gone", 0, "1 key imported.\n"),
        Case("2.7-content-decides-without-suffix", "new; $S import $F/good.bin -k $K -P secret; gone", 0, "1 identity imported.\n"),
        Case(
            "2.7-wrong-password-suffix-path",
            "new; $S import $F/good.p12 -k $K -P wrong; r=$?; gone; exit $r",
            1,
            "",
            _MAC_FAILED,
            on=VERSIONS,
        ),
        Case(
            "2.7-wrong-password-f-pkcs12-from-15",
            "new; $S import $F/good.p12 -k $K -P wrong -f pkcs12; r=$?; gone; exit $r",
            1,
            "",
            f"security: SecKeychainItemImport: {_AUTH}\n",
            on=_FROM_15,
        ),
        Case(
            "2.7-wrong-password-f-pkcs12-to-14",
            "new; $S import $F/good.p12 -k $K -P wrong -f pkcs12; r=$?; gone; exit $r",
            1,
            "",
            _MAC_FAILED,
            on=_TO_14,
        ),
        Case("2.7-empty-password-suffix-path", "new; $S import $F/good.p12 -k $K -P ''; r=$?; gone; exit $r", 1, "", _MAC_FAILED),
        Case(
            "2.7-empty-password-f-pkcs12-from-15",
            "new; $S import $F/good.p12 -k $K -P '' -f pkcs12; r=$?; gone; exit $r",
            1,
            "",
            "security: SecKeychainItemImport: Unable to decode the provided data.\n",
            on=_FROM_15,
        ),
        Case("2.7-modern-algorithms-suffix-path", "new; import modern.p12; r=$?; gone; exit $r", 1, "", _MAC_FAILED, on=VERSIONS),
        Case(
            "2.7-modern-algorithms-f-pkcs12-to-14", "new; import modern.p12 '-f pkcs12'; r=$?; gone; exit $r", 1, "", _MAC_FAILED, on=_TO_14
        ),
        Case(
            "2.7-modern-algorithms-f-pkcs12-from-15",
            "new; import modern.p12 '-f pkcs12' && $S find-identity $K | grep -c P2SChildCertMac; gone",
            0,
            "1\n",
            on=_FROM_15,
        ),
        Case(
            "2.7-non-ascii-password-suffix-path",
            "new; $S import $F/nopass.p12 -k $K -P ä; r=$?; gone; exit $r",
            1,
            "",
            "security: SecKeychainItemImport: Passphrase is required for import/export.\n",
        ),
        Case(
            "2.7-non-ascii-password-f-pkcs12-prompts",
            "new; $S import $F/nopass.p12 -k $K -P ä -f pkcs12; r=$?; gone; exit $r",
            1,
            "",
            r"re:password to unlock nopass.p12: security: .*",
        ),
        Case(
            "2.7-without-P-a-gui-is-wanted",
            "new; $S import $F/good.p12 -k $K; r=$?; gone; exit $r",
            1,
            "",
            f"security: SecKeychainItemImport: {_LOCKED}\n",
        ),
        Case(
            "2.7-locked-keychain",
            "$S import $F/good.p12 -k $L -P secret",
            1,
            "",
            f"security: SecKeychainItemImport: {_LOCKED}\n",
            on=VERSIONS,
        ),
        Case(
            "2.7-certificate-twice",
            "new; $S import $F/root.cer -k $K >/dev/null; $S import $F/root.cer -k $K; r=$?; gone; exit $r",
            1,
            "",
            "security: SecKeychainItemImport: The specified item already exists in the keychain.\n",
        ),
        Case(
            "2.7-unknown-suffix-of-azure",
            "new; $S import $F/root.cer_0 -k $K; r=$?; gone; exit $r",
            1,
            "",
            "security: SecKeychainItemImport: Unknown format in import.\n",
            on=VERSIONS,
        ),
        Case(
            "2.7-unknown-format",
            "new; $S import $F/bad.cer -k $K; r=$?; gone; exit $r",
            1,
            "",
            "security: SecKeychainItemImport: Unknown format in import.\n",
        ),
        Case(
            "2.7-empty-file",
            "new; $S import $F/empty.p12 -k $K -P x; r=$?; gone; exit $r",
            1,
            "",
            "security: SecKeychainItemImport: One or more parameters passed to a function were not valid.\n",
        ),
        Case(
            "2.7-missing-keychain",
            "$S import $F/good.p12 -k /none -P secret",
            1,
            "",
            "security: SecKeychainItemImport: The specified keychain could not be found.\n",
        ),
        Case("2.7-missing-file", "$S import /x -k $L -P secret", 1, "", "security: Error reading infile /x: No such file or directory\n"),
        Case(
            "2.7-directory",
            "$S import /tmp -k $L -P secret",
            1,
            "",
            "readFile: short read\nsecurity: Error reading infile /tmp: Is a directory\n",
        ),
        Case(
            "2.7-bad-application",
            "$S import $F/good.p12 -k $L -P secret -T /x",
            1,
            "",
            "security: SecTrustedApplicationCreateFromPath /x: UNIX[No such file or directory]\n",
        ),
        Case(
            "2.7-applications-are-checked-before-the-file",
            "$S import /missing -T /x",
            1,
            "",
            r"re:security: SecTrustedApplicationCreateFromPath /x: .*",
        ),
        Case("2.7-file-comes-first", "$S import -k $L", 1, "", None),
        Case(
            "2.7-stray-operand-ends-the-options",
            "new; $S import $F/good.p12 -k $K stray -P secret; r=$?; gone; exit $r",
            1,
            "",
            f"security: SecKeychainItemImport: {_LOCKED}\n",
        ),
        Case("2.7-bad-format", "$S import $F/good.p12 -f x", 2, "", r"re:Usage: import .*"),
        Case("2.7-no-default-keychain", "HOME=/tmp $S import $F/good.p12 -P secret", 1),
        Case(
            "2.7-reimport-15.0-and-15.1",
            "new; import good.p12 '-f pkcs12'; import good.p12 '-f pkcs12'; r=$?; gone; exit $r",
            1,
            "",
            r"re:security: SecKeychainItemImport: The specified item already exists.*",
            on=("15.1",),
        ),
        Case(
            "2.7-reimport-from-15.2",
            "new; import good.p12 '-f pkcs12'; import good.p12 '-f pkcs12'; r=$?; gone; exit $r",
            0,
            on=("15.6.1", "26.1"),
        ),
        Case(
            "2.7-reimport-keeps-the-old-acl",
            f"new; import good.p12 '-f pkcs12'; import good.p12 '-f pkcs12 -T {_PROVIDER}'; grep -c NEIKEv2Provider $K; gone",
            0,
            "0\n",
        ),
        Case(
            "2.7-key-label-is-the-friendly-name",
            with_identity + "$S find-key $K | grep '0x00000001 <blob'; gone",
            0,
            '    0x00000001 <blob>="P2S key"\n',
        ),
        Case("2.7-no-key-in-the-clear", with_identity + "grep -c 'PRIVATE' $K; gone", 0, "0\n"),
        # -- 2.8 ---------------------------------------------------------------------------------------------------
        Case("2.8-silent", with_root + "gone", 0),
        Case(
            "2.8-pem",
            "new; $S add-certificates -k $K $F/root.pem; $S find-certificate -a -Z $K | head -n 1; gone",
            0,
            f"SHA-256 hash: {root}\n",
        ),
        Case("2.8-no-trust-is-set", with_root + "$S dump-trust-settings; r=$?; gone; exit $r", 1, "", None),
        Case(
            "2.8-already-there",
            with_root + "$S add-certificates -k $K $F/root.cer; r=$?; gone; exit $r",
            1,
            "",
            r"re:security: /tmp/files/root\.cer: already in /tmp/case\.\d+\.keychain-db\n",
        ),
        Case(
            "2.8-goes-on-after-a-bad-file",
            "new; $S add-certificates -k $K /none $F/root.cer; r=$?; $S find-certificate -a -Z $K | head -n 1; gone; exit $r",
            1,
            f"***Error reading file /none\nSHA-256 hash: {root}\n",
        ),
        Case("2.8-bad-pem", "$S add-certificates -k $L $F/bad.pem", 1, "", "Error decoding cert file /tmp/files/bad.pem\n"),
        Case("2.8-bad-der", "$S add-certificates -k $L $F/bad.cer", 1, "", r"re:SecCertificateCreateFromData: .*\n"),
        Case("2.8-no-file", "$S add-certificates -k $L", 2, "", r"re:Usage: add-certificates .*"),
        Case(
            "2.8-missing-keychain",
            "$S add-certificates -k /none $F/root.cer",
            1,
            "",
            "security: SecCertificateAddToKeychain: The specified keychain could not be found.\n",
        ),
        Case(
            "13-locked-login-refuses-a-bare-certificate",
            "$S add-certificates -k $L $F/root.cer",
            1,
            "",
            f"security: SecCertificateAddToKeychain: {_LOCKED}\n",
            on=VERSIONS,
        ),
        Case(
            "2.8-system-keychain-needs-root",
            "$S add-certificates -k /Library/Keychains/System.keychain $F/root.cer",
            1,
            "",
            r"re:security: SecCertificateAddToKeychain: .*",
        ),
        # -- 2.9 ---------------------------------------------------------------------------------------------------
        Case("2.9-by-sha256", with_root + f"$S delete-certificate -Z {root} $K && $S find-certificate -a $K; gone", 0),
        Case("2.9-by-sha1", with_root + f"$S delete-certificate -Z {sha1('root')} $K && $S find-certificate -a $K; gone", 0),
        Case(
            "2.9-not-found-has-no-newline",
            "new; $S delete-certificate -c 'Example Root CA' $K; r=$?; gone; exit $r",
            1,
            "",
            'Unable to delete certificate matching "Example Root CA"',
        ),
        Case("2.9-neither-option", "$S delete-certificate $L", 2, "", r"re:Usage: delete-certificate .*"),
        Case(
            "2.9-ambiguous",
            with_root + "$S add-certificates -k $K $F/other.cer; $S delete-certificate -c root $K; r=$?; gone; exit $r",
            1,
            "",
            'security: "root" is ambiguous, matches more than one certificate\nUnable to delete certificate matching "root"',
        ),
        Case(
            "2.9-exact-name-beats-a-part",
            (
                "new; import good.p12 >/dev/null; import second.p12 >/dev/null; "
                "$S delete-certificate -c P2SChildCertMac $K; $S find-certificate -a -Z $K | grep SHA-256; gone"
            ),
            0,
            f"SHA-256 hash: {sha256('second')}\n",
        ),
        Case(
            "2.9-delete-identity-takes-the-key",
            with_identity + f"$S delete-identity -Z {leaf} $K; $S find-key $K; r=$?; gone; exit $r",
            1,
            "",
            f"security: SecItemCopyMatching: {_NOT_FOUND}\n",
        ),
        Case(
            "2.9-delete-certificate-leaves-the-key",
            with_identity + f"$S delete-certificate -Z {leaf} $K; $S find-key $K | grep -c 'P2S key'; gone",
            0,
            "1\n",
        ),
        Case("2.9-delete-identity-without-key", with_root + f"$S delete-identity -Z {root} $K; gone", 0),
        Case(
            "2.9-locked",
            with_root + f"$S lock-keychain $K; $S delete-certificate -Z {root} $K; r=$?; gone; exit $r",
            36,
            "",
            f"security: SecKeychainItemDelete: {_LOCKED}\n",
        ),
        Case(
            "2.9-delete-identity-not-found",
            "new; $S delete-identity -c x $K; r=$?; gone; exit $r",
            1,
            "",
            'Unable to delete certificate matching "x"',
        ),
        # -- 2.10, 2.11, 2.12 --------------------------------------------------------------------------------------
        Case("2.10-no-key", "new; $S find-key $K; r=$?; gone; exit $r", 1, "", f"security: SecItemCopyMatching: {_NOT_FOUND}\n"),
        Case(
            "2.10-dump-keychain-shows-every-item",
            with_identity + "$S dump-keychain $K | grep class; gone",
            0,
            "class: 0x80001000 \nclass: 0x00000010 \n",
        ),
        Case(
            "2.10-acl-of-a-locked-keychain",
            with_identity + "$S lock-keychain $K; $S dump-keychain -a $K; r=$?; gone; exit $r",
            36,
            "",
            None,
        ),
        Case(
            "2.11-dump-of-the-key-then-0",
            with_identity + "$S set-key-partition-list -S apple-tool:,apple: -k pw -l 'P2S key' $K | head -n 8; gone",
            0,
            (
                r're:keychain: ".*"\nversion: 512\nclass: 0x00000010 \nattributes:\n'
                r'    0x00000000 <uint32>=0x00000010 \n    0x00000001 <blob>="P2S key"\n    0x00000002 <blob>=<NULL>\n'
                r"    0x00000003 <uint32>=0x00000001 \n"
            ),
        ),
        Case("2.11-no-S", "$S set-key-partition-list -k pw $L", 2, "", r"re:Usage: set-key-partition-list .*"),
        Case(
            "2.11-wrong-password-locked",
            with_identity + "$S lock-keychain $K; $S set-key-partition-list -S apple: -k wrong $K; r=$?; gone; exit $r",
            1,
            "",
            f"security: SecKeychainUnlock: {_AUTH}\n",
        ),
        Case(
            "2.11-wrong-password-unlocked-after-the-dump",
            with_identity + "$S set-key-partition-list -S apple: -k wrong $K; r=$?; gone; exit $r",
            1,
            r"re:keychain: .*",
            f"security: SecKeychainItemSetAccessWithPassword: {_AUTH}\n",
        ),
        Case(
            "2.11-no-matching-key",
            with_identity + "$S set-key-partition-list -S apple: -k pw -l nobody $K; r=$?; gone; exit $r",
            1,
            "",
            f"security: SecItemCopyMatching: {_NOT_FOUND}\n",
        ),
        Case(
            "2.11-unlocks-the-keychain",
            with_identity
            + "$S lock-keychain $K; $S set-key-partition-list -S apple: -k pw $K >/dev/null; $S show-keychain-info $K 2>/dev/null && gone",
            0,
        ),
        Case("2.12-read", "$S authorizationdb read com.apple.trust-settings.admin", 0, r"re:<\?xml .*</plist>\n", "YES (0)\n"),
        Case(
            "2.12-write-trust-right-is-refused", "$S authorizationdb write com.apple.trust-settings.admin allow", 255, "", "NO (-60005)\n"
        ),
        # -- 4 -----------------------------------------------------------------------------------------------------
        Case(
            "4-add-trusted-over-ssh",
            "$S add-trusted-cert $F/root.cer",
            1,
            "",
            "SecTrustSettingsSetTrustSettings: The authorization was denied since no user interaction was possible.\n",
            on=VERSIONS,
        ),
        Case(
            "4-failing-trust-leaves-the-certificate",
            "new; $S add-trusted-cert -k $K $F/root.cer 2>/dev/null; $S find-certificate -a -Z $K | head -n 1; gone",
            0,
            f"SHA-256 hash: {root}\n",
        ),
        Case(
            "4-root-is-not-enough",
            "/usr/bin/sudo $S add-trusted-cert -d $F/root.cer",
            1,
            "",
            "SecTrustSettingsSetTrustSettings: The authorization was denied since no user interaction was possible.\n",
            on=VERSIONS[1:],
        ),
        Case("4-no-file", "$S add-trusted-cert", 2, "", "No cert file specified.\n"),
        Case("4-missing-file", "$S add-trusted-cert /none", 1, "", "Error reading file /none\n"),
        Case(
            "4-remove-what-is-not-set",
            "$S remove-trusted-cert $F/root.cer",
            1,
            "",
            "SecTrustSettingsRemoveTrustSettings: No Trust Settings were found.\n",
        ),
        Case("4-dump-none", "$S dump-trust-settings", 1, "", "SecTrustSettingsCopyCertificates: No Trust Settings were found.\n"),
        Case(
            "4-export-none",
            "$S trust-settings-export /tmp/t.plist",
            1,
            "",
            "SecTrustSettingsCreateExternalRepresentation: No Trust Settings were found.\n",
        ),
        Case("4-verify-private-root", "$S verify-cert -c $F/root.cer -L", 1, "", "Cert Verify Result: CSSMERR_TP_NOT_TRUSTED\n"),
        Case(
            "4-verify-with-its-own-anchor",
            "$S verify-cert -c $F/leaf.cer -r $F/root.cer -L",
            0,
            "...certificate verification successful.\n",
        ),
        Case(
            "4-verify-with-another-anchor",
            "$S verify-cert -c $F/leaf.cer -r $F/other.cer -L",
            1,
            "",
            "Cert Verify Result: CSSMERR_TP_NOT_TRUSTED\n",
        ),
        Case(
            "4-verify-expired", "$S verify-cert -c $F/expired.cer -r $F/root.cer -L", 1, "", "Cert Verify Result: CSSMERR_TP_CERT_EXPIRED\n"
        ),
        Case("4-verify-usage", "$S verify-cert", 2, "", r"re:Usage: verify-cert .*"),
    ]


CASES = _cases()
