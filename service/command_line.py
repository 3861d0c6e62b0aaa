"""`citewell ...`: words in, exit code out; every command works through the running service or on the archive itself."""

import asyncio
import json
import os
import sys
from collections import Counter
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import datetime
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

import click
from tqdm import tqdm

from indexing.add_articles import Added, read_paths
from indexing.archive.records import Rating
from indexing.archive.tags_and_dates import normalised_language
from indexing.errors import IndexingError
from indexing.read_files import expected_readings
from service.answering.question import QUESTION_LIMIT, TOP_K_LIMIT, Filters, Question
from service.chat import chat as talk
from service.connection import Connection, ServiceConnection, connect
from service.errors import ServiceError, SettingsError, one_line
from service.render_text import answer_text, feedback_text, status_text
from service.running_service import find_running
from service.settings import Settings, load_settings
from service.streams import standard_input, written

EXIT_FAILED = 1
EXIT_REFUSED = 3
KEPT = {  # when a command is interrupted
    "add": "; what was counted above is stored",
    "migrate": "; what was copied stays there, and the same command goes on",
}
PROCESSES_LIMIT = 256
STATUSES = ("added", "updated", "unchanged", "duplicate", "failed")

T = TypeVar("T")
Command = TypeVar("Command", bound=Callable[..., Any])
DATE = click.DateTime(["%Y-%m-%d"])

service_option = click.option(
    "--service", metavar="URL", help="Use this running service instead of the one that holds the archive."
)

FILTER_OPTIONS = (
    click.option("--language", multiple=True, help="Only articles in this language (repeatable)."),
    click.option("--source", multiple=True, help="Only articles of this publisher (repeatable)."),
    click.option("--tag", "tags", multiple=True, help="Only articles with this tag (repeatable)."),
    click.option("--article", "article_id", multiple=True, help="Only this article id (repeatable)."),
    click.option("--from", "published_from", type=DATE, help="Published on or after this day."),
    click.option("--to", "published_to", type=DATE, help="Published on or before this day."),
    click.option(
        "--top-k",
        type=click.IntRange(1, TOP_K_LIMIT),
        default=8,
        show_default=True,
        help="Passages to consider.",
    ),
)


def filter_options(command: Command) -> Command:
    """Give a command that asks the options on which articles may answer."""
    for option in reversed(FILTER_OPTIONS):
        command = option(command)
    return command


class OneLineErrors(click.Group):
    """A group whose commands end with one line on standard error, never with a stack trace."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command; turn the program's own errors into a line and exit code 1."""
        try:
            return super().invoke(ctx)
        except BrokenPipeError:
            raise  # whoever read our output has enough; click ends quietly
        except (IndexingError, ServiceError, OSError) as error:
            click.echo(f"citewell: {one_line(error)}", err=True)
            ctx.exit(EXIT_FAILED)
        except KeyboardInterrupt:
            click.echo(f"citewell: interrupted{KEPT.get(ctx.invoked_subcommand or '', '')}", err=True)
            ctx.exit(130)


