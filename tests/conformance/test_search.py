"""Search on /v1 and /v2: dicomweb.md 11.4, QY-1 to QY-15, and section 6."""

import pytest

from support import dicomjson, expect, texts
from support.client import JSON, series_path, study_path
from support.makers import Instance, new_uid, rng, sibling, word
from support.rows import INSTANCE, SERIES, STUDY, check, of_study

MODALITIES, STUDY_COUNT, SERIES_COUNT = "00080061", "00201208", "00201209"


def found(face, path, query=""):
    """Rows of a search that must find something."""
    response = expect.status(face.search(path, query) if query else face.get(path, JSON), 200)
    assert expect.media_type(response) == JSON
    return response.json()


def only(rows, instance):
    assert len(rows) == 1, f"{len(rows)} rows"
    assert dicomjson.first(rows[0], "0020000D") == instance.study
    return rows[0]


def three_series(face):
    first = Instance(Modality="CT")
    face.keep(first)
    for modality in ("CT", "MR"):
        face.keep(sibling(first, same_series=False, Modality=modality))
    return first


def test_QY_01_modality_is_not_for_studies(face):
    refused = expect.text_error(face.search("/studies", "Modality=CT"), 400)
    assert "Modality" in refused.text


@pytest.mark.texts
def test_QY_01_text_X1(face):
    assert texts.equals("X1", face.search("/studies", "Modality=CT").text)


def test_QY_02_no_match(face):
    """The scenario's date is common; a patient nobody has makes it hold on a server with data."""
    response = expect.status(face.search("/studies", f"StudyDate=20200101&PatientID={new_uid()}"), 204)
    assert response.content == b""


def test_QY_03_study_date(face):
    first = Instance(StudyDate="20190101")
    face.keep(first, Instance(StudyDate="20190102"))
    rows = found(face, "/studies", "StudyDate=20190101")
    assert all(dicomjson.first(row, "00080020") == "20190101" for row in rows)
    check(only(of_study(rows, first), first), face, first, [STUDY])


def test_QY_04_modalities_in_study(face):
    """Reads only the first page: newest rows come first."""
    first = three_series(face)
    rows = of_study(found(face, "/studies", "ModalitiesInStudy=CT"), first)
    assert only(rows, first)[MODALITIES] == {"vr": "CS", "Value": ["CT", "MR"]}
    rows = of_study(
        found(face, "/studies", "ModalitiesInStudy=CT&includefield=NumberOfStudyRelatedInstances"), first
    )
    assert only(rows, first)[MODALITIES]["Value"] == ["CT", "MR"]
    assert rows[0][STUDY_COUNT] == {"vr": "IS", "Value": [3]}


def test_QY_05_accents_are_ignored_in_names(face):
    mark = word()
    instance = face.keep(Instance(SpecificCharacterSet="ISO_IR 192", PatientName=f"Hall^{mark}^Tá"))
    row = only(found(face, "/studies", f"PatientName=Hall^{mark}^Ta"), instance)
    assert row["00100010"]["Value"] == [{"Alphabetic": f"Hall^{mark}^Tá"}]


def mri_and_ct(face, same_series=False):
    first = Instance(Modality="MRI")
    second = sibling(first, same_series, Modality="CT")
    face.keep(first, second)
    return first, second


def test_QY_06_series_of_a_study(face):
    first, _ = mri_and_ct(face)
    rows = found(face, study_path(first, "/series"), "Modality=MRI")
    check(only(rows, first), face, first, [SERIES], "StudyInstanceUID")


def test_QY_07_all_series(face):
    instance = face.keep(Instance(Modality="MRI"))
    rows = of_study(found(face, "/series", "Modality=MRI"), instance)
    check(only(rows, instance), face, instance, [STUDY, SERIES])


def test_QY_08_instances_of_a_series_are_counted(face):
    first = Instance(Modality="CT")
    face.keep(first, sibling(first, Modality="CT"), sibling(first, same_series=False, Modality="MR"))
    rows = of_study(found(face, "/series", "Modality=CT&includefield=NumberOfSeriesRelatedInstances"), first)
    assert only(rows, first)[SERIES_COUNT] == {"vr": "IS", "Value": [2]}


