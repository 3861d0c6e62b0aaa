"""A PDF in, its text joined into paragraphs and its title, author and date out."""

import threading
from collections import Counter
from collections.abc import Iterator

import pypdfium2
import regex
from pypdfium2.raw import FPDF_ERR_PASSWORD

from indexing.errors import ArticleRefused
from indexing.readers.extracted import Extracted, iso_date, one_line

# pdfium (BSD; Chromium's) rather than pypdf: ten times faster on the sample documents, tells hyphens at line
# ends from others, resolves ligatures, and opens what only an owner's password protects.
_ONE_AT_A_TIME = threading.Lock()  # pdfium is not thread-safe

_LINE_END_HYPHEN = regex.compile(r"[\x02\ufffe]")  # how pdfium marks a hyphen at a line end that it joined
_KEPT_HYPHEN = regex.compile(r"[\x02\ufffe](?=\p{Lu}|\d)")
_ENDS_SENTENCE = regex.compile(r"[.!?…:;。！？؟।][\"'”’»)\]」』]*$")
_LIST_ITEM = regex.compile(r"(?:[•▪●◦*–—-]|\d{1,2}[.)]|[a-z]\))\s")
_WITHOUT_SPACES = regex.compile(r"[\p{Han}\p{Hiragana}\p{Katakana}、。，！？」』]")
_PAGE_NUMBER = regex.compile(
    r"\W*(?:page|seite|página|pagina|стр\.?|第)?\s*\d{1,4}(?:\s*(?:/|of|de|von|из)\s*\d{1,4})?\W*", regex.I
)
_SHORT = 0.7  # of the usual width: a line that the end of a paragraph, not of the column, has ended
_MOMENT = regex.compile(r"D:(\d{4})(\d\d)?(\d\d)?")
_NO_TITLE = regex.compile(
    r"untitled|unbenannt|sans titre|(?:microsoft \w+ - )?\S+\.(?:docx?|pdf|odt|indd|qxd|tex|rtf)", regex.I
)
_NO_AUTHOR = regex.compile(r"anonymous|unknown|admin(?:istrator)?|user|owner", regex.I)


def read_pdf(data: bytes, max_characters: int) -> Extracted:
    """Extract the text of a PDF; one with a password, damaged, scanned or too long is refused."""
    with _ONE_AT_A_TIME:
        try:
            document = pypdfium2.PdfDocument(data)
        except pypdfium2.PdfiumError as error:
            raise _cannot_open(error) from error
        with document:
            pages = list(_pages(document, max_characters))
            metadata = document.get_metadata_dict()
    if not any(line.strip() for page in pages for line in page):
        raise ArticleRefused(
            "got a PDF without text (scanned pages?), allowed: PDF with a text layer; "
            "recognise its text first, for example with OCRmyPDF"
        )
    return Extracted(
        text="\n".join(_paragraphs(_without_margins(pages))),
        title=_unless(_NO_TITLE, metadata.get("Title")),
        author=_unless(_NO_AUTHOR, metadata.get("Author")),
        published=_day(metadata.get("CreationDate", "")),
    )


def _cannot_open(error: pypdfium2.PdfiumError) -> ArticleRefused:
    if error.err_code == FPDF_ERR_PASSWORD:
        return ArticleRefused(
            "got a PDF with a password, allowed: PDF that opens without; save it without one"
        )
    return ArticleRefused("got a damaged PDF; open it in a viewer and save it anew")


def _pages(document: pypdfium2.PdfDocument, max_characters: int) -> Iterator[list[str]]:
    """The lines of each page, without blank ones."""
    total = 0
    for number in range(len(document)):
        try:
            page = document[number]
            text = page.get_textpage().get_text_range()
        except pypdfium2.PdfiumError as error:
            raise ArticleRefused(
                f"got a PDF whose page {number + 1} is damaged; open it in a viewer and save it anew"
            ) from error
        total += len(text)
        if total > max_characters:
            raise ArticleRefused(
                f"got a PDF of more than {max_characters:,} characters; "
                "split it or raise CITEWELL_MAX_ARTICLE_CHARACTERS"
            )
        text = _LINE_END_HYPHEN.sub("", _KEPT_HYPHEN.sub("-", text))
        yield [line for part in text.split("\n") if (line := " ".join(part.split()))]


def _without_margins(pages: list[list[str]]) -> list[list[str]]:
    """Drop page numbers, and the first or last lines that most pages share but for the number."""
    shared = Counter(_without_digits(line) for page in pages if len(page) > 2 for line in {page[0], page[-1]})
    repeated = {line for line, count in shared.items() if count >= 3 and count * 2 > len(pages)}
    return [_without_edges(page, repeated) for page in pages]


def _without_edges(page: list[str], repeated: set[str]) -> list[str]:
    lines = list(page)
    for place in (0, -1):
        while lines and (_PAGE_NUMBER.fullmatch(lines[place]) or _without_digits(lines[place]) in repeated):
            lines.pop(place)
    return lines


def _without_digits(line: str) -> str:
    return "".join(char for char in line if not char.isdigit()).strip()


def _paragraphs(pages: list[list[str]]) -> Iterator[str]:
    """Join the lines of columns: text ends a line before the column does only where a paragraph ends."""
    lines = [line for page in pages for line in page]
    lengths = sorted(len(line) for line in lines)
    width = lengths[len(lengths) * 9 // 10] if lengths else 0
    paragraph = ""
    last = ""
    for line in lines:
        if paragraph and _continues(last, line, width):
            paragraph = _joined(paragraph, line)
        else:
            if paragraph:
                yield paragraph
            paragraph = line
        last = line
    if paragraph:
        yield paragraph


def _continues(line: str, following: str, width: int) -> bool:
    ended = _ENDS_SENTENCE.search(line) is not None
    heading = len(following) < _SHORT * width and not _ENDS_SENTENCE.search(following)
    if _LIST_ITEM.match(following) or (ended and heading):
        return False
    if len(line) < _SHORT * width:
        return following[0].islower() and not ended
    return True


def _joined(paragraph: str, line: str) -> str:
    if paragraph.endswith("-") and paragraph[-2:-1].isalpha() and line[0].islower():
        return paragraph[:-1] + line
    if _WITHOUT_SPACES.match(paragraph[-1]) and _WITHOUT_SPACES.match(line):
        return paragraph + line
    return f"{paragraph} {line}"


def _unless(no_name: regex.Pattern[str], value: str | None) -> str | None:
    line = one_line(value)
    return None if line is None or no_name.fullmatch(line) else line


def _day(moment: str) -> str | None:
    """The day of a PDF date (D:20210705143000+02'00'); one with only a year or a month is none."""
    found = _MOMENT.match(moment)
    return iso_date("-".join(found.groups())) if found and all(found.groups()) else None
