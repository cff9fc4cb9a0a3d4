"""``sohoa init``, ``status``, ``rebuild``, ``fixity``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import click

from api import bootstrap
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.progress import Counting
from api.cli.shared import answering, application_of, warn_if_incomplete
from api.desk import preservation as desk_preservation
from api.desk import rebuild as desk_rebuild
from api.settings import Settings
from api.wording import sentences
from dossier.errors import WrongUse
from pages.children import Walls
from workflow.ledger.statistics import Backlog

_TRIAL_WARNING = (
    "DỮ LIỆU THỬ NGHIỆM / FOR TRYING OUT: the CA, the time-stamping authority and the signer made "
    "here prove nothing to anybody. Never put real papers here."
)
_REBUILD_FIRST = (
    "kho lưu đã có hồ sơ mà cơ sở dữ liệu này không biết; chạy: sohoa rebuild / the store holds "
    "records that this database does not know: run sohoa rebuild first; until then no paper is "
    "taken in"
)
_ALARMS = "BÁO ĐỘNG / ALARM: the archive is not as it must be; check all of it: sohoa fixity --all"
_MOST_SHOWN = 20


@click.command("init")
@click.option("--trial", is_flag=True, help="Mark the data as for trying out; make test keys.")
@answering
def init_command(output: Output, settings: Settings, *, trial: bool) -> int:
    """Make the database, the store and the keys; safe to run again."""
    made = bootstrap.init(settings, trial=trial)
    if made.trial:
        click.echo(f"sohoa: {_TRIAL_WARNING}", err=True)
    row = {
        "office": settings.office,
        "trial": made.trial,
        "new": made.new,
        "rebuild_first": made.rebuild_first,
    }
    if output.as_json:
        output.line(row)
    if made.rebuild_first:
        click.echo(f"sohoa: {_REBUILD_FIRST}", err=True)
    output.say("Đã sẵn sàng / ready." if made.new else "Đã sẵn sàng từ trước / was ready already.")
    return Exit.DONE


@click.command("status")
@answering
def status_command(output: Output, settings: Settings) -> int:
    """How many papers stand where, and what waits for whom."""
    with application_of(settings) as application:
        report = Backlog(application.ledger.connections, offices=application.offices).report(
            now=application.clock.now()
        )
        counts = {state.value: number for state, number in report.states.items()}
        waiting, left = dict(report.codes), report.time_left()
        state = desk_rebuild.rebuild_state(application)
        walls = application.walls
        alarms = [asdict(alarm) for alarm in desk_preservation.list_alarms(application)]
        archived, records = desk_rebuild.restoring_of(application).counts()
        if state is None and archived != records:
            alarms.append(_counts_differ(archived, records))
        row: dict[str, object] = {
            "office": settings.office,
            "trial": application.trial,
            "papers": counts,
            "archived": records,
            "waiting": waiting,
            "to_do": {s.value: n for s, n in report.waiting.items()},
            "seconds_left": None if left is None else round(left.total_seconds()),
            "alarms": alarms,
            "rebuild": None if state is None else asdict(state),
            "sandbox": {
                "holds": walls.hold,
                "layers": list(walls.layers),
                "gaps": list(walls.gaps),
            },
            "certificates_ending": application.certificates_ending(),
        }
        incomplete = warn_if_incomplete(application)
    if output.as_json:
        output.line(row)
        return Exit.INTEGRITY if alarms else incomplete
    if application.trial:
        output.say(_TRIAL_WARNING)
    output.rows(
        [{"state": state, "papers": number} for state, number in counts.items()],
        ("state", "papers"),
        empty="Chưa có giấy nào. Bắt đầu / begin: sohoa ingest PATH... --dossier CODE",
    )
    output.rows(
        [{"code": c, "papers": n, "reason": sentences.sentence(c)} for c, n in waiting.items()],
        ("code", "papers", "reason"),
    )
    if report.waiting:
        output.say(_left_in_words(sum(report.waiting.values()), left))
    output.say(_walls_in_words(walls))
    _say_ending(output, row["certificates_ending"])
    if not alarms:
        return incomplete
    output.say(_ALARMS)
    output.rows(alarms[:_MOST_SHOWN], ("key", "code", "message"))
    return Exit.INTEGRITY


def _walls_in_words(walls: Walls) -> str:
    layers = ", ".join(walls.layers) or "không có gì / nothing"
    if walls.hold:
        return f"Hộp cát của chương trình đọc tệp / sandbox: {layers}."
    gaps = ", ".join(walls.gaps) or "-"
    return (
        f"CẢNH BÁO / WARNING: hộp cát không đủ / the sandbox is incomplete: {layers}; "
        f"với tới được / within its reach: {gaps}. Cài / install: bubblewrap."
    )


def _counts_differ(archived: int, records: int) -> dict[str, str]:
    return {
        "key": "",
        "code": "catalogue.count-differs",
        "message": f"the ledger has {archived} archived papers and the catalogue {records} "
        "records; run: sohoa rebuild",
    }


def _say_ending(output: Output, certificates: object) -> None:
    if not isinstance(certificates, list):
        return
    for certificate in certificates:
        output.say(
            f"Chứng thư sắp hết hạn hoặc đã hết hạn / certificate ends: {certificate['name']}, "
            f"{certificate['valid_until']}"
        )


def _left_in_words(papers: int, left: timedelta | None) -> str:
    if left is None:
        return f"{papers} giấy đang chờ làm / papers to do; chưa biết bao lâu / no pace yet."
    minutes = max(1, round(left.total_seconds() / 60))
    return f"{papers} giấy đang chờ làm, khoảng {minutes} phút / to do, in {minutes} minutes or so."


@click.command("rebuild")
@answering
def rebuild_command(output: Output, settings: Settings) -> int:
    """Rebuild catalogue and ledger from the store alone; one that was killed is resumed."""
    progress = Counting("rebuild")
    with application_of(settings) as application, progress:
        rebuilt = desk_rebuild.rebuild(application, progress=progress)
    damaged = [asdict(alarm) for alarm in rebuilt.alarms]
    if output.as_json:
        output.line({"records": rebuilt.records, "damaged": damaged})
    output.say(
        f"Đã lập lại {rebuilt.records} hồ sơ lưu / records rebuilt; hỏng / damaged: {len(damaged)}"
    )
    output.rows([] if output.as_json else damaged, ("key", "code", "message"))
    return Exit.INTEGRITY if damaged else Exit.DONE


@click.command("fixity")
@click.option("--all", "everything", is_flag=True, help="Read back all of the store.")
@click.option(
    "--sample", metavar="N", type=click.IntRange(min=1), help="So many, oldest check first."
)
@answering
def fixity_command(
    output: Output, settings: Settings, *, everything: bool, sample: int | None
) -> int:
    """Read archived objects back and compare them; names what is damaged, missing or unlocked."""
    if everything == (sample is not None):
        raise WrongUse("fixity.which", "say one of --all, --sample N")
    progress = Counting("fixity")
    with application_of(settings) as application, progress:
        if sample is None:
            result = desk_preservation.check_all(application, progress=progress)
        else:
            result = desk_preservation.check_sample(application, sample, progress=progress)
    alarms = [asdict(alarm) for alarm in result.alarms]
    if output.as_json:
        output.line({"checked": result.checked, "alarms": alarms})
    output.say(f"Đã kiểm {result.checked} gói / objects checked; báo động / alarms: {len(alarms)}")
    output.rows([] if output.as_json else alarms, ("key", "code", "message"))
    return Exit.INTEGRITY if alarms else Exit.DONE
