"""Each office signs with its own key."""

from __future__ import annotations

import hashlib
import stat
from pathlib import Path

import pytest
from unit.signing.made import FixedClock, key, pki

from dossier.errors import Misconfigured, WrongUse
from signing.office_keys import OfficeKeys
from signing.trial.pki import make_trial_pki

OFFICE = "H26.1"


def _add(folder: Path, name: str = "UBND PHƯỜNG MỘT") -> OfficeKeys:
    keys = OfficeKeys(folder)
    keys.add(OFFICE, name=name, content=pki().signer.read_bytes(), passphrase=pki().passphrase())
    return keys


def test_a_key_is_kept_for_its_office_alone(tmp_path: Path) -> None:
    keys = _add(tmp_path / "signers")
    held = keys.get(OFFICE)
    assert held is not None
    assert held.name == "UBND PHƯỜNG MỘT"
    assert held.load().certificate == key().certificate
    assert held.digest == hashlib.sha256(key().certificate).hexdigest()
    assert pki().passphrase() not in repr(held)
    assert keys.get("H26.2") is None
    assert [k.office for k in keys] == [OFFICE]
    files = [path for path in (tmp_path / "signers").rglob("*") if path.is_file()]
    assert {stat.S_IMODE(path.stat().st_mode) for path in files} == {0o600}


def test_a_key_that_does_not_open_changes_nothing(tmp_path: Path) -> None:
    keys = _add(tmp_path)
    with pytest.raises(Misconfigured):
        keys.add(
            OFFICE, name="X", content=pki().signer.read_bytes(), passphrase=pki().passphrase()[1:]
        )
    held = keys.get(OFFICE)
    assert held is not None
    assert held.load().certificate == key().certificate
    assert not list(tmp_path.rglob(".added*"))


def test_a_key_file_that_was_swapped_signs_nothing(tmp_path: Path) -> None:
    held = _add(tmp_path / "signers").get(OFFICE)
    assert held is not None
    other = make_trial_pki(tmp_path / "other", clock=FixedClock())
    held.p12.write_bytes(other.signer.read_bytes())
    held.p12.with_suffix(".passphrase").write_text(other.passphrase())
    swapped = OfficeKeys(tmp_path / "signers").get(OFFICE)
    assert swapped is not None
    with pytest.raises(Misconfigured) as caught:
        swapped.load()
    assert caught.value.code == "signer.other-key"


@pytest.mark.parametrize(("office", "name"), [("../x", "X"), ("", "X"), (OFFICE, " ")])
def test_codes_and_names_are_checked(office: str, name: str, tmp_path: Path) -> None:
    with pytest.raises(WrongUse):
        OfficeKeys(tmp_path).add(office, name=name, content=b"", passphrase="")