@click.group(cls=OneLineErrors, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(package_name="citewell", prog_name="citewell")
@click.pass_context
def citewell(context: click.Context) -> None:
    """Ask a news archive a question in your language; get the answer with the verbatim quote that proves it.

    Settings come from the environment and from `.env` (docs/settings.md).
    """
    context.obj = load_settings()


@citewell.command()
@click.argument("paths", nargs=-1, required=True)
@click.option(
    "--processes",
    type=click.IntRange(0, PROCESSES_LIMIT),
    default=0,
    metavar="N",
    help="Have N processes encode, each with its own model; 0 and 1: this one (docs/operations.md, Bulk indexing).",
)
@click.option(
    "--ray",
    metavar="ADDRESS",
    help="Have the workers of a Ray cluster read and encode: HOST:PORT, or local for one on this machine.",
)
@service_option
@click.pass_obj
def add(
    settings: Settings, paths: tuple[str, ...], processes: int, ray: str | None, service: str | None
) -> None:
    """Add articles: .txt .md .html .pdf .docx .jsonl .jsonl.gz files, folders, or - (JSON lines on standard input).

    Prints a count of what was added, updated, unchanged, duplicate and failed, and one line for each failure;
    when it is interrupted, the count so far. Exit code: 0 all in, 1 some failed, 2 wrong usage.

    Example: citewell add news/ archive-2021.jsonl.gz
    """
    processes = processes if processes > 1 else 0
    if processes and ray:
        raise click.UsageError(
            "got --processes and --ray, allowed: one of them; a Ray has workers of its own"
        )
    counts: Counter[str] = Counter()
    try:
        asyncio.run(_add(settings, paths, _adding(settings, paths, processes, ray), service, counts))
    except click.UsageError:
        raise  # nothing was begun, so there is nothing to count
    except BaseException:
        _tell(counts)
        raise
    _tell(counts)
    if counts["failed"]:
        sys.exit(EXIT_FAILED)


def _tell(counts: Counter[str]) -> None:
    click.echo(" ".join(f"{status} {counts[status]}" for status in STATUSES))


Adding = Callable[[Connection, BinaryIO], AsyncIterator[Added]]


def _adding(settings: Settings, paths: tuple[str, ...], processes: int, ray: str | None) -> Adding:
    """The way that was asked for of adding everything below the paths and on standard input."""

    def add(connection: Connection, stdin: BinaryIO) -> AsyncIterator[Added]:
        readings = read_paths(paths, max_characters=settings.max_article_characters, stdin=stdin)
        if not processes and not ray:
            return connection.add(readings)
        if isinstance(connection, ServiceConnection):
            raise click.UsageError(
                f"--{'ray' if ray else 'processes'} needs the archive itself, but a running service holds it "
                "and encodes what it is sent; leave the option out, or stop the service meanwhile (an archive "
                "on a Qdrant server is held by none: leave out --service)"
            )
        from service.local_connection import LocalConnection  # noqa: PLC0415

        assert isinstance(connection, LocalConnection), "the only other one"
        if ray:
            return connection.add_on_ray(paths, stdin, ray)
        return connection.add_by_processes(readings, processes)

    return add


async def _add(
    settings: Settings, paths: tuple[str, ...], adding: Adding, service: str | None, counts: Counter[str]
) -> None:
    async with connect(settings, service) as connection:
        samples = (await connection.status())["samples"]
        with standard_input() as stdin:
            results = adding(connection, stdin)
            # Progress appears by itself on anything over two seconds; it names rate and time left.
            with tqdm(total=_expected(paths), unit=" articles", delay=2, file=sys.stderr) as progress:
                async for added in results:
                    counts[added.status] += 1
                    progress.update()
                    if added.error is not None:
                        progress.clear()
                        click.echo(f"failed: {added.place}: {added.error}", err=True)
        removed = samples - (await connection.status())["samples"]
    if removed > 0:
        click.echo(f"the {removed} sample articles were removed: the archive now holds your own", err=True)


def _expected(paths: tuple[str, ...]) -> int | None:
    """How many articles will come; None when that would take more than counting the lines of plain files."""
    total = 0
    for path in paths:
        expected = expected_readings([path])
        if expected is None and path.lower().endswith(".jsonl") and os.path.isfile(path):
            expected = _lines(path)
        if expected is None:
            return None
        total += expected
    return total


def _lines(path: str) -> int | None:
    try:
        with open(path, "rb") as stream:
            return sum(piece.count(b"\n") for piece in iter(lambda: stream.read(1 << 20), b""))
    except OSError:
        return None  # reading it will say why


@citewell.command()
@click.argument("question")
@click.option("--json", "as_json", is_flag=True, help="Print the answer object of POST /v1/answers.")
@filter_options
@service_option
@click.pass_obj
def ask(
    settings: Settings, /, question: str, as_json: bool, service: str | None, top_k: int, **filters: Any
) -> None:
    """Ask a question; print the answer with numbered quotes. Exit code: 0 answered, 3 refused.

    Example: citewell ask "How many soldiers entered via Ishkashim?"
    """
    if not question.strip() or len(question) > QUESTION_LIMIT:
        raise click.UsageError(
            f"the question has {len(question.strip())} characters; allowed are 1 to {QUESTION_LIMIT}; shorten it"
        )
    asked = Question(_encodable(question.strip()), filters=_filters(filters), top_k=top_k)

    async def work(connection: Connection) -> dict[str, Any]:
        return await connection.ask(asked)

    answer = asyncio.run(_connected(settings, service, work))
    click.echo(json.dumps(answer, ensure_ascii=False, indent=2) if as_json else answer_text(answer))
    sys.exit(0 if answer["answered"] else EXIT_REFUSED)


@citewell.command()
@filter_options
@service_option
@click.pass_obj
def chat(settings: Settings, /, service: str | None, top_k: int, **filters: Any) -> None:
    """Talk with the archive: one line, one question, answered in the light of those before.

    Type :open 1 for a quote within its article and :help for all commands; Ctrl-D ends. Lines may also come from
    a file or a pipe. What goes wrong with one line is said in one line, and the next one is taken. Exit code: 0,
    or 1 when the service was gone at the last question.

    Example: citewell chat --from 2021-07-01
    """
    sys.exit(talk(settings, service, _filters(filters), top_k))


def _filters(given: dict[str, Any]) -> Filters:
    """Checked as `POST /v1/answers` checks them, whether a service will do so or not."""
    since: datetime | None = given.pop("published_from")
    until: datetime | None = given.pop("published_to")
    if since and until and since > until:
        raise click.UsageError(f"--from {since:%Y-%m-%d} is after --to {until:%Y-%m-%d}; exchange them")
    for name, values in given.items():
        if "" in values:
            raise click.UsageError(f"--{name.removesuffix('s').removesuffix('_id')} is empty; leave it out")
    return Filters(
        language=tuple(_language(tag) for tag in given["language"]),
        source=tuple(map(_encodable, given["source"])),
        tags=tuple(map(_encodable, given["tags"])),
        article_id=tuple(map(_encodable, given["article_id"])),
        published_from=since.date().isoformat() if since else None,
        published_to=until.date().isoformat() if until else None,
    )


def _language(tag: str) -> str:
    normalised = normalised_language(tag)
    if normalised is None:
        raise click.UsageError(f"--language {tag!r} is no language tag, allowed: such as fr, de or zh-Hant")
    return normalised


def _encodable(argument: str) -> str:
    """The words of an argument; bytes of it that are no UTF-8 become U+FFFD, which nothing stored contains."""
    return argument.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@citewell.command()
@click.option("--json", "as_json", is_flag=True, help="Print the object of GET /v1/status.")
@service_option
@click.pass_obj
def status(settings: Settings, as_json: bool, service: str | None) -> None:
    """Show where the archive lies and what it holds.

    Example: citewell status --json
    """
    shown = asyncio.run(_connected(settings, service, lambda connection: connection.status()))
    click.echo(json.dumps(shown, ensure_ascii=False, indent=2) if as_json else status_text(shown))


@citewell.command()
@click.argument("ids", nargs=-1, required=True)
@service_option
@click.pass_obj
def remove(settings: Settings, ids: tuple[str, ...], service: str | None) -> None:
    """Remove articles with all their versions. Exit code 1 when an id is unknown.

    Example: citewell remove sample-fr-border-crossing
    """

    async def work(connection: Connection) -> list[str]:
        return [id for id in ids if not await connection.remove(id)]

    unknown = asyncio.run(_connected(settings, service, work))
    click.echo(f"removed {len(ids) - len(unknown)}")
    for id in unknown:
        click.echo(f"no article has the id {id!r}; `citewell export -` lists all", err=True)
    if unknown:
        sys.exit(EXIT_FAILED)


@citewell.command()
@click.argument("file", type=click.Path(dir_okay=False, allow_dash=True))
@service_option
@click.pass_obj
def export(settings: Settings, file: str, service: str | None) -> None:
    """Write all articles in their current version as JSON lines; - writes to standard output.

    An existing file is replaced once everything is written, never before.

    Example: citewell export everything.jsonl
    """

    async def work(connection: Connection) -> int:
        status = await connection.status()
        total = status["articles"] + status["copies"]
        count = 0
        with (
            written(file) as stream,
            tqdm(total=total, unit=" articles", delay=2, file=sys.stderr) as progress,
        ):
            async for article in connection.export():
                stream.write(json.dumps(article, ensure_ascii=False).encode() + b"\n")
                progress.update()
                count += 1
        return count

    count = asyncio.run(_connected(settings, service, work))
    click.echo(f"exported {count} articles", err=True)


@citewell.command()
@click.option("--json", "as_json", is_flag=True, help="Print one object of GET /v1/feedback a line.")
@click.option("--rating", type=click.Choice(["up", "down"]), help="Only thumbs up, or only thumbs down.")
@click.option("--limit", type=click.IntRange(1), default=50, show_default=True, help="At most so many.")
@service_option
@click.pass_obj
def feedback(
    settings: Settings, as_json: bool, rating: Rating | None, limit: int, service: str | None
) -> None:
    """List what readers thought of answers, newest first: thumbs up or down, the comment, question and answer.

    Example: citewell feedback --rating down --limit 20
    """

    async def work(connection: Connection) -> int:
        count = 0
        async for one in connection.feedback(limit, rating):
            shown = json.dumps(one, ensure_ascii=False) if as_json else feedback_text(one)
            click.echo(shown if as_json or not count else "\n" + shown)
            count += 1
        return count

    if not asyncio.run(_connected(settings, service, work)):
        click.echo(
            "no feedback yet" if rating is None else f"no feedback with the rating {rating} yet", err=True
        )


@citewell.command()
@click.argument("folder", type=click.Path(path_type=Path))
@service_option
@click.pass_obj
def backup(settings: Settings, folder: Path, service: str | None) -> None:
    """Copy the embedded archive into a new FOLDER, while the service goes on answering.

    The copy is the archive as it was at one moment: articles, all their versions, passages and feedback. At the end it
    is opened and counted, and then appears whole or not at all. Nothing is overwritten.

    Example: citewell backup /backups/archive-2026-11-29
    """
    # Imported here and below: the embedded engine takes a second to load.
    from indexing.archive.backup import appearing, seal  # noqa: PLC0415

    async def work(connection: Connection) -> str:
        with appearing(folder) as copy:
            await connection.backup(copy)
            made = await seal(copy)
        return f"backed up {made.contents.articles} articles in {made.contents.passages} passages to {folder.resolve()}"

    click.echo(asyncio.run(_connected(settings, service, work)))


@citewell.command()
@click.argument("folder", type=click.Path(path_type=Path))
@click.pass_obj
def restore(settings: Settings, folder: Path) -> None:
    """Make the archive of a backup in FOLDER, where CITEWELL_ARCHIVE says; nothing is overwritten.

    Every file is compared with what it was, and the archive is opened and counted before it appears.

    Example: CITEWELL_ARCHIVE=archive-restored citewell restore /backups/archive-2026-11-29
    """
    from indexing.archive.backup import restore as restore_backup  # noqa: PLC0415
    from service.open_local import refuse_server  # noqa: PLC0415

    refuse_server(settings)
    made = asyncio.run(restore_backup(folder, settings.archive))
    click.echo(f"restored {made.contents.articles} articles of {made.made} to {settings.archive.resolve()}")


@citewell.command()
@click.option("--samples", is_flag=True, help="Add the sample articles when the archive is empty.")
@click.option(
    "--workers",
    type=int,
    default=1,
    envvar="WEB_CONCURRENCY",
    help="Only 1: one process holds an embedded archive.",
)
@click.pass_obj
def serve(settings: Settings, samples: bool, workers: int) -> None:
    """Start the service: HTTP, the question page, the article pages, and Slack when it is set up.

    Example: citewell serve
    """
    if workers != 1:
        raise SettingsError(
            f"{workers} workers were asked for, but one process holds an embedded archive; leave out --workers "
            "(and WEB_CONCURRENCY), one process answers several questions at once"
        )
    # Imported here, as in the commands below: it loads torch, seconds that `status` and --help should not take.
    from service.serve import serve_until_stopped  # noqa: PLC0415

    asyncio.run(serve_until_stopped(settings, with_samples=samples))


@citewell.command()
@click.option("--check", is_flag=True, help="Say what of the way to Slack is in order and what is missing.")
@service_option
@click.pass_obj
def slack(settings: Settings, check: bool, service: str | None) -> None:
    """Answer in Slack alone, without the rest of the service; `citewell serve` does both.

    While a service holds the archive, answers come through it (over Socket Mode only).

    With --check nothing is answered: one line for each thing that is in order, worth knowing or wrong, and what to do.
    Exit code: 0, or 1 when something is wrong. docs/slack.md leads through the set-up.

    Example: citewell slack --check
    """
    if check:
        from service.faces.slack.check_slack import check_slack  # noqa: PLC0415

        async def work() -> bool:
            wrong = False
            async for finding in check_slack(settings):
                click.echo(f"{finding.state:<6}{finding.text}")
                wrong |= finding.state == "wrong"
            return wrong

        sys.exit(EXIT_FAILED if asyncio.run(work()) else 0)
    from service.slack_alone import answer_slack_until_stopped  # noqa: PLC0415

    asyncio.run(answer_slack_until_stopped(settings, service))


@citewell.command()
@click.pass_obj
def reindex(settings: Settings) -> None:
    """Cut and encode every article anew, after a change of encoder or of the way passages are cut.

    The old index serves until the new one is complete; an interrupted run changes nothing. Stop the service first.

    Example: CITEWELL_EMBEDDING_MODEL=BAAI/bge-m3 citewell reindex
    """
    if settings.server is None:
        _refuse_while_served(settings)
    from indexing.archive.open_archive import manifest_for, open_any_archive  # noqa: PLC0415
    from indexing.reindex import reindex_archive  # noqa: PLC0415
    from service.open_local import encoder_of, refuse_server  # noqa: PLC0415

    refuse_server(settings)
    encoder = encoder_of(settings)

    async def work() -> int:
        archive = await open_any_archive(settings.archive, manifest_for(encoder, encoder.terms))
        try:
            total = await archive.article_count()
        finally:
            await archive.close()
        with tqdm(total=total, unit=" articles", delay=2, file=sys.stderr) as progress:
            return await reindex_archive(settings.archive, encoder, lambda: progress.update())

    count = asyncio.run(work())
    click.echo(f"reindexed {count} articles with {encoder.name}")


@citewell.command()
@click.option(
    "--to",
    "url",
    metavar="URL",
    required=True,
    help="The Qdrant server: scheme, host and port, nothing else.",
)
@click.pass_obj
def migrate(settings: Settings, url: str) -> None:
    """Copy the embedded archive to a Qdrant server, as it is: nothing is encoded anew. Stop the service first.

    The archive in CITEWELL_ARCHIVE stays as it is; the collection there is CITEWELL_COLLECTION, the key QDRANT_API_KEY.
    An interrupted run is gone on with by the same command. At the end both are compared, and only then can the
    collection be opened.

    Example: citewell migrate --to http://qdrant.internal:6333
    """
    from indexing.archive.migrate import migrate_archive  # noqa: PLC0415
    from indexing.archive.server_address import checked_url  # noqa: PLC0415

    server = settings.model_copy(update={"qdrant_url": checked_url(url, "--to")}).server
    assert server is not None, "its address was just given"
    _refuse_while_served(settings)
    with tqdm(unit=" points", delay=2, file=sys.stderr) as progress:

        def show(seen: int, total: int) -> None:
            progress.total = total
            progress.update(seen - progress.n)

        done = asyncio.run(migrate_archive(settings.archive, server, show))
    held, compared = done.contents, done.compared
    click.echo(
        f"migrated {held.articles} articles in {held.passages} passages to {done.place} "
        f"({done.copied} points copied by this run)\n"
        f"compared: all counts, every article's versions, {compared['passage']} passages with their vectors, "
        f"{compared['text']} texts\n"
        f"now set QDRANT_URL={server.url} and CITEWELL_COLLECTION={server.collection}, then start the service; "
        f"the archive in {settings.archive.resolve()} stays as it is"
    )


@citewell.command(name="show-prompt")
@click.argument("name", type=click.Choice(["answer", "rewrite_question", "translate_quote", "greetings"]))
def show_prompt(name: str) -> None:
    """Print a prompt of the language model as it is sent, filled in with sample data; no model is needed.

    The files are prompts/NAME.jinja and prompts/greetings.toml; prompts/README.md says what may stand in them.

    Example: citewell show-prompt answer
    """
    # Imported here: it loads a template engine, and what else belongs to answering.
    from service.answering.written.prompts import Prompts, shown  # noqa: PLC0415
    from service.greetings import Greetings  # noqa: PLC0415

    if name == "greetings":
        greetings = Greetings()
        click.echo(
            f"[terminal]\n{greetings.say('terminal', articles='1,240')}\n\n[mcp]\n{greetings.say('mcp')}"
        )
    else:
        click.echo(shown(Prompts().sample(name)))


def _refuse_while_served(settings: Settings) -> None:
    if address := find_running(settings.archive):
        raise ServiceError(
            f"stop the service first: {address} holds the archive {settings.archive.resolve()}"
        )


@citewell.command()
@click.option(
    "--sample", type=click.IntRange(0), default=300, show_default=True, help="Questions a set; 0 asks all."
)
@click.option(
    "--seed", type=int, default=20261123, show_default=True, help="Draws the questions; kept in the report."
)
@click.option(
    "--data",
    type=click.Path(path_type=Path),
    default=Path("../shared/data"),
    envvar="EVALUATION_DATA",
    show_default=True,
    help="Folder of the evaluation sets.",
)
@click.option(
    "--results",
    type=click.Path(path_type=Path),
    default=Path("evaluation/results"),
    show_default=True,
    help="Folder of the report.",
)
@click.pass_obj
def evaluate(settings: Settings, sample: int, seed: int, data: Path, results: Path) -> None:
    """Measure search and answers on the evaluation sets and write the report.

    Example: citewell evaluate --sample 100
    """
    from evaluation.report import run_evaluation  # noqa: PLC0415

    click.echo(run_evaluation(settings, data, results, sample, seed))


async def _connected(
    settings: Settings, service: str | None, work: Callable[[Connection], Coroutine[Any, Any, T]]
) -> T:
    async with connect(settings, service) as connection:
        return await work(connection)
