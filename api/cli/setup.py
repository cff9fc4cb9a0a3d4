"""``sohoa init``, ``status``, ``rebuild``, ``fixity``."""

from __future__ import annotations

from dataclasses import asdict
from datetime import timedelta

import click

from api import bootstrap, disk_space
from api.cli.answering import answering
from api.cli.exit_codes import Exit
from api.cli.output import Output
from api.cli.progress import Counting
from api.cli.shared import application_of, operator_of, warn_if_incomplete
from api.desk import preservation as desk_preservation
from api.desk.rebuild import rebuild
from api.desk.status import StatusView, get_status
from api.settings import Settings
from api.wording import sentences
from dossier.errors import WrongUse
from pages.children import Walls

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
        "office": made.office,
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
    """How many papers are in which state, and what waits for whom."""
    with application_of(settings) as application:
        view = get_status(application, operator_of(application))
        walls = application.walls
        ending = application.certificates_ending()
        incomplete = warn_if_incomplete(application)
    ended = Exit.INTEGRITY if view.alarms else incomplete
    if output.as_json:
        output.line(_status_row(view, walls, ending) | {"disk": _disk_row(settings)})
        return ended
    if view.trial:
        output.say(_TRIAL_WARNING)
    output.rows(
        [{"state": state.value, "papers": number} for state, number in view.papers.items()],
        ("state", "papers"),
        empty="Chưa có giấy nào. Bắt đầu / begin: sohoa ingest PATH... --dossier CODE",
    )
    output.rows(
        [
            {"code": code, "papers": number, "reason": sentences.sentence(code)}
            for code, number in view.waiting.items()
        ],
        ("code", "papers", "reason"),
    )
    if view.to_do:
        output.say(_left_in_words(sum(view.to_do.values()), view.time_left))
    if view.reused:
        output.say(f"{view.reused} giấy được dùng lại, không số hóa lần nữa / reused.")
    output.say(_walls_in_words(walls))
    _say_ending(output, ending)
    _say_low_disk(output, settings)
    if view.alarms:
        output.say(_ALARMS)
        alarms = [asdict(alarm) for alarm in view.alarms]
        output.rows(alarms[:_MOST_SHOWN], ("key", "code", "message"))
    return ended


def _status_row(view: StatusView, walls: Walls, ending: object) -> dict[str, object]:
    """The object of ``status --json``."""
    left = view.time_left
    return {
        "office": view.office,
        "offices": list(view.offices),
        "trial": view.trial,
        "papers": {state.value: number for state, number in view.papers.items()},
        "archived": view.archived,
        "reused": view.reused,
        "waiting": dict(view.waiting),
        "to_do": {s.value: n for s, n in view.to_do.items()},
        "seconds_left": None if left is None else round(left.total_seconds()),
        "alarms": [asdict(alarm) for alarm in view.alarms],
        "rebuild": None if view.rebuild is None else asdict(view.rebuild),
        "sandbox": {"holds": walls.hold, "layers": list(walls.layers), "gaps": list(walls.gaps)},
        "certificates_ending": ending,
    }


def _disk_row(settings: Settings) -> dict[str, object]:
    return {
        "free": dict(disk_space.free_bytes(settings)),
        "low": list(disk_space.low_places(settings)),
    }


def _say_low_disk(output: Output, settings: Settings) -> None:
    low = disk_space.low_places(settings)
    if low:
        output.say(
            "CẢNH BÁO / WARNING: sắp hết chỗ trên đĩa / little free disk space: "
            f"{disk_space.listed(low)}. Hãy giải phóng chỗ / make room."
        )


def _walls_in_words(walls: Walls) -> str:
    layers = ", ".join(walls.layers) or "không có gì / nothing"
    if walls.hold:
        return f"Hộp cát của chương trình đọc tệp / sandbox: {layers}."
    gaps = ", ".join(walls.gaps) or "-"
    return (
        f"CẢNH BÁO / WARNING: hộp cát không đủ / the sandbox is incomplete: {layers}; "
        f"với tới được / within its reach: {gaps}. Cài / install: bubblewrap."
    )


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
        rebuilt = rebuild(application, progress=progress)
    damaged = [asdict(one) for one in rebuilt.alarms]
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
