#!/usr/bin/env python3
"""Compares Isocenter with Orthanc, nginx and a sink that syncs on this machine: one run, interleaved, medians, ratios.

    bench/side_by_side/run.py [--studies 2000] [--seconds 3] [--rounds 3] [--only stow,wado,frame,study,metadata,qido]

Needs Debian's orthanc, orthanc-dicomweb, nginx-light and wrk (`bench/run` installs them). Absolute figures of shared machines drift:
only the ratios count.
"""

import argparse
import itertools
import json
import pathlib
import shutil
import subprocess
import tempfile

import driver
import objects
import servers

ROOT = pathlib.Path(__file__).resolve().parents[2]
DICOM = 'multipart/related; type="application/dicom"; transfer-syntax=*'
FRAMES = 'multipart/related; type="application/octet-stream"; transfer-syntax=*'
JSON = "application/dicom+json"


class Comparison:
    def __init__(self, arguments, folder):
        self.arguments, self.folder = arguments, folder
        self.ours = servers.isocenter(arguments.server, folder)
        self.peer = servers.orthanc(folder)
        self.floor = servers.nginx(folder)
        self.sink = servers.synced_sink(folder)
        self.runs = itertools.count(1)

    def rounds(self, *measures):
        """Each measure in turn, `--rounds` times; the medians."""
        results = [[] for _ in measures]
        for _ in range(self.arguments.rounds):
            for kept, measure in zip(results, measures):
                kept.append(measure())
        return [driver.median(kept) for kept in results]

    def row(self, name, ours, peer, floor=None, floor_name="nginx", floor_cpu=None, more=""):
        line = (f"{name:<46} {ours.rate:>9.1f}/s {ours.p50_ms:>9.2f} ms {ours.cpu_ms:>7.2f} ms CPU | Orthanc {peer.rate:>8.1f}/s "
                f"{peer.p50_ms:>9.2f} ms {peer.cpu_ms:>7.2f} ms CPU | x{ours.rate / peer.rate:<8.1f}")
        if floor is not None:
            cpu = f" {floor_cpu:>7.2f} ms CPU" if floor_cpu is not None else ""
            line += f"| {floor_name} {floor:>9.1f}/s{cpu} {100 * ours.rate / floor:>5.0f} %"
        print(line + more, flush=True)

    # --- stores
    def store(self, name, template, count, connections, floor_size):
        file = self.folder / "template.dcm"
        file.write_bytes(template)
        driver.settle_page_cache()

        def measure(server, path="/studies"):
            return lambda: driver.wrk(server, "store.lua", server.root + path, connections, self.arguments.seconds,
                                      [file, count, next(self.runs)])

        ours, peer, sink = self.rounds(measure(self.ours), measure(self.peer), measure(self.sink, f"/{count}"))
        loop = driver.synced_files_per_second(self.folder, floor_size, connections, self.arguments.seconds) / count
        self.row(name, ours, peer, sink.rate, "synced sink", sink.cpu_ms,
                 f" | synced files without HTTP {loop:>7.1f}/s {100 * ours.rate / loop:>4.0f} %")

    def stow(self):
        ct = objects.make_template()
        report = objects.make_template(rows=0, text="finding " * 1000)
        self.store("STOW CT 0.5 MB, 1 connection", ct, 1, 1, len(ct))
        self.store("STOW CT 0.5 MB, 4 connections", ct, 1, 4, len(ct))
        self.store("STOW 25 CT per request, 4 connections", ct, 25, 4, len(ct))
        self.store("STOW SR 10 KB, 4 connections", report, 1, 4, len(report))

    # --- reads
    def read(self, name, path, accept, connections=1, floor_bytes=None):
        floor = cpu = None
        size = 0 if floor_bytes is None or accept == JSON else len(floor_bytes)
        # A name of its own for each row: nginx keeps descriptors and sizes of the files it has served.
        file = f"object{next(self.runs)}"
        if floor_bytes is not None:
            (self.floor.files / file).write_bytes(floor_bytes)

        def measure(server, url, accepted):
            return lambda: driver.wrk(server, "get.lua", url, connections, self.arguments.seconds, [accepted],
                                      size)

        measures = [measure(self.ours, self.ours.root + path, accept), measure(self.peer, self.peer.root + path, accept)]
        if floor_bytes is not None:
            measures.append(measure(self.floor, self.floor.base + "/" + file, "*/*"))
        results = self.rounds(*measures)
        if floor_bytes is not None:
            floor, cpu = results[2].rate, results[2].cpu_ms
        self.row(name, results[0], results[1], floor, floor_cpu=cpu)

    def fill_reading(self):
        uid = objects.uid
        volume = [objects.make(uid("study", 900), uid("series", 900), uid("instance", 900 + i), number=i) for i in range(100)]
        large = objects.make(uid("study", 901), uid("series", 901), uid("instance", 5000), frames=200)
        many = (objects.make(uid("study", 902), uid("series", 902), uid("instance", 10_000 + i), number=i, rows=0, text="x")
                for i in range(1000))
        for server in (self.ours, self.peer):
            driver.store_all(server.root, iter(volume), per_request=10)
            driver.store_all(server.root, iter([large]))
        many = list(many)
        for server in (self.ours, self.peer):
            driver.store_all(server.root, iter(many))
        self.volume, self.large = volume, large

    def instance_path(self, study, series, instance):
        uid = objects.uid
        return f"/studies/{uid('study', study)}/series/{uid('series', series)}/instances/{uid('instance', instance)}"

    def wado(self):
        path = self.instance_path(900, 900, 905)
        for connections in (1, 4):
            self.read(f"WADO instance 0.5 MB, {connections} connection(s)", path, DICOM, connections, self.volume[5])

    def frame(self):
        path = self.instance_path(901, 901, 5000) + "/frames/77"
        for connections in (1, 4):
            self.read(f"one 0.5 MB frame of a 105 MB object, {connections} conn.", path, FRAMES, connections,
                      self.volume[5][-512 * 512 * 2:])

    def study(self):
        self.read("study of 100 CT, 53 MB", f"/studies/{objects.uid('study', 900)}", DICOM, 1, b"".join(self.volume))

    def metadata(self):
        for name, study in (("metadata of 100 instances", 900), ("metadata of 1,000 instances", 902)):
            path = f"/studies/{objects.uid('study', study)}/metadata"
            self.read(name, path, JSON, 1, driver.get(self.ours.root + path, JSON))

    def small(self, i):
        date = f"20{i // 336 % 24:02}{i // 28 % 12 + 1:02}{i % 28 + 1:02}"
        return objects.make(objects.uid("study", 100_000 + i), objects.uid("series", 100_000 + i),
                            objects.uid("instance", 100_000 + i), patient=f"PAT{i}", date=date,
                            name=f"Family{i % 997}^Given{i % 89}", rows=0, text="x")

    def fill_searching(self):
        for server in (self.ours, self.peer):
            driver.store_all(server.root, (self.small(i) for i in range(self.arguments.studies)))

    def small_instance(self):
        some = self.arguments.studies // 3
        number = 100_000 + some
        for connections in (1, 4):
            self.read(f"small instance among {self.arguments.studies:,} studies, {connections} connection(s)",
                      self.instance_path(number, number, number), DICOM, connections, self.small(some))

    def qido(self):
        count = self.arguments.studies
        offset = min(10_000, count // 2)
        for name, query in (
                ("QIDO by PatientID", f"PatientID=PAT{count // 3}"),
                ("QIDO by StudyInstanceUID", f"StudyInstanceUID={objects.uid('study', 100_000 + count // 3)}"),
                ("QIDO 100 studies, newest", "limit=100"),
                (f"QIDO 100 studies, offset {offset}", f"limit=100&offset={offset}"),
                ("QIDO date range of 2 days", "StudyDate=20050310-20050311"),
                ("QIDO name prefix", "PatientName=Family12*&limit=25"),
                ("QIDO *infix* on the name", "PatientName=*mily77*&limit=25")):
            path = f"/studies?{query}"
            rows = [len(json.loads(driver.get(s.root + path, JSON) or b"[]")) for s in (self.ours, self.peer)]
            self.read(f"{name} ({rows[0]}/{rows[1]} rows)", path, JSON, 1, driver.get(self.ours.root + path, JSON))

    def run(self):
        wanted = self.arguments.only.split(",")
        if "stow" in wanted:
            self.stow()
        if {"wado", "frame", "study", "metadata"} & set(wanted):
            self.fill_reading()
        for part in ("wado", "frame", "study", "metadata"):
            if part in wanted:
                getattr(self, part)()
        if "qido" in wanted:
            self.fill_searching()
            self.small_instance()
            self.qido()
        print(f"peak memory: isocenter {self.ours.peak_memory_mb():.0f} MB, Orthanc {self.peer.peak_memory_mb():.0f} MB, "
              f"nginx {self.floor.peak_memory_mb():.0f} MB")

    def stop(self):
        for server in (self.ours, self.peer, self.floor, self.sink):
            server.stop()


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--server", default=str(ROOT / "build/release/apps/isocenter/isocenter"))
    parser.add_argument("--studies", type=int, default=2000)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument("--only", default="stow,wado,frame,study,metadata,qido")
    parser.add_argument("--folder", default=str(ROOT / "build"), help="on the disk that is to be measured")
    arguments = parser.parse_args()
    print(subprocess.run(["uname", "-srm"], capture_output=True, text=True).stdout.strip())
    folder = pathlib.Path(tempfile.mkdtemp(prefix="bench-", dir=arguments.folder))
    comparison = Comparison(arguments, folder)
    try:
        comparison.run()
    finally:
        comparison.stop()
        shutil.rmtree(folder, ignore_errors=True)


if __name__ == "__main__":
    main()
