"""A PDF to its text: paragraphs joined, what cannot be read refused in one clear line."""

import io
from pathlib import Path

import pypdf
import pytest

from indexing.errors import ArticleRefused
from indexing.readers.pdf import read_pdf

COLUMN = [
    "The old bridge across the river was closed last night",
    "after a large crack had been found in one of its pil-",
    "lars. Residents have to take the ferry for weeks.",
    "Ferries leave every hour.",
    "The mayor called it a sad day for both sides of the",
    "river and promised help.",
]


def pdf(pages: list[list[str]], info: str = "", image: bool = False) -> bytes:
    """A small PDF, a list of lines a page, or an image a page as a scanner makes them."""
    objects = [
        "<</Type/Catalog/Pages 2 0 R>>",
        "",
        "<</Type/Font/Subtype/Type1/BaseFont/Helvetica>>",
        f"<<{info}>>",
    ]
    objects.append(
        "<</Type/XObject/Subtype/Image/Width 1/Height 1/ColorSpace/DeviceGray/BitsPerComponent 8/Length 1>>"
        "\nstream\n~\nendstream"
    )
    kids = []
    for lines in pages:
        shown = " T* ".join(f"({line}) Tj" for line in lines)
        drawn = "q 600 0 0 800 0 0 cm /Im0 Do Q" if image else f"BT /F1 11 Tf 14 TL 50 780 Td {shown} ET"
        objects.append(f"<</Length {len(drawn)}>>\nstream\n{drawn}\nendstream")
        objects.append(
            f"<</Type/Page/Parent 2 0 R/MediaBox[0 0 600 800]/Contents {len(objects)} 0 R"
            "/Resources<</Font<</F1 3 0 R>>/XObject<</Im0 5 0 R>>>>>>"
        )
        kids.append(f"{len(objects)} 0 R")
    objects[1] = f"<</Type/Pages/Kids[{' '.join(kids)}]/Count {len(kids)}>>"
    data, offsets = b"%PDF-1.4\n", []
    for number, content in enumerate(objects, start=1):
        offsets.append(len(data))
        data += f"{number} 0 obj\n{content}\nendobj\n".encode("latin-1")
    table = "".join(f"{offset:010} 00000 n \n" for offset in offsets)
    trailer = f"trailer\n<</Size {len(objects) + 1}/Root 1 0 R/Info 4 0 R>>\nstartxref\n{len(data)}\n%%EOF"
    return data + f"xref\n0 {len(objects) + 1}\n0000000000 65535 f \n{table}{trailer}".encode("latin-1")


def locked(data: bytes, user: str, owner: str) -> bytes:
    writer = pypdf.PdfWriter(clone_from=io.BytesIO(data))
    writer.encrypt(user, owner, algorithm="RC4-128")
    stream = io.BytesIO()
    writer.write(stream)
    return stream.getvalue()


def test_read_pdf_joins_lines_into_paragraphs() -> None:
    assert read_pdf(pdf([COLUMN]), 10_000).text.split("\n") == [
        "The old bridge across the river was closed last night after a large crack had been found in one of its "
        "pillars. Residents have to take the ferry for weeks. Ferries leave every hour.",
        "The mayor called it a sad day for both sides of the river and promised help.",
    ]


def test_read_pdf_joins_pages_and_drops_their_numbers_and_running_heads() -> None:
    pages = [["River News 2021", *COLUMN[:3], f"Page {number}"] for number in range(1, 5)]
    text = read_pdf(pdf(pages), 10_000).text
    assert "River News" not in text
    assert "Page" not in text
    assert text.count("pillars") == 4


def test_read_pdf_takes_what_the_file_says_of_itself() -> None:
    info = "/Title(Bridge closed)/Author(Ada Byron)/CreationDate(D:20210705143000+02'00')"
    found = read_pdf(pdf([COLUMN], info), 10_000)
    assert (found.title, found.author, found.published) == ("Bridge closed", "Ada Byron", "2021-07-05")


@pytest.mark.parametrize(
    "info", ["/Title(untitled)/Author(anonymous)", "/Title(Microsoft Word - a.doc)", "/CreationDate(D:2021)"]
)
def test_read_pdf_takes_no_empty_phrase_for_a_title(info: str) -> None:
    found = read_pdf(pdf([COLUMN], info), 10_000)
    assert (found.title, found.author, found.published) == (None, None, None)


def test_read_pdf_opens_what_only_its_owner_may_change() -> None:
    assert "bridge" in read_pdf(locked(pdf([COLUMN]), "", "secret"), 10_000).text


@pytest.mark.parametrize(
    ("data", "message"),
    [
        (locked(pdf([COLUMN]), "secret", "secret"), "got a PDF with a password.*save it without"),
        (pdf([[]], image=True), "got a PDF without text.*OCR"),
        (pdf([["x"], []])[:200], "got a damaged PDF.*save it anew"),
        (b"%PDF-1.7", "got a damaged PDF"),
        (b"", "got a damaged PDF"),
        (pdf([COLUMN] * 50), "more than 10,000 characters.*CITEWELL_MAX_ARTICLE_CHARACTERS"),
    ],
    ids=["password", "scanned", "cut", "header", "empty", "long"],
)
def test_read_pdf_refuses_with_one_clear_line(data: bytes, message: str) -> None:
    with pytest.raises(ArticleRefused, match=message) as refusal:
        read_pdf(data, 10_000)
    assert "\n" not in str(refusal.value)


def test_read_pdf_reads_files_of_many_makers(evaluation_data: Path) -> None:
    """Each is read or refused; the two columns of one are read one after the other."""
    files = sorted((evaluation_data / "documents").glob("*.pdf"))
    texts = {
        file.stem.removeprefix("sample-files-"): read_pdf(file.read_bytes(), 100_000).text for file in files
    }
    assert len(texts) == 9
    assert "consectetuer adipiscing elit" in texts["multicolumn"]
    assert texts["crazyones-pdfa"].startswith("The Crazy Ones\nOctober 14, 1998\n")
