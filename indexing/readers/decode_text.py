"""The bytes of a text file in, its text out; the encoding is found, and what is no text is refused."""

import codecs
import re
from unicodedata import category

from indexing.errors import ArticleRefused
from indexing.readers.detect_encoding import detect_encoding

_SAMPLE = 200_000  # bytes that the detection of a legacy encoding looks at
_MARKS = (  # UTF-32 before UTF-16: the little-endian marks begin alike
    (codecs.BOM_UTF8, "utf-8"),
    (codecs.BOM_UTF32_LE, "utf-32"),
    (codecs.BOM_UTF32_BE, "utf-32"),
    (codecs.BOM_UTF16_LE, "utf-16"),
    (codecs.BOM_UTF16_BE, "utf-16"),
)
_MAGIC = {
    b"PK\x03\x04": "a ZIP or Office file",
    b"%PDF-": "a PDF",
    b"\x89PNG": "a PNG image",
    b"\xff\xd8\xff": "a JPEG image",
    b"GIF8": "a GIF image",
    b"\x7fELF": "a program",
    b"MZ\x90": "a program",
    b"\x1f\x8b": "a gzip file",
    b"\xd0\xcf\x11\xe0": "an old Office file",
    b"SQLite format 3\x00": "a SQLite database",
    b"BZh": "a bzip2 file",
    b"\xfd7zXZ": "an xz file",
    b"7z\xbc\xaf": "a 7-Zip file",
    b"\x28\xb5\x2f\xfd": "a zstd file",
    b"OggS": "a media file",
    b"ID3": "an MP3 file",
    b"\x00\x01\x00\x00": "a font",
}
_ESCAPES = re.compile(rb"\x1b\$[@B]")  # of ISO-2022-JP, which else is ASCII
_EAST_ASIAN_STOPS = re.compile("[。、，]")
_AS_BROWSERS_DO = {
    **dict.fromkeys(("iso-8859-1", "latin1", "latin-1", "ascii", "us-ascii"), "windows-1252"),
    **dict.fromkeys(("gb2312", "gbk", "gb_2312-80", "x-gbk"), "gb18030"),
    **dict.fromkeys(("shift_jis", "shift-jis", "sjis", "x-sjis"), "cp932"),
    **dict.fromkeys(("euc-kr", "ks_c_5601-1987", "korean"), "cp949"),
    "iso-8859-9": "windows-1254",
    "iso-8859-11": "cp874",
    "tis-620": "cp874",
    "big5": "big5hkscs",
}
_ODD = frozenset(["Cc", "Cn", "Co", "Cs"])
_USUAL = frozenset("\t\n\r\f\v\x1a\x1b\x85")
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]")


def decode_text(data: bytes, declared: str | None = None) -> str:
    """Decode by byte order mark, as UTF-16 without it, as UTF-8, as declared, else by detection."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise _not_text(f"it begins like {kind}")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(_with_byte_order(encoding, mark), "replace"))
    wide = _utf_16_without_mark(data)
    if wide:
        return _checked(data.decode(wide, "replace"))
    return _checked(_decode_narrow(data, declared))


def _with_byte_order(encoding: str, mark: bytes) -> str:
    if encoding == "utf-8":
        return encoding
    order = "le" if mark.startswith(b"\xff\xfe") else "be"
    return f"{encoding}-{order}"


def _utf_16_without_mark(data: bytes) -> str | None:
    """UTF-16 shows by zero bytes on one side (spaces, digits, line ends), or by East Asian full stops."""
    sample = data[: _SAMPLE - _SAMPLE % 2]
    zeros = {"utf-16-be": sample[0::2].count(0), "utf-16-le": sample[1::2].count(0)}
    (encoding, most), (_, least) = sorted(zeros.items(), key=lambda item: -item[1])
    if most > max(2, len(sample) // 400) and least * 20 <= most:
        latin = most * 10 > len(sample) * 3  # three of five characters have a zero byte
        wide = latin or not _is_clean_utf_8(sample.replace(b"\x00", b""))
        return encoding if wide and _oddities(sample.decode(encoding, "replace")) < 0.02 else None
    if not _is_clean_utf_8(sample):
        for encoding in zeros:
            text = sample.decode(encoding, "replace")
            if len(_EAST_ASIAN_STOPS.findall(text)) > max(2, len(text) // 100):
                return encoding
    return None


def _is_clean_utf_8(sample: bytes) -> bool:
    text = sample.decode("utf-8", "replace")
    return not _CONTROLS.search(text[:-1])  # the sample may end within a character


def _decode_narrow(data: bytes, declared: str | None) -> str:
    text = data.decode("utf-8", "replace")
    sample = text[:_SAMPLE]
    damaged, beyond_ascii = sample.count("\ufffd"), sum(char > "\x7f" for char in sample)
    # A few wrong bytes in UTF-8 are damage: any other encoding would spoil every letter with an accent.
    if damaged * 20 <= beyond_ascii and not _ESCAPES.search(data):
        return text
    encoding = _usable(declared) or detect_encoding(data)
    if encoding is None:
        raise _not_text("no encoding fits")
    return data.decode(encoding, "replace")


def _usable(declared: str | None) -> str | None:
    """The encoding that browsers take for a declared name, where Python knows it."""
    name = (declared or "").lower()
    try:
        encoding = codecs.lookup(_AS_BROWSERS_DO.get(name, name)).name
    except LookupError:
        return None
    return None if encoding.startswith("utf") else encoding  # bytes that are UTF-8 were decoded before


def _checked(text: str) -> str:
    """Refuse what decoded to something that no text looks like."""
    sample = text[:_SAMPLE].replace("\x00", "")
    if len(sample) * 2 < len(text[:_SAMPLE]):
        raise _not_text("most of it is zero bytes")
    if _oddities(sample) > 0.05:
        raise _not_text("it is full of control characters and unknown ones")
    return text


def _oddities(text: str) -> float:
    """The share of characters that no written text has: controls, unassigned, private, undecodable."""
    sample = text[:20_000]
    odd = sum(char == "\ufffd" or (category(char) in _ODD and char not in _USUAL) for char in sample)
    return odd / max(1, len(sample))


def _not_text(why: str) -> ArticleRefused:
    return ArticleRefused(
        f"got a file that is not text ({why}), allowed: text in any encoding; give it its right suffix"
    )
