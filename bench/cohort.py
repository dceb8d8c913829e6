"""Growth of a cohort query with the population while the number of patients with the disease stays the same.

Each population is loaded into a fresh HAPI FHIR server and a fresh archive, the question is asked, the answer is compared
with the generator's own. A last row has five times the patients with the disease in the middle population instead.
"""

import argparse
import json
import pathlib
import statistics
import sys
import tempfile
import time

ROOT = pathlib.Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "tests/fhir"))

from cohort_data import QUESTION, make_population, truth  # noqa: E402
from cohort_run import ask, facts_of, load  # noqa: E402
from fhir_server import running_hapi  # noqa: E402
from processes import Archive  # noqa: E402


def measure(binary, count, diseased, rounds):
    population = make_population(count, diseased)
    wanted = truth(population)
    tuning = "-Xmx2g -XX:+UseSerialGC -XX:TieredStopAtLevel=1"
    with tempfile.TemporaryDirectory() as name, running_hapi(pathlib.Path(name) / "log", JVM_TUNING=tuning) as server:
        folder = pathlib.Path(name)
        archive = Archive(binary, folder / "data")
        try:
            begin = time.monotonic()
            load(population, server.base, archive)
            loaded = time.monotonic() - begin
            answers = []
            for _ in range(rounds + 1):  # the first one warms the server up
                done = ask(binary, QUESTION, folder, server.base, archive.base)
                assert done.returncode == 0, done.stderr
                answers.append(json.loads(done.stdout))
            for answer in answers:
                assert facts_of(answer["patients"]) == wanted, "the answer differs from the generator's"
        finally:
            archive.stop()
    stats = [answer["stats"] for answer in answers[1:]]
    total = answers[0]["total"]
    return (f"| {count:,} | {diseased:,} | {total['patients']} / {total['studies']} | {stats[0]['fhirRequests']} | "
            f"{stats[0]['archiveRequests']} | {statistics.median(s['milliseconds'] for s in stats):.0f} ms | {loaded:.0f} s |")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--binary", default=str(ROOT / "build/release/apps/isocenter/isocenter"))
    parser.add_argument("--populations", default="100,1000,10000")
    parser.add_argument("--diseased", type=int, default=80, help="patients with the disease, in every population")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    populations = [int(text) for text in options.populations.split(",")]
    print("| patients | with the disease | found / CT studies | FHIR requests | archive requests | time | loading |")
    print("|---|---|---|---|---|---|---|")
    for count in populations:
        print(measure(options.binary, count, options.diseased, options.rounds), flush=True)
    middle = populations[len(populations) // 2]
    print(measure(options.binary, middle, min(middle, 5 * options.diseased), options.rounds), flush=True)


if __name__ == "__main__":
    main()
