"""One bundle per study against one bundle per entry: `isocenter cast` with both profiles over the same change feed.

A real archive is filled once. Each run begins with an empty FHIR server (of the same process, so that both are as warm) and an empty
state, and ends when the bridge says that the whole feed is settled; then every instance must be in FHIR. The profiles take turns. The
settling time is part of the time of the coalescing profile.
"""

import argparse
import pathlib
import statistics
import sys
import tempfile
import time

import requests

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/fhir"))

from fhir_server import free_port, running_hapi  # noqa: E402
from images import make_image, new_uid  # noqa: E402
from processes import Archive, Cast  # noqa: E402

PROFILES = ("isocenter", "cast-compatible")


def fill(archive, studies, instances):
    """Studies one after the other, each with one patient; their UIDs."""
    uids = []
    for number in range(studies):
        study, series = new_uid(), new_uid()
        archive.store(*[make_image(study, series, new_uid(), PatientID=f"P{number}", InstanceNumber=n + 1)
                        for n in range(instances)])
        uids.append(study)
    return uids


def check(fhir, studies, instances):
    for uid in studies:
        found = fhir.study(uid)
        count = sum(len(series["instance"]) for series in found["series"])
        assert count == instances, f"{count} of {instances} instances are in FHIR"
    assert len(fhir.all("Patient")) == len(studies) and len(fhir.all("Endpoint")) == 1


def follow(binary, profile, archive, fhir, settle_ms):
    """Seconds from the start of the bridge until the feed is settled, and the bundles that it took."""
    fhir.empty()
    latest, port = archive.latest(), free_port()
    with tempfile.TemporaryDirectory() as folder:
        cast = Cast(binary, archive.base, fhir.base, pathlib.Path(folder) / "state.db", start=False,
                    cast__profile=profile, cast__settle_ms=settle_ms)
        begin = time.monotonic()
        cast.start("--listen", f"127.0.0.1:{port}")
        while (status := requests.get(f"http://127.0.0.1:{port}/cast/status", timeout=30).json())["position"] < latest:
            time.sleep(0.05)
        seconds = time.monotonic() - begin
        metrics = requests.get(f"http://127.0.0.1:{port}/metrics", timeout=30).text
        cast.stop()
    assert not any(status["deadLetters"].values()), status
    written = [line for line in metrics.splitlines() if line.startswith('isocenter_cast_jobs_total{outcome="written"')]
    return seconds, sum(int(float(line.split()[-1])) for line in written)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/apps/isocenter/isocenter"))
    parser.add_argument("--studies", type=int, default=20)
    parser.add_argument("--instances", type=int, default=200, help="of each study")
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--settle-ms", type=int, default=2000, help="of the profile isocenter")
    options = parser.parse_args()
    total = options.studies * options.instances
    rates = {profile: [] for profile in PROFILES}
    with tempfile.TemporaryDirectory() as name, running_hapi(
            pathlib.Path(name) / "log", JAVA_OPTS="-Dfhir.expunge=true", JVM_TUNING="-Xmx2g -XX:+UseSerialGC") as fhir:
        warm, archive = (Archive(options.binary, pathlib.Path(name) / folder) for folder in ("warm", "data"))
        try:
            fill(warm, 1, options.instances)
            studies = fill(archive, options.studies, options.instances)
            for profile in PROFILES:
                follow(options.binary, profile, warm, fhir, options.settle_ms)
            print("| profile | instances | bundles | seconds | instances/s |\n|---|---|---|---|---|")
            for _ in range(options.rounds):
                for profile in PROFILES:
                    seconds, bundles = follow(options.binary, profile, archive, fhir, options.settle_ms)
                    check(fhir, studies, options.instances)
                    rates[profile].append(total / seconds)
                    print(f"| {profile} | {total} | {bundles} | {seconds:.1f} | {total / seconds:.1f} |", flush=True)
        finally:
            warm.stop()
            archive.stop()
    medians = {profile: statistics.median(rates[profile]) for profile in PROFILES}
    print(f"\ncoalesced {medians['isocenter']:.1f}, one bundle per entry {medians['cast-compatible']:.1f} instances/s (medians): "
          f"{medians['isocenter'] / medians['cast-compatible']:.1f} x")


if __name__ == "__main__":
    main()