def test_QY_09_all_series_of_a_study(face):
    first, second = mri_and_ct(face)
    rows = found(face, study_path(first, "/series"))
    assert sorted(dicomjson.first(row, "0020000E") for row in rows) == sorted([first.series, second.series])
    assert [dicomjson.first(row, "0020000D") for row in rows] == [first.study] * 2


def test_QY_10_instances_of_a_study(face):
    first, _ = mri_and_ct(face)
    rows = found(face, study_path(first, "/instances"), "Modality=MRI")
    check(only(rows, first), face, first, [SERIES, INSTANCE], "StudyInstanceUID")


def test_QY_11_instances_of_a_series(face):
    first = Instance()
    face.keep(first, sibling(first))
    rows = found(face, series_path(first, "/instances"), f"SOPInstanceUID={first.sop}")
    check(only(rows, first), face, first, [INSTANCE], "StudyInstanceUID", "SeriesInstanceUID")


def test_QY_12_all_instances(face):
    instance = face.keep(Instance(Modality="XRAY"))
    rows = of_study(found(face, "/instances", "Modality=XRAY"), instance)
    check(only(rows, instance), face, instance, [STUDY, SERIES, INSTANCE])


def test_QY_13_fuzzy_patient_name(face):
    mark = word()
    files = [
        Instance(PatientName=f"Jonathan^{mark}^Stone Hall^^"),
        Instance(PatientName=f"Jon^{mark}^StoneHall"),
    ]
    face.keep(*files)
    rows = found(face, "/studies", f"PatientName={mark}&FuzzyMatching=true")
    assert len(rows) == 2
    for each in files:
        row = only(of_study(rows, each), each)
        check(row, face, each, [STUDY])
        assert row["00100010"]["Value"][0]["Alphabetic"] == each.value("PatientName")


def test_QY_14_fuzzy_referring_physician(face):
    mark = word()
    instance = face.keep(Instance(ReferringPhysicianName=f"dr^{mark}^Stone Hall^^"))
    row = only(found(face, "/studies", f"ReferringPhysicianName={mark}&FuzzyMatching=true"), instance)
    assert row["00080090"]["Value"] == [{"Alphabetic": f"dr^{mark}^Stone Hall^^"}]


def test_QY_15_query_of_a_viewer(face):
    query = "limit=25&offset=0&includefield=00081030%2C00080060&StudyDate=19521125-20210507"
    expect.status(face.search("/studies", query), 200, 204)


@pytest.mark.parametrize(
    "query",
    [
        "limit=0",
        "limit=201",
        "limit=-1",
        "limit=a",
        "limit=",
        "offset=-1",
        "offset=a",
        "offset=99999999999999999999",
        "fuzzymatching=1",
        "fuzzymatching=yes",
        "fuzzymatching=",
        "includefield=NoSuchKeyword",
        "includefield=",
        "includefield=0010001",
        "StudyDate=2020-01-01",
        "StudyDate=20200230",
        "StudyDate=-",
        "StudyDate=20200102-20200101",
        "StudyDate=20200101-x",
        "patientid=1",
        "NoSuchKeyword=1",
        "PatientID=1&PatientID=2",
        "PatientID=1&00100020=1",
        "Rows=1",
        "RequestAttributesSequence.ScheduledProcedureStepID=1",
    ],
)
def test_query_that_is_refused(face, query):
    """6.2 and 6.3. `includefield=all,…` is left out: the reference refuses it, 14.3 lets `all` win."""
    expect.text_error(face.search("/studies", query), 400)


@pytest.mark.parametrize("query", ["PatientID=%3Cscript%3E", "PatientID=<b>"])
def test_markup_in_the_query(face, query):
    """2.1, row 1; the text must not echo markup."""
    refused = expect.text_error(face.search("/studies", query), 400)
    assert "<" not in refused.text


@pytest.mark.parametrize("limit", ["1", "200"])
def test_limits_of_the_page(face, limit):
    expect.status(face.search("/studies", f"LIMIT={limit}&Offset=0"), 200, 204)


def test_paging_is_newest_first(face):
    """6.6."""
    patient = word()
    files = [Instance(PatientID=patient) for _ in range(5)]
    face.keep(*files)
    pages = [found(face, "/studies", f"PatientID={patient}&limit=2&offset={offset}") for offset in (0, 2, 4)]
    assert [len(page) for page in pages] == [2, 2, 1]
    studies = [dicomjson.first(row, "0020000D") for page in pages for row in page]
    assert studies == [each.study for each in reversed(files)]
    expect.status(face.search("/studies", f"PatientID={patient}&offset=5"), 204)


