"""A Word document to its text: headings, lists and tables in order; broken and locked files refused."""

import io
import random
import zipfile
from datetime import datetime
from pathlib import Path
from typing import Any

import docx
import pytest
from docx.oxml import parse_xml
from docx.oxml.ns import nsdecls

from indexing.errors import ArticleRefused
from indexing.readers.docx import read_docx


def saved(document: Any) -> bytes:
    stream = io.BytesIO()
    document.save(stream)
    return stream.getvalue()


def sample() -> Any:
    document = docx.Document()
    document.add_heading("Bridge closed", level=1)
    document.add_paragraph("The bridge is closed.")
    document.add_paragraph("Take the ferry", style="List Bullet")
    table = document.add_table(rows=2, cols=2)
    for number, text in enumerate(["Day", "Ferries", "Monday", "12"]):
        table.cell(number // 2, number % 2).text = text
    document.add_paragraph("It opens\tin\nMay.")
    return document


def test_read_docx_keeps_the_order_of_the_document() -> None:
    assert read_docx(saved(sample()), 10_000).text.split("\n") == [
        "Bridge closed",
        "The bridge is closed.",
        "Take the ferry",
        "Day | Ferries",
        "Monday | 12",
        "It opens\tin",
        "May.",
    ]


def test_read_docx_takes_title_author_and_date() -> None:
    document = sample()
    document.core_properties.title = "A title"
    document.core_properties.author = "Ada Byron"
    document.core_properties.created = datetime(2021, 7, 5, 12, 30)
    found = read_docx(saved(document), 10_000)
    assert (found.title, found.author, found.published) == ("A title", "Ada Byron", "2021-07-05T12:30:00Z")
    document.core_properties.title = ""
    assert read_docx(saved(document), 10_000).title == "Bridge closed"


def test_read_docx_reads_links_and_insertions_but_no_deletions() -> None:
    document = docx.Document()
    paragraph = document.add_paragraph("One ")
    for xml in (
        "<w:ins {}><w:r><w:t>inserted </w:t></w:r></w:ins>",
        "<w:del {}><w:r><w:delText>deleted </w:delText></w:r></w:del>",
        "<w:hyperlink {}><w:r><w:t>linked</w:t></w:r></w:hyperlink>",
        "<w:r {}><w:noBreakHyphen/><w:t>word</w:t></w:r>",
    ):
        paragraph._p.append(parse_xml(xml.format(nsdecls("w"))))
    content = "<w:sdt {}><w:sdtContent><w:p><w:r><w:t>Control</w:t></w:r></w:p></w:sdtContent></w:sdt>"
    document.element.body.insert(1, parse_xml(content.format(nsdecls("w"))))
    assert read_docx(saved(document), 10_000).text == "One inserted linked-word\nControl"


def test_read_docx_reads_nested_tables_in_their_cell() -> None:
    document = docx.Document()
    cell = document.add_table(rows=1, cols=2).cell(0, 0)
    cell.text = "Outer"
    cell.add_table(rows=1, cols=1).cell(0, 0).text = "Inner"
    assert read_docx(saved(document), 10_000).text == "Outer Inner"


def zipped(name: str, size: int) -> bytes:
    stream = io.BytesIO()
    with zipfile.ZipFile(stream, "w", zipfile.ZIP_DEFLATED) as package, package.open(name, "w") as entry:
        for _ in range(size // 1_000_000):
            entry.write(b" " * 1_000_000)
    return stream.getvalue()


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (b"", "got a damaged DOCX.*save it anew"),
        (b"PK\x03\x04" + random.Random(0).randbytes(500), "got a damaged DOCX"),
        (saved(sample())[:5000], "got a damaged DOCX"),
        (zipped("other.xml", 1_000_000), "got a damaged DOCX"),
        (b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + b"\x00" * 100, "with a password or an old .doc"),
        (zipped("word/document.xml", 60_000_000), "unpacks to 60,000,000 bytes, allowed: at most 50,400,000"),
    ],
    ids=["empty", "noise", "cut", "other", "locked", "bomb"],
)
def test_read_docx_refuses_with_one_clear_line(data: bytes, message: str) -> None:
    with pytest.raises(ArticleRefused, match=message) as refusal:
        read_docx(data, 10_000)
    assert "\n" not in str(refusal.value)


def test_read_docx_reads_files_of_many_makers(evaluation_data: Path) -> None:
    texts = {
        file.stem.removeprefix("mammoth-"): read_docx(file.read_bytes(), 10_000).text
        for file in sorted((evaluation_data / "documents").glob("*.docx"))
    }
    assert len(texts) == 9
    assert texts["simple-list"] == "Apple\nBanana"
    assert texts["utf8-bom"] == "This XML has a byte order mark."
    assert texts["empty"] == ""
