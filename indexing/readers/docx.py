"""A Word document in, its paragraphs, lists and tables in order and its title, author and date out."""

import io
import zipfile
from collections.abc import Iterator
from typing import Any

import docx
from docx.oxml.ns import qn

from indexing.errors import ArticleRefused
from indexing.readers.extracted import Extracted, iso_date, one_line

_OLD_OR_LOCKED = b"\xd0\xcf\x11\xe0"  # the container of .doc files, and of .docx files with a password
_NO_TITLE = "Word Document"  # what python-docx says of a file without properties
_TITLES = ("Title", "heading 1", "Heading 1")
_BREAKS = {qn("w:tab"): "\t", qn("w:br"): "\n", qn("w:cr"): "\n", qn("w:noBreakHyphen"): "-"}
# Deleted by a tracked change; the copy of a text box for older programs; field codes.
_SKIPPED = frozenset(
    [qn("w:del"), qn("w:moveFrom"), "{http://schemas.openxmlformats.org/markup-compatibility/2006}Fallback"]
)


def read_docx(data: bytes, max_characters: int) -> Extracted:
    """Extract the text of a DOCX; a damaged one, one with a password and one too long are refused."""
    if data.startswith(_OLD_OR_LOCKED):
        raise ArticleRefused("got a DOCX with a password or an old .doc; save it as .docx without a password")
    try:
        _refuse_bomb(data, 40 * max_characters + 50_000_000)
        document = docx.Document(io.BytesIO(data))
        text = "\n".join(_blocks(document.element.body))
        properties = document.core_properties
        title = one_line(properties.title if properties.title != _NO_TITLE else None) or _title_of(document)
        author, created = one_line(properties.author), iso_date(properties.created)
    except ArticleRefused:
        raise
    except Exception as error:  # zip, XML and package errors of many kinds, all of them a damaged file
        raise ArticleRefused("got a damaged DOCX; open it in a word processor and save it anew") from error
    return Extracted(text=text, title=title, author=author, published=created)


def _refuse_bomb(data: bytes, limit: int) -> None:
    """A few kilobytes of zip can unpack to gigabytes."""
    with zipfile.ZipFile(io.BytesIO(data)) as package:
        size = sum(
            entry.file_size for entry in package.infolist() if entry.filename.endswith((".xml", ".rels"))
        )
    if size > limit:
        raise ArticleRefused(
            f"got a DOCX that unpacks to {size:,} bytes, allowed: at most {limit:,}; split it"
        )


def _blocks(parent: Any) -> Iterator[str]:
    """Paragraphs and table rows in document order, one string each."""
    for element in parent:
        if element.tag == qn("w:p"):
            yield from _paragraph(element)
        elif element.tag == qn("w:tbl"):
            yield from _rows(element)
        elif element.tag not in _SKIPPED:
            yield from _blocks(element)  # content controls and the like


def _rows(table: Any) -> Iterator[str]:
    for row in table.iter(qn("w:tr")):
        if next(row.iterancestors(qn("w:tbl"))) is not table:
            continue  # of a table within a cell, which is part of its cell
        cells = (" ".join(" ".join(_blocks(cell)).split()) for cell in row.iterchildren(qn("w:tc")))
        line = " | ".join(cell for cell in cells if cell)
        if line:
            yield line


def _paragraph(paragraph: Any) -> Iterator[str]:
    """The paragraph's text, then those of the text boxes anchored in it."""
    parts: list[str] = []
    boxes: list[Any] = []
    _collect(paragraph, parts, boxes)
    text = "".join(parts)
    if text.strip():
        yield text
    for box in boxes:
        yield from _blocks(box)


def _collect(element: Any, parts: list[str], boxes: list[Any]) -> None:
    for child in element:
        if child.tag in _SKIPPED:
            continue
        if child.tag == qn("w:t"):
            parts.append(child.text or "")
        elif child.tag in _BREAKS:
            parts.append(_BREAKS[child.tag])
        elif child.tag == qn("w:txbxContent"):
            boxes.append(child)
        else:
            _collect(child, parts, boxes)


def _title_of(document: Any) -> str | None:
    """The first paragraph that is styled as the title or a main heading."""
    for paragraph in document.paragraphs:
        if paragraph.style is not None and paragraph.style.name in _TITLES and paragraph.text.strip():
            return one_line(paragraph.text)
    return None