@pytest.mark.parametrize(
    "date, count",
    [
        ("20100101-20100103", 3),
        ("20100102-", 2),
        ("-20100101", 1),
        ("20100102-20100102", 1),
        ("20100102", 1),
        ("20110101-", 0),
    ],
)
def test_date_ranges(face, date, count):
    patient = word()
    face.keep(*[Instance(PatientID=patient, StudyDate=f"2010010{day}") for day in (1, 2, 3)])
    response = face.search("/studies", f"PatientID={patient}&StudyDate={date}")
    assert len(expect.status(response, 200 if count else 204).json() if count else []) == count


def test_text_is_compared_without_case_but_with_accents(face):
    patient = f"{word()}é"
    instance = face.keep(Instance(SpecificCharacterSet="ISO_IR 192", PatientID=patient))
    only(found(face, "/studies", f"PatientID={patient.lower()}"), instance)
    expect.status(face.search("/studies", f"PatientID={patient[:-1]}e"), 204)


@pytest.mark.parametrize(
    "query, hit",
    [
        ("{0}joh", True),
        ("{0}do", True),
        ("{0}jo {0}do", True),
        ("{0}Doe", True),
        ("{0}John {0}Doe", True),
        ("ohn", False),
    ],
)
def test_fuzzy_words_are_prefixes_in_order(face, query, hit):
    """6.3.1 with `John^Doe`; a random prefix keeps other data away. Words in another order are left out: they do
    not match in the reference, 14.3 wants them to."""
    mark = word(6)
    instance = face.keep(Instance(PatientName=f"{mark}John^{mark}Doe"))
    text = query.format(mark) if hit or "{0}" in query else f"{mark[1:]}ohn"
    response = face.search("/studies", {"PatientName": text, "fuzzymatching": "true"})
    if hit:
        only(expect.status(response, 200).json(), instance)
    else:
        expect.status(response, 204)


def test_defaults_of_the_versions(v1, v2):
    """6.4: v1 returns BitsAllocated and SOPClassUID at instance level, v2 does not."""
    instance = v1.keep(Instance())
    rows = {face.name: found(face, "/instances", f"SOPInstanceUID={instance.sop}")[0] for face in (v1, v2)}
    assert {"00280100", "00080016"} <= set(rows["v1"])
    assert not {"00280100", "00080016"} & set(rows["v2"])


@pytest.mark.parametrize("field", ["PatientSex", "00100040", "Rows", "00091001"])
def test_included_attributes(face, field):
    """6.4: any level, any valid tag, private too."""
    instance = Instance(PatientSex="F", Rows=3).put(0x00090010, "LO", b"ACME").put(0x00091001, "LO", b"priv")
    face.keep(instance)
    row = only(found(face, "/studies", f"StudyInstanceUID={instance.study}&includefield={field}"), instance)
    key = {"PatientSex": "00100040", "Rows": "00280010"}.get(field, field)
    assert row[key]["Value"] in (["F"], [3], ["priv"])


def test_latest_value_wins(face):
    """10.2: non-empty valid values overwrite the study's row, empty ones do not."""
    date = f"20{rng.randrange(10, 20)}0101"
    first = Instance(StudyDescription="old", AccessionNumber="A1")
    face.keep(first, sibling(first, StudyDescription="new", AccessionNumber="", StudyDate=date))
    row = only(
        found(face, "/studies", f"StudyInstanceUID={first.study}&includefield=StudyDescription"), first
    )
    assert row["00081030"]["Value"] == ["new"]
    assert row["00080050"]["Value"] == ["A1"]
    assert row["00080020"]["Value"] == [date]


@pytest.mark.parametrize(
    "path", ["/studies/abc/series", "/studies/abc/instances", "/studies/2.25.1/series/abc/instances"]
)
def test_path_that_is_no_uid(face, path):
    expect.text_error(face.get(path, JSON), 400)


@pytest.mark.parametrize("resource", ["series", "instances"])
def test_unknown_study(face, resource):
    expect.status(face.get(f"/studies/{new_uid()}/{resource}", JSON), 204)
