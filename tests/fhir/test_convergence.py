"""Order, repetition and crashes of the feed do not show in FHIR: obligations "Convergence" and "No duplicates"."""

import random
import time

import pytest
from fhir_server import eventually
from images import make_dose_report, make_image, new_uid
from processes import Archive, Cast
from shuffled_feed import ShuffledFeed
from updating_server import chosen_ids


def plain(content):
    """What must be equal: resources by identifier, without ids, versions and times of the server.

    A Patient to whom nothing refers any more is left out: patients are never deleted, so whether a study that
    came and went left one depends on how long the study was there.
    """
    names = {f"{kind}/{uid}": f"{kind} {resource['identifier'][0]['value']}"
             for kind, found in content.items() for uid, resource in found.items()}

    def strip(value):
        if isinstance(value, list):
            return [strip(each) for each in value]
        if isinstance(value, dict):
            return {key: names[each] if key == "reference" else strip(each) for key, each in value.items()
                    if key not in ("versionId", "lastUpdated", "id")}
        return value

    stripped = {}
    for kind, found in content.items():
        for uid, resource in found.items():
            # Behind '#' the server numbers its requests.
            resource["meta"]["source"] = resource["meta"].get("source", "").split("#")[0]
            stripped.setdefault(kind, {})[names[f"{kind}/{uid}"]] = strip(resource)
        assert len(stripped.get(kind, {})) == len(found), f"two {kind} of one identity"
    used = {study["subject"]["reference"] for study in stripped["ImagingStudy"].values()}
    stripped["Patient"] = {name: each for name, each in stripped["Patient"].items() if name in used}
    return stripped


def differences(left, right, path=""):
    """Where two contents differ; [] when they are equal."""
    if type(left) is not type(right) or not isinstance(left, (dict, list)):
        return [] if left == right else [f"{path}: {left} / {right}"]
    if isinstance(left, list):
        left, right = dict(enumerate(left)), dict(enumerate(right))
    return [each for key in sorted({*left, *right}, key=str)
            for each in differences(left.get(key), right.get(key), f"{path}/{key}")]


class Recorder:
    """Makes a feed of creates, deletes, and stores of the same instances again with other values: images and dose
    reports, in studies that come back as another patient's after they were deleted."""

    def __init__(self, archive, studies, seed):
        self.archive, self.draw, self.patients = archive, random.Random(seed), studies // 3 + 1
        self.there = {new_uid(): {} for _ in range(studies)}
        self.series = {study: (new_uid(), new_uid()) for study in self.there}
        self.reports = {study: (new_uid(), new_uid(), new_uid()) for study in self.there}
        self.gone = {study: [] for study in self.there}
        self.names = {study: f"P{number % self.patients}" for number, study in enumerate(self.there)}

    def step(self):
        study = self.draw.choice(list(self.there))
        instances, kind = self.there[study], self.draw.random()
        if len(instances) > 4 and kind < 0.15:
            self.archive.delete(study)
            self.gone[study] += instances.items()
            instances.clear()
            self.names[study] = f"P{self.draw.randrange(self.patients)}"
        elif instances and kind < 0.4:
            uid = self.draw.choice(list(instances))
            self.gone[study].append((uid, instances[uid]))
            self.archive.delete(study, instances.pop(uid), uid)
        elif kind < 0.6 and self.gone[study]:
            uid, series = self.gone[study].pop(self.draw.randrange(len(self.gone[study])))
            self.store(study, series, [uid])
        elif kind < 0.7 and self.reports[study][1] not in instances:
            series, uid, _ = self.reports[study]
            self.gone[study] = [each for each in self.gone[study] if each[0] != uid]
            self.store(study, series, [uid])
        else:
            self.store(study, self.draw.choice(self.series[study]), [new_uid() for _ in range(self.draw.randint(1, 5))])

    def store(self, study, series, uids):
        values = {"PatientID": self.names[study], "StudyDescription": f"text {self.archive.latest()}"}
        in_reports, _, event = self.reports[study]
        for number, uid in enumerate(uids):
            more = {**values, "InstanceNumber": number + 1, "PatientSex": self.draw.choice("MFO")}
            self.archive.store(make_dose_report(study, series, uid, event, **more) if series == in_reports else
                               make_image(study, series, uid, **more))
            self.there[study][uid] = series


def record(archive, entries, studies, seed):
    """What the archive has after as many entries as asked: study -> {instance: series}."""
    recorder = Recorder(archive, studies, seed)
    while archive.latest() < entries:
        recorder.step()
    return recorder.there


@pytest.fixture(scope="module")
def size(request):
    return {"entries": request.config.getoption("--feed-entries"), "studies": request.config.getoption("--feed-studies"),
            "kills": request.config.getoption("--kills")}


