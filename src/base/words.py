#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes src/base/words_fold.inc or words_class.inc from Python's Unicode data.

    python3 src/base/words.py fold >src/base/words_fold.inc
    python3 src/base/words.py class >src/base/words_class.inc

fold: what each character is for a search: in one case, without compatibility forms and
diacritics; "" for what does not count. class: 1 for letters, marks and digits of words, 2 for
characters of scripts that are written without blanks, and for symbols.
"""
import sys
import unicodedata

# Marks that readers leave out; those of other scripts are vowels and the like.
DROPPED = ((0x300, 0x36f), (0x591, 0x5c7), (0x610, 0x61a), (0x640, 0x640), (0x64b, 0x65f),
           (0x670, 0x670), (0x6d6, 0x6ed), (0x1ab0, 0x1aff), (0x1dc0, 0x1dff), (0x20d0, 0x20ff),
           (0xfe00, 0xfe0f), (0xfe20, 0xfe2f), (0xe0100, 0xe01ef))
# Letters that Unicode does not decompose; the dotless i; Arabic letters with one sound.
ALIKE = {"ı": "i", "ø": "o", "ł": "l", "đ": "d", "ħ": "h", "ŧ": "t", "æ": "ae", "œ": "oe",
         "ð": "d", "þ": "th", "ى": "ي", "ی": "ي", "ک": "ك", "ς": "σ"}
DENSE = ((0xe00, 0xeff), (0x1000, 0x109f), (0x1100, 0x11ff), (0x1780, 0x17ff), (0x1950, 0x19ff),
         (0x1a20, 0x1aaf), (0x2e80, 0x2fdf), (0x3005, 0x3007), (0x3021, 0x3029), (0x3031, 0x3035),
         (0x303b, 0x303c), (0x3041, 0x312f), (0x3131, 0x318e), (0x31a0, 0x31bf), (0x31f0, 0x31ff),
         (0x3400, 0x4dbf), (0x4e00, 0x9fff), (0xa000, 0xa4cf), (0xa960, 0xa97f), (0xa9e0, 0xa9ff),
         (0xaa60, 0xaadf), (0xac00, 0xd7ff), (0xf900, 0xfaff), (0x16fe0, 0x18d8f),
         (0x1aff0, 0x1b2ff), (0x20000, 0x3ffff))
PICTURES = ((0x1f000, 0x1faff),)


def among(ranges, c):
    return any(first <= c <= last for first, last in ranges)


def dropped(c):
    return among(DROPPED, ord(c)) or (unicodedata.category(c) == "Cf" and c != "\u200b")


def fold(c):
    if 0xac00 <= ord(c) <= 0xd7a3:
        return c
    text = unicodedata.normalize("NFKD", unicodedata.normalize("NFKD", c).casefold())
    text = "".join(ALIKE.get(x, x) for x in text if not dropped(x))
    return "".join(str(unicodedata.digit(x)) if unicodedata.category(x) == "Nd" else x for x in text)


def kind(number):
    category = unicodedata.category(chr(number))
    if among(PICTURES, number) or category == "So":
        return 2
    if category[0] not in "LMN":
        return 0
    return 2 if among(DENSE, number) and category != "Nd" else 1


def literal(text):
    return "".join(c if " " <= c < "\x7f" and c not in '"\\?' else "\\%03o" % ord(c) if c < "\x7f"
                   else "\\u%04x" % ord(c) if c <= "\uffff" else "\\U%08x" % ord(c)
                   for c in text)


def characters():
    return list(range(0x80, 0xd800)) + list(range(0xe000, 0x110000))


def folds():
    for number in characters():
        text = fold(chr(number))
        if text != chr(number) and len(text.encode()) < 16:
            yield '{0x%x, "%s"},' % (number, literal(text))


def classes():
    first = before = 0
    for number in characters() + [0x110000]:
        now = kind(number) if number < 0x110000 else 0
        if now != before:
            if before:
                yield "{0x%x, 0x%x, %d}," % (first, number - 1, before)
            first, before = number, now


def main():
    rows = {"fold": folds, "class": classes}[sys.argv[1]]()
    print("/* SPDX-License-Identifier: Apache-2.0 */")
    print("/* Written by words.py from Unicode %s. */" % unicodedata.unidata_version)
    line = ""
    for row in rows:
        if len(line) + len(row) > 90:
            print(line)
            line = ""
        line += row
    print(line)


main()
