"""An archive that is restored from a backup, or another one at its address: its feed ends before the bridge's position."""

import re
import shutil
import urllib.parse

import pytest
import requests
from faulty_server import FaultyServer
from fhir_server import eventually
from images import make_image, new_uid
from processes import Archive, Cast


class Address(FaultyServer):
    """Stays the same while archives behind it change."""

    def lead_to(self, archive):
        self.target = urllib.parse.urlsplit(archive.base)


def stored(archive, count):
    studies = [new_uid() for _ in range(count)]
    archive.store(*[make_image(study, new_uid(), new_uid(), PatientID=f"P{n}") for n, study in enumerate(studies)])
    return studies


@pytest.mark.parametrize("other", ["backup", "empty"])
def test_what_is_stored_after_a_restore_is_written(other, binary, tmp_path, fhir):
    data = tmp_path / "data"
    archive = Archive(binary, data)
    address = Address(archive.base)
    bridge = Cast(binary, address.base, fhir.base, tmp_path / "restore.db", start=False)
    try:
        before = stored(archive, 2)
        archive.stop()
        shutil.copytree(data, tmp_path / "backup")
        archive = Archive(binary, data)
        address.lead_to(archive)
        bridge.start("--listen", "127.0.0.1:0")
        listening = re.match(r"listening on (\S+)", bridge.process.stdout.readline()).group(1)
        stored(archive, 2)
        bridge.caught_up(archive.latest())
        archive.stop()
        archive = Archive(binary, tmp_path / other)
        address.lead_to(archive)
        after, = stored(archive, 1)
        assert archive.latest() < 4
        assert eventually(lambda: fhir.study(after), 90)
        assert eventually(lambda: bridge.low() == archive.latest())
        status = requests.get(f"{listening}/cast/status", timeout=30).json()
        assert status["feedReset"]["position"] == 4 and status["feedReset"]["latest"] == archive.latest()
        assert all(fhir.study(study) for study in before) and bridge.open_letters() == []
    finally:
        bridge.stop()
        archive.stop()
        address.stop()
