#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/base/skeleton.inc: what UTS 39 maps each character to, as ICU knows it.

    python3 src/base/skeleton.py >src/base/skeleton.inc     needs libicu (Debian: libicu-dev)

Left out: characters that a name loses by NFKC or NFD before it is looked up, and pictures.
"""
import ctypes
import glob
import re
import unicodedata

LIBRARY = sorted(glob.glob("/usr/lib/*/libicui18n.so.[0-9][0-9]"))[-1]
VERSION = LIBRARY.rsplit(".", 1)[1]
icu = ctypes.CDLL(LIBRARY)
icu_open = getattr(icu, "uspoof_open_" + VERSION)
icu_skeleton = getattr(icu, "uspoof_getSkeletonUTF8_" + VERSION)
icu_open.restype = ctypes.c_void_p
icu_skeleton.argtypes = [ctypes.c_void_p, ctypes.c_uint32, ctypes.c_char_p, ctypes.c_int32,
                         ctypes.c_char_p, ctypes.c_int32, ctypes.POINTER(ctypes.c_int)]


def skeleton(checker, character):
    status, out, text = ctypes.c_int(0), ctypes.create_string_buffer(256), character.encode()
    n = icu_skeleton(checker, 0, text, len(text), out, 256, ctypes.byref(status))
    if status.value > 0:
        raise SystemExit("ICU: error %d for U+%04X" % (status.value, ord(character)))
    return out.raw[:n].decode()


def literal(text):
    return "".join(c if c < "\x7f" and c not in '"\\' else "\\" + c if c < "\x7f"
                   else "\\u%04x" % ord(c) if c <= "\uffff" else "\\U%08x" % ord(c)
                   for c in text)


def rows():
    checker = icu_open(ctypes.byref(ctypes.c_int(0)))
    for number in list(range(0x20, 0xd800)) + list(range(0xe000, 0x110000)):
        c = chr(number)
        if unicodedata.category(c)[0] in "CZ" or unicodedata.category(c) == "So" or unicodedata.normalize("NFKC", c) != c or \
                unicodedata.normalize("NFD", c) != c:
            continue
        to = skeleton(checker, c)
        if to and to != c:
            yield '{0x%x, "%s"},' % (number, literal(to))


def main():
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* The prototypes of UTS 39 by character, written by skeleton.py from ICU %s. */"
          % VERSION)
    line = ""
    for row in rows():
        if len(line) + len(row) > 90:
            print(line)
            line = ""
        line += row
    print(line)


main()
