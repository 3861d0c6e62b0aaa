"""The bytes of a text file in, its text out; the encoding is found, and what is no text is refused."""

import codecs
import re

from charset_normalizer import from_bytes

from indexing.errors import ArticleRefused

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
_CONTROLS = re.compile("[\x01-\x08\x0e-\x1a\x1c-\x1f\x7f-\x84\x86-\x9f\ufffd]")


def decode_text(data: bytes) -> str:
    """Decode by byte order mark, as UTF-16 without one, as UTF-8, else by detection; may refuse."""
    for magic, kind in _MAGIC.items():
        if data.startswith(magic):
            raise _not_text(f"it begins like {kind}")
    for mark, encoding in _MARKS:
        if data.startswith(mark):
            return _checked(data[len(mark) :].decode(_with_byte_order(encoding, mark), "replace"))
    wide = _utf_16_without_mark(data)
    if wide:
        return _checked(data.decode(wide, "replace"))
    return _checked(_decode_narrow(data))


def _with_byte_order(encoding: str, mark: bytes) -> str:
    if encoding == "utf-8":
        return encoding
    order = "le" if mark.startswith(b"\xff\xfe") else "be"
    return f"{encoding}-{order}"


def _utf_16_without_mark(data: bytes) -> str | None:
    """UTF-16 shows by its zero bytes: spaces, digits and line ends have one, always on the same side."""
    sample = data[:_SAMPLE]
    even, odd = sample[0::2].count(0), sample[1::2].count(0)
    enough = max(2, len(sample) // 50)
    if odd > enough and even < odd // 20 + 1:
        return "utf-16-le"
    if even > enough and odd < even // 20 + 1:
        return "utf-16-be"
    return None


def _decode_narrow(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        pass
    almost = data.decode("utf-8", "replace")
    damaged = almost.count("\ufffd")
    beyond_ascii = sum(1 for char in almost[:_SAMPLE] if char > "\x7f")
    if (
        damaged * 20 < beyond_ascii
    ):  # a damaged UTF-8 file: any other reading would spoil every letter with an accent
        return almost
    best = from_bytes(_sample(data)).best()
    if best is None:
        raise _not_text("no encoding fits")
    return data.decode(best.encoding, "replace")


def _sample(data: bytes) -> bytes:
    return data if len(data) <= _SAMPLE else data[:_SAMPLE]


def _checked(text: str) -> str:
    """Refuse what decoded to something that no text looks like."""
    sample = text[:_SAMPLE].replace("\x00", "")
    if len(sample) * 2 < len(text[:_SAMPLE]):
        raise _not_text("most of it is zero bytes")
    if len(_CONTROLS.findall(sample)) * 20 > len(sample):
        raise _not_text("it is full of control characters")
    return text


def _not_text(why: str) -> ArticleRefused:
    return ArticleRefused(
        f"got a file that is not text ({why}), allowed: text in any encoding; give it its right suffix"
    )