@pytest.fixture(scope="module")
def recorded(binary, size, tmp_path_factory, hapi):
    """An archive with a feed, and the FHIR content that following it in order gives."""
    folder = tmp_path_factory.mktemp("recorded")
    archive = Archive(binary, folder / "data")
    there = record(archive, size["entries"], size["studies"], seed=7)
    hapi.empty()
    cast = Cast(binary, archive.base, hapi.base, folder / "state.db")
    cast.caught_up(archive.latest(), 600)
    cast.stop()
    content = plain(hapi.content())
    assert cast.open_letters() == []
    assert len(content["ImagingStudy"]) == sum(bool(instances) for instances in there.values())
    assert content["Observation"], "dose reports are among it"
    yield archive, content
    archive.stop()


# Obligation: 23.12.convergence.shuffled
@pytest.mark.parametrize("served", ["server's ids", "client ids"], indirect=True)
def test_a_shuffled_feed_gives_the_same(binary, recorded, fhir, served, tmp_path):
    archive, content = recorded
    latest = archive.latest()
    feed = ShuffledFeed(archive.base, seed=3, updates=3)
    feed.hide(range(1, latest + 1))
    # The bridge writes its own address into what it makes: it stays that of the recorded run.
    cast = Cast(binary, archive.base, served, tmp_path / "shuffled.db", cast__settle_ms=50, cast__gap_grace_s=5,
                dicomweb__private_endpoint=f"{feed.root}/v2")
    try:
        for _ in feed.reveal_in_any_order(reach=150, step=40):
            time.sleep(0.1)
        cast.caught_up(latest, 600)
        assert cast.open_letters() == []
        assert differences(plain(fhir.content()), content) == []
    finally:
        cast.stop()
        feed.stop()


# Obligation: 23.12.convergence.twice
def test_any_range_twice_gives_the_same(binary, recorded, fhir, tmp_path):
    archive, content = recorded
    latest, draw = archive.latest(), random.Random(11)
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "twice.db")
    cast.caught_up(latest, 600)
    cast.stop()
    once = fhir.content()
    for _ in range(3):
        start = draw.randrange(latest)
        cast.start("--from", str(start))
        assert eventually(lambda: cast.low() == start)
        cast.caught_up(latest, 600)
        cast.stop()
    assert fhir.content() == once, "versions included: nothing was written again"
    assert differences(plain(fhir.content()), content) == []


# Obligation: 23.12.convergence.killed
def test_killed_at_random_points_it_gives_the_same(binary, recorded, fhir, tmp_path, size):
    archive, content = recorded
    draw = random.Random(13)
    cast = Cast(binary, archive.base, fhir.base, tmp_path / "killed.db", cast__settle_ms=0, cast__read_ahead=100)
    replays = 0
    for kill in range(size["kills"]):
        time.sleep(draw.uniform(0, 0.4))
        cast.kill()
        done = cast.low() >= archive.latest() - 100
        # Once it is through, the way is gone again from a random place with all resources gone: writes go on to the end.
        if done:
            fhir.empty()
            replays += 1
        cast.start(*(["--from", "0"] if done else []))
    cast.caught_up(archive.latest(), 600)
    cast.stop()
    print(f"\n{size['kills']} kills, begun anew {replays} times")
    assert cast.open_letters() == []
    assert differences(plain(fhir.content()), content) == []


WHO_CHOOSES = [("auto", ""), ("conditional", ""), ("auto", "client ids")]


# Obligation: 23.12.no-duplicates
@pytest.mark.parametrize("identity, served", WHO_CHOOSES, indirect=["served"])
def test_two_engines_without_a_lease_leave_no_duplicate(binary, recorded, fhir, served, tmp_path, identity):
    archive, content = recorded
    both = [Cast(binary, archive.base, served, tmp_path / f"{n}.db", cast__lease="false", cast__settle_ms=0,
                 cast__identity=identity) for n in range(2)]
    for cast in both:
        cast.caught_up(archive.latest(), 600)
        cast.stop()
        assert cast.open_letters() == []
    written = fhir.content()
    mine, others = chosen_ids(written)
    assert (others == 0 and mine) if served != fhir.base else (mine == 0 and others), "who chose the ids"
    assert differences(plain(written), content) == []


def test_two_engines_over_one_state_take_turns(binary, recorded, fhir, tmp_path):
    archive, content = recorded
    state = tmp_path / "shared.db"
    first = Cast(binary, archive.base, fhir.base, state)
    second = Cast(binary, archive.base, fhir.base, state, start=False)
    second.start()
    assert eventually(lambda: first.low() > 0, 60)
    first.kill()
    second.caught_up(archive.latest(), 600)
    second.stop()
    assert differences(plain(fhir.content()), content) == []
