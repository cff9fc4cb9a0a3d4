"""What a job that was taken over can do: harm without walls, nothing with them.

Each attempt runs three times: with all layers that the machine has, with those of a container that
allows no namespaces, and with none. The last one must do its harm, or the test proves nothing.
"""

from __future__ import annotations

import os
import platform
import signal
import socket
import subprocess
import sys
import uuid
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from dossier.errors import SohoaError
from pages.children import ChildFailed, ChildOutOfMemory, Children, Layers, Walls
from pages.sandbox import seccomp

ROOT = Path(__file__).parents[3]
JOBS = ROOT / "tests" / "fixtures" / "children"
LONG = 60.0
NONE = Layers(namespaces=False, landlock=False, seccomp=False)


def pool(layers: Layers, scratch: Path) -> Children:
    return Children(size=1, memory_bytes=300_000_000, layers=layers, scratch=scratch)


@pytest.fixture(scope="module", params=["all", "container"])
def walled(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Children]:
    layers = Layers.available()
    if request.param == "container":
        layers = replace(layers, namespaces=False)
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(JOBS))
        with pool(layers, tmp_path_factory.mktemp("walled")) as children:
            yield children


@pytest.fixture(scope="module")
def bare(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Children]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(JOBS))
        with pool(NONE, tmp_path_factory.mktemp("bare")) as children:
            yield children


@pytest.fixture
def victim() -> Iterator[subprocess.Popen[bytes]]:
    with subprocess.Popen([sys.executable, "-c", "import time; time.sleep(600)"]) as process:
        yield process
        process.kill()


def run(children: Children, job: str, **arguments: object) -> object:
    return children.run(f"hostile_jobs:{job}", arguments, deadline=LONG, what="paper 7")


def refused(children: Children, job: str, **arguments: object) -> bool:
    """Whether the system refuses it (an OSError in the job), and nothing else went wrong."""
    with pytest.raises(ChildFailed, match="Error in the child") as caught:
        run(children, job, **arguments)
    return any(
        name in caught.value.message
        for name in ("PermissionError", "FileNotFoundError", "ProcessLookupError", "OSError")
    )


@pytest.mark.parametrize("name", ["keys/identity.key", "signer.p12", "sohoa.db", "store/work/a"])
def test_no_file_of_the_service_is_read(
    walled: Children, bare: Children, tmp_path: Path, name: str
) -> None:
    path = tmp_path / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_text("secret", encoding="ascii")
    assert run(bare, "read_file", path=str(path)) == "secret"
    assert refused(walled, "read_file", path=str(path))


def test_the_environment_of_the_service_is_not_read(walled: Children, bare: Children) -> None:
    assert run(bare, "read_environment", pid=os.getpid())
    assert refused(walled, "read_environment", pid=os.getpid())


def test_the_memory_of_another_process_is_not_read(
    walled: Children, bare: Children, victim: subprocess.Popen[bytes]
) -> None:
    assert run(bare, "read_memory", pid=victim.pid)
    assert refused(walled, "read_memory", pid=victim.pid)


def test_no_record_is_written(walled: Children, bare: Children, tmp_path: Path) -> None:
    assert refused(walled, "write_file", path=str(tmp_path / "forged"))
    assert not list(tmp_path.iterdir())
    run(bare, "write_file", path=str(tmp_path / "forged"))
    assert list(tmp_path.iterdir())


@pytest.mark.parametrize("job", ["overwrite_input", "open_input_to_all"])
def test_the_file_as_received_stays_as_it_is(
    walled: Children, bare: Children, tmp_path: Path, job: str
) -> None:
    scan = tmp_path / "scan"
    scan.write_bytes(b"received")
    scan.chmod(0o600)
    before = scan.read_bytes(), scan.stat().st_mode

    def attempt(children: Children) -> None:
        children.run(
            f"hostile_jobs:{job}", {}, reads={"source": scan}, deadline=LONG, what="paper 7"
        )

    with pytest.raises(SohoaError):
        attempt(walled)
    assert (scan.read_bytes(), scan.stat().st_mode) == before
    attempt(bare)
    assert (scan.read_bytes(), scan.stat().st_mode) != before


def test_nothing_is_sent_over_the_network(walled: Children, bare: Children) -> None:
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        assert run(bare, "connect", port=port) is True
        assert refused(walled, "connect", port=port)


@pytest.mark.parametrize(
    ("kind", "job"),
    [(socket.SOCK_STREAM, "connect_locally"), (socket.SOCK_DGRAM, "send_datagram")],
)
def test_no_local_service_is_reached(
    walled: Children, bare: Children, tmp_path: Path, kind: int, job: str
) -> None:
    path = str(tmp_path / "socket")
    with socket.socket(socket.AF_UNIX, kind) as server:
        server.bind(path)
        if kind == socket.SOCK_STREAM:
            server.listen()
        assert run(bare, job, path=path) is True
        assert refused(walled, job, path=path)


def test_no_other_process_is_ended(
    walled: Children, bare: Children, victim: subprocess.Popen[bytes]
) -> None:
    assert refused(walled, "end", pid=victim.pid)
    assert victim.poll() is None
    run(bare, "end", pid=victim.pid)
    assert victim.wait() == -signal.SIGKILL


def test_no_other_process_is_traced(
    walled: Children, bare: Children, victim: subprocess.Popen[bytes]
) -> None:
    assert refused(walled, "trace", pid=victim.pid)
    assert run(bare, "trace", pid=victim.pid) is True


def test_nothing_outlives_its_job(walled: Children, bare: Children, tmp_path: Path) -> None:
    mark = str(tmp_path)
    assert refused(walled, "stay", mark=mark)
    assert not _running(mark)
    run(bare, "stay", mark=mark)
    found = _running(mark)
    assert found
    for pid in found:
        os.kill(pid, signal.SIGKILL)


