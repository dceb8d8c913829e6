"""Digests of the message texts that dicomweb.md section 12 asserts; the texts themselves are not ours to
print."""

import hashlib

TEXTS = {
    "X1": (236, "8abab8e4ac4ec5a976ffdafbfae96af587cffb3a2b329f6613f7b81b70ea55a9"),
    "X2": (142, "52e2cf0943a7390f1a99838f50b3178700d6d6a42b1525f6d247838423fbdce3"),
    "X3": (136, "cee21a9876a9677a9133594ea96d86d124c435b6243668def6b54f393f4b0ab3"),
    "X4": (57, "af81e08de0aa6418bc48b9688de744e3b5ee16b5d10f710dd88c80e07a796eae"),
    "X5": (66, "e9498ee38e6f728f10e108f50fcb26c1da25fffffc33cbcf04d27cfd9c02ea23"),
    "X6": (114, "428733217bc34826faf36ae6cdcbd6f40b657ec8657092a5499d61fa79882d5f"),
}


def _digest(text):
    return hashlib.sha256(text.encode()).hexdigest()


def equals(name, text):
    return _digest(text) == TEXTS[name][1]


def prefix(name, text):
    return _digest(text[: TEXTS[name][0]]) == TEXTS[name][1]


def contains(name, text):
    length, digest = TEXTS[name]
    return any(_digest(text[start : start + length]) == digest for start in range(len(text) - length + 1))