@pytest.mark.parametrize("namespaces", [True, False])
def test_a_program_of_a_job_ends_with_it(tmp_path: Path, *, namespaces: bool) -> None:
    """As pytesseract may, a job starts a program; this one tries to leave the job's group."""
    available = Layers.available()
    # A filter denies leaving the group; without one the process namespace ends with its server.
    layers = (
        replace(NONE, namespaces=True)
        if namespaces and available.namespaces
        else replace(NONE, seccomp=True)
    )
    mark = str(tmp_path / "mark")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(JOBS))
        with Children(
            size=1, memory_bytes=300_000_000, layers=layers, programs=True, scratch=tmp_path
        ) as children:
            if layers.namespaces:
                assert run(children, "stay", mark=mark)
            else:
                assert refused(children, "stay", mark=mark)
            assert not _running(mark)


def test_memory_is_limited(walled: Children) -> None:
    assert run(walled, "take_memory", length=50_000_000) == 50_000_000
    with pytest.raises(ChildOutOfMemory):
        run(walled, "take_memory", length=400_000_000)


def test_the_size_of_a_file_is_limited(walled: Children, tmp_path: Path) -> None:
    free = tmp_path / "free"
    free.touch()
    os.truncate(free, 5 * 1024**3)
    assert free.stat().st_size == 5 * 1024**3
    free.unlink()
    with pytest.raises(ChildFailed, match="OSError"):
        walled.run(
            "hostile_jobs:grow_file",
            {"length": 5 * 1024**3},
            writes={"target": tmp_path / "made"},
            deadline=LONG,
            what="paper 7",
        )


def test_the_next_job_finds_nothing_of_the_one_before(walled: Children, bare: Children) -> None:
    name = f"left-{uuid.uuid4()}"
    run(walled, "leave", name=name)
    assert run(walled, "find", name=name) == []
    assert run(bare, "leave", name=name)
    found = run(bare, "find", name=name)
    assert isinstance(found, list)
    assert found
    for folder in found:
        Path(folder, name).unlink(missing_ok=True)


def _ended(code: str, folder: Path) -> int:
    """The wait status of a Python that runs some code of ours."""
    program = (
        f"import os, sys; sys.path.insert(0, {str(ROOT)!r}); os.chdir({str(folder)!r}); {code}"
    )
    pid = os.posix_spawn(sys.executable, [sys.executable, "-c", program], os.environ)
    return os.waitpid(pid, 0)[1]


def test_no_core_is_dumped(tmp_path: Path) -> None:
    allow = (
        "import resource as r; hard = r.getrlimit(r.RLIMIT_CORE)[1];"
        "r.setrlimit(r.RLIMIT_CORE, (hard, hard));"
    )
    forbid = "from pages.sandbox.rlimits import forbid_core_dumps; forbid_core_dumps();"
    assert os.WCOREDUMP(_ended(f"{allow} os.abort()", tmp_path))
    status = _ended(f"{allow} {forbid} os.abort()", tmp_path)
    assert os.WTERMSIG(status) == signal.SIGABRT
    assert not os.WCOREDUMP(status)


def test_cpu_time_is_limited(tmp_path: Path) -> None:
    # Far beyond the limit: the kernel looks at a process's time only now and then.
    loop = "t = os.times; list(iter(lambda: t().user + t().system < 3, False))"
    assert _ended(loop, tmp_path) == 0
    limited = f"from pages.sandbox.rlimits import limit_cpu; limit_cpu(1); {loop}"
    assert os.WTERMSIG(_ended(limited, tmp_path)) == signal.SIGXCPU


def test_the_probe_says_what_holds(walled: Children, bare: Children) -> None:
    assert walled.walls.hold
    assert walled.walls.gaps == ()
    assert {"landlock", "seccomp"} <= set(walled.walls.layers)
    assert bare.walls == Walls(layers=(), gaps=("files", "network", "processes", "privileges"))
    assert not bare.walls.hold
    assert bare.walls.missing == ("namespaces", "landlock", "seccomp")


@pytest.mark.parametrize("layer", ["namespaces", "landlock", "seccomp"])
def test_a_layer_alone_is_not_called_enough(tmp_path: Path, layer: str) -> None:
    alone = replace(NONE, **{layer: getattr(Layers.available(), layer)})
    with pool(alone, tmp_path) as children:
        assert set(children.walls.layers) <= {layer}
        assert not children.walls.hold


def test_what_the_probe_does_not_say_is_a_gap() -> None:
    walls = Walls.from_json({"seccomp": True, "landlock": True, "no-files": True})
    assert walls.gaps == ("network", "processes", "privileges")
    assert not walls.hold


@pytest.mark.parametrize("machine", ["x86_64", "aarch64"])
def test_a_filter_fits_the_kernel(machine: str) -> None:
    code = seccomp.program(programs=False, pid=7, machine=machine)
    assert len(code) % 8 == 0
    assert len(code) // 8 < 4096
    assert len(code) < len(seccomp.program(programs=True, pid=7, machine=machine))


def test_a_machine_without_a_table_has_no_filter() -> None:
    with pytest.raises(seccomp.SeccompMissingError):
        seccomp.program(programs=False, pid=7, machine=f"{platform.machine()}-unknown")


def _running(mark: str) -> list[int]:
    found = []
    for entry in Path("/proc").iterdir():
        if entry.name.isdecimal():
            try:
                words = (entry / "cmdline").read_bytes().split(b"\0")
            except OSError:
                continue
            if mark.encode() in words:
                found.append(int(entry.name))
    return found
