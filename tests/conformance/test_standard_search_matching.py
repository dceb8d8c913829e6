"""Matching on /dicom-web: standard-face.md 5.1, 5.2 and 5.4, at every level that allows it."""

import pytest

from support import dicomjson, expect
from support.cases import CT, keep_on_standard, plain
from support.client import JSON, series_path, study_path
from support.makers import Attributes, new_uid, rng, word
from support.matching import check, hits, keep, rows


def test_universal(standard):
    """Empty value or `*` alone: everything, also absent and empty values."""
    check(standard, "AccessionNumber", ["A1", "", None], {"": [0, 1, 2], "*": [0, 1, 2]})


def test_name_without_equals_sign(standard):
    made, anchor = keep(standard, {"AccessionNumber": "A1"}, {})
    found = rows(standard, "/studies", anchor + "&StudyDescription")
    assert len(found) == len(made) and all("00081030" in row for row in found)


def test_single_value_is_exact(standard):
    check(
        standard,
        "AccessionNumber",
        ["Ab1", "ab1", " Ab1", "Ab12"],
        {"Ab1": [0, 2], "ab1": [1], "AB1": [], "%20Ab1%20": [0, 2]},
    )


def test_uid_ignores_the_trailing_nul(standard):
    uid = new_uid()[:-1]
    uid = uid if len(uid) % 2 else uid[:-1]
    made, anchor = keep(standard, {"StudyInstanceUID": uid})
    assert hits(standard, f"StudyInstanceUID={uid}", made, anchor) == [0]


@pytest.mark.parametrize(
    "value, expected",
    [
        ("Müller^Jörg", [0]),
        ("muller^jorg", [0]),
        ("MULLER^JORG", [0]),
        ("Müller", []),
        ("muller*", [0]),
        ("*jorg", [0]),
        ("m?ller^j?rg", [0]),
        ("%E5%B1%B1%E7%94%B0^*", [1]),
        ("yamada^tarou", [1]),
        ("Yamada^Tarou^^", [1]),
        ("Yamada^*=%E5%B1%B1*", [1]),
        ("=%E5%B1%B1*", [1]),
        ("Yamada^*=x*", []),
        ("Muller*=*", [0]),
        ("%EF%BC%B9amada^tarou", [1]),
    ],
)
def test_person_names(standard, value, expected):
    """D11: NFC, case, accent and width folded; each component group by itself, or group by group with `=`."""
    made, anchor = keep(
        standard, {"PatientName": "Müller^Jörg"}, {"PatientName": "Yamada^Tarou=山田^太郎=やまだ^たろう"}
    )
    assert hits(standard, f"PatientName={value}", made, anchor) == expected


def test_wildcards(standard):
    check(
        standard,
        "AccessionNumber",
        ["AB1", "AB12", "B1", "ab1"],
        {
            "AB*": [0, 1],
            "*1": [0, 2, 3],
            "A?1": [0],
            "*B*": [0, 1, 2],
            "??": [2],
            "AB1*": [0, 1],
            "%3F%3F%3F": [0, 3],
        },
    )


def test_question_mark_is_one_character_not_one_byte(standard):
    check(standard, "StudyDescription", ["é1", "ee1"], {"?1": [0], "??1": [1]})


def test_wildcard_characters_in_sql_patterns(standard):
    """`%` and `_` are ordinary characters."""
    check(
        standard,
        "StudyDescription",
        ["50%", "50x", "a_b", "axb", "a'b"],
        {"50%25": [0], "a_b": [2], "a_*": [2], "a'b": [4], "*%25": [0]},
    )


@pytest.mark.parametrize("query", ["StudyDate=2020*", "StudyTime=1?", "StudyInstanceUID=1.2*"])
def test_wildcard_in_another_vr(standard, query):
    expect.problem(standard.search("/studies", query), 400)


def test_uid_list(standard):
    made, anchor = keep(standard, {}, {}, {})
    for separator in (",", "%2C", "%5C"):
        value = made[0].study + separator + made[2].study
        assert hits(standard, f"StudyInstanceUID={value}", made, anchor) == [0, 2]
    series = f"{made[1].series},{made[2].series}"
    assert hits(standard, f"SeriesInstanceUID={series}", made, anchor, "series") == [1, 2]
    sops = f"{made[0].sop},{new_uid()}"
    assert hits(standard, f"SOPInstanceUID={sops}", made, anchor, "instances") == [0]


def test_long_uid_list(standard):
    """1.3: UID lists are long; request lines up to 64 KiB."""
    made, anchor = keep(standard, {})
    many = ",".join([new_uid() for _ in range(1000)] + [made[0].study])
    assert hits(standard, f"StudyInstanceUID={many}", made, anchor) == [0]


def test_list_of_other_values(standard):
    """D9: any of them matches."""
    made, anchor = keep(standard, {"Modality": "CT"}, {"Modality": "MR"}, {"Modality": "US"})
    for separator in (",", "%2C", "%5C"):
        assert hits(standard, f"ModalitiesInStudy=CT{separator}MR", made, anchor) == [0, 1]
        assert hits(standard, f"Modality=CT{separator}US", made, anchor, "series") == [0, 2]


def test_multiple_value_matching(standard):
    """C.2.2.2.8: all listed values must be among the stored ones (only for VM above 1; VM 1 stays "any")."""
    patient = word()
    first = plain(PatientID=patient, Modality="CT")
    second = plain(PatientID=patient, Modality="MR", StudyInstanceUID=first.study)
    third = plain(PatientID=patient, Modality="CT")
    keep_on_standard(standard, first, second, third)
    query = "ModalitiesInStudy=CT,MR"
    assert hits(standard, query, [first, third], f"PatientID={patient}") == [0, 1]
    assert hits(standard, query + "&multiplevaluematching=true", [first, third], f"PatientID={patient}") == [
        0
    ]


def test_empty_value_matching(standard):
    made, anchor = keep(standard, {"AccessionNumber": "A1"}, {"AccessionNumber": ""}, {})
    assert hits(standard, "AccessionNumber=%22%22&emptyvaluematching=true", made, anchor) == [1, 2]
    assert hits(standard, "AccessionNumber=%22%22", made, anchor) == []


def test_unknown_stored_value_does_not_match(standard):
    """D10."""
    check(standard, "AccessionNumber", ["A1", "", None], {"A1": [0]})


def test_dates(standard):
    check(
        standard,
        "StudyDate",
        ["20200101", "20200102", "20200103", None],
        {
            "20200102": [1],
            "20200101-20200102": [0, 1],
            "20200102-": [1, 2],
            "-20200102": [0, 1],
            "20200102-20200102": [1],
        },
    )


@pytest.mark.parametrize(
    "query",
    [
        "StudyDate=20200102-20200101",
        "StudyDate=-",
        "StudyDate=2020",
        "StudyDate=20200230",
        "StudyDate=x",
        "StudyDate=20200101-x",
        "StudyTime=25",
        "StudyTime=1200-1100",
        "StudyTime=-",
        "StudyInstanceUID=abc",
        "limit=-1",
        "limit=a",
        "limit=",
        "offset=a",
        "offset=-1",
        "fuzzymatching=1",
        "fuzzymatching=TRUE-ish",
        "emptyvaluematching=x",
        "multiplevaluematching=x",
        "includefield=0010001",
        "PatientID=1&PatientID=2",
        "PatientID=1&00100020=1",
        "PatientName=%ff%fe",
        "00231001=x",
        "StudyDate=1&00080020=2",
    ],
)
def test_bad_value(standard, query):
    """5.1, 5.4: 400 that names the parameter."""
    problem = expect.problem(standard.get(f"/studies?{query}", JSON), 400)
    assert problem["parameter"]


def test_times(standard):
    """By meaning; missing digits of a range end count to the end of that unit."""
    check(
        standard,
        "StudyTime",
        ["115900", "1200", "120059.5", "1201", "223000.000"],
        {
            "1200": [1],
            "2230": [4],
            "1159-1200": [0, 1, 2],
            "1200-": [1, 2, 3, 4],
            "-1159": [0],
            "120059-1201": [2, 3],
            "120000": [1],
        },
    )


def test_lists_of_dates_and_times(standard):
    """D9: any of the listed values; each is a single one, compared by meaning."""
    times = ["10", "110000.000", "12"]
    check(
        standard,
        "StudyTime",
        times,
        {"10,11": [0, 1], "10%2C1200": [0, 2], "1000%5C110000": [0, 1], "09,10,11,12": [0, 1, 2], "13,14": []},
    )
    check(standard, "StudyDate", ["20240101", "20240102", "20240103"], {"20240101,20240103": [0, 2]})
    check(standard, "PerformedProcedureStepStartTime", times, {"10,11": [0, 1]}, "series")


@pytest.mark.parametrize("value", ["10,25", "10,11-12", "10,", "20240101,20240230", "20240101,20240102-20240103"])
def test_bad_list_of_dates_or_times(standard, value):
    keyword = "StudyDate" if value.startswith("2024") else "StudyTime"
    assert expect.problem(standard.get(f"/studies?{keyword}={value}", JSON), 400)["parameter"] == keyword


def test_combined_date_and_time(standard):
    """8.3.4.1.1: ranges of the same form are one span; otherwise independent."""
    made, anchor = keep(
        standard,
        *[
            {"StudyDate": date, "StudyTime": time}
            for date, time in (
                ("20240101", "0900"),
                ("20240101", "1100"),
                ("20240102", "0900"),
                ("20240103", "1700"),
                ("20240103", "1900"),
            )
        ],
    )
    assert hits(standard, "StudyDate=20240101-20240103&StudyTime=1000-1800", made, anchor) == [1, 2, 3]
    assert hits(standard, "StudyDate=20240101-20240103&StudyTime=0900", made, anchor) == [0, 2]
    assert hits(standard, "StudyDate=20240101&StudyTime=1000-1800", made, anchor) == [1]
    assert hits(standard, "StudyDate=20240102-&StudyTime=1000-", made, anchor) == [3, 4]


def test_time_zone_of_the_query(standard):
    """8.3.4.1.1: request dates and times are in that zone, stored ones in the object's; a date alone is not shifted."""
    made, anchor = keep(
        standard,
        {"StudyDate": "20240101", "StudyTime": "0930", "TimezoneOffsetFromUTC": "+0000"},
        {"StudyDate": "20240101", "StudyTime": "1030", "TimezoneOffsetFromUTC": "+0000"},
        {"StudyDate": "20240101", "StudyTime": "1030", "TimezoneOffsetFromUTC": "+0100"},
    )
    span = "StudyDate=20240101-20240101&StudyTime=1000-1100"
    assert hits(standard, f"{span}&TimezoneOffsetFromUTC=%2B0100", made, anchor) == [0, 2]
    assert hits(standard, f"{span}&TimezoneOffsetFromUTC=+0000", made, anchor) == [1]
    assert hits(standard, "StudyDate=20240101&TimezoneOffsetFromUTC=-1100", made, anchor) == [0, 1, 2]
    times = "StudyDate=20240101&StudyTime=1030,2330"
    assert hits(standard, f"{times}&TimezoneOffsetFromUTC=%2B0100", made, anchor) == [0, 2]
    assert hits(standard, f"{times}&TimezoneOffsetFromUTC=+0000", made, anchor) == [1]
    dates = "StudyDate=20231230,20231231&StudyTime=2300-2330"
    assert hits(standard, f"{dates}&TimezoneOffsetFromUTC=-1000", made, anchor) == [0, 2]


def test_time_zone_and_the_ends_of_the_calendar(standard):
    """A range to the last day or from the first one stays one in every zone, though moments leave it."""
    made, anchor = keep(
        standard, *[{"StudyDate": d, "StudyTime": "1000"} for d in ("20240101", "99991231", "00010101")]
    )
    for zone, last, first in (
        ("%2B0000", [0, 1], [0, 2]),
        ("-1200", [0, 1], [0]),
        ("%2B1400", [0], [0, 2]),
    ):
        query = f"StudyTime=00-23&TimezoneOffsetFromUTC={zone}"
        assert hits(standard, f"StudyDate=20200101-99991231&{query}", made, anchor) == last
        assert hits(standard, f"StudyDate=00010101-20240601&{query}", made, anchor) == first


def test_time_zone_and_old_forms(standard):
    """Dates and times in old forms are found by their meaning, with a zone in the query as without."""
    made, anchor = keep(
        standard,
        {"StudyDate": b"2024.01.31", "StudyTime": b"10:10:10"},
        {"StudyDate": b"20240131", "StudyTime": b"10:10:11"},
    )
    query = "StudyDate=20240131&StudyTime=101010"
    assert hits(standard, query, made, anchor) == [0]
    assert hits(standard, f"{query}&TimezoneOffsetFromUTC=%2B0000", made, anchor) == [0]


def test_sequence_items(standard):
    """Paths with the same sequence must hold in the same item."""

    def item(step, procedure):
        return Attributes(ScheduledProcedureStepID=step, RequestedProcedureID=procedure)

    made, anchor = keep(
        standard,
        {"RequestAttributesSequence": [item("S1", "P1"), item("S2", "P2")]},
        {"RequestAttributesSequence": [item("S1", "P2")]},
        {},
    )
    sequence = "RequestAttributesSequence"
    assert hits(standard, f"{sequence}.ScheduledProcedureStepID=S1", made, anchor, "series") == [0, 1]
    assert hits(
        standard, f"{sequence}.ScheduledProcedureStepID=S1&00400275.00401001=P2", made, anchor, "series"
    ) == [1]
    assert hits(
        standard, f"{sequence}.00400009=S2&{sequence}.RequestedProcedureID=P2", made, anchor, "instances"
    ) == [0]


@pytest.mark.parametrize("value", ["7", "007", "%2B7", "7.0"])
def test_numbers_by_value(standard, value):
    made, anchor = keep(
        standard,
        {"SeriesNumber": "007", "InstanceNumber": "7"},
        {"SeriesNumber": "70", "InstanceNumber": "70"},
    )
    assert hits(standard, f"SeriesNumber={value}", made, anchor, "series") == [0]
    assert hits(standard, f"InstanceNumber={value}", made, anchor, "instances") == [0]


def test_one_of_several_stored_values(standard):
    """C.2.2.3: one value suffices."""
    patient = word()
    first = plain(PatientID=patient, Modality="CT")
    keep_on_standard(standard, first, plain(PatientID=patient, Modality="MR", StudyInstanceUID=first.study))
    assert hits(standard, "ModalitiesInStudy=MR", [first], f"PatientID={patient}") == [0]


@pytest.mark.parametrize(
    "value, expected",
    [
        ("joh", [0]),
        ("do", [0]),
        ("do jo", [0]),
        ("joh do", [0]),
        ("ohn", []),
        ("joh joh", []),
        ("jör", [1]),
        ("jor mul", [1]),
        ("d*e", [0]),
        ("j*n d?e", [0]),
        ("j*n jo", []),
        ("john,doe", [0]),
    ],
)
def test_fuzzy_matching(standard, value, expected):
    """5.4: every query word is a prefix of a different stored word, in any order. A comma separates words
    here."""
    made, anchor = keep(standard, {"PatientName": "Doe^John"}, {"PatientName": "Müller^Jörg"})
    assert hits(standard, f"PatientName={value}&fuzzymatching=true", made, anchor) == expected


def test_decoding(standard):
    """5.1: `+` is a blank, text is UTF-8, keywords or tags of either case."""
    made, anchor = keep(standard, {"StudyDescription": "head neck é", "AccessionNumber": "Z1"})
    for query in (
        "StudyDescription=head+neck+%C3%A9",
        "StudyDescription=head%20neck%20%c3%a9",
        "00081030=head*",
        "00080050=Z1",
    ):
        assert hits(standard, query, made, anchor) == [0]


@pytest.mark.parametrize(
    "stored, codec, text",
    [("ISO_IR 100", "latin-1", "Äneas"), ("ISO_IR 144", "iso8859_5", "Люкс"), ("GB18030", "gb18030", "王")],
)
def test_stored_character_set_does_not_matter(standard, stored, codec, text):
    patient = word()
    instance = plain(PatientID=patient, SpecificCharacterSet=stored)
    instance.codec = codec
    instance["PatientName"] = f"{text}^X"
    keep_on_standard(standard, instance)
    response = standard.search("/studies", {"PatientID": patient, "PatientName": f"{text}*"})
    found = expect.status(response, 200).json()
    assert found[0]["00100010"]["Value"] == [{"Alphabetic": f"{text}^X"}]


LEVEL_ATTRIBUTES = {
    "studies": [
        "StudyDate=20200101",
        "StudyTime=10",
        "AccessionNumber=A1",
        "ModalitiesInStudy=CT",
        "ReferringPhysicianName=R*",
        "PatientName=N*",
        "StudyInstanceUID={0.study}",
        "StudyID=S1",
        "PatientBirthDate=19700101",
        "PatientSex=F",
        "StudyDescription=D1",
    ],
    "series": [
        "Modality=CT",
        "SeriesInstanceUID={0.series}",
        "SeriesNumber=3",
        "PerformedProcedureStepStartDate=20200102",
        "PerformedProcedureStepStartTime=11",
        "RequestAttributesSequence.ScheduledProcedureStepID=SPS",
        "RequestAttributesSequence.RequestedProcedureID=RP",
        "SeriesDescription=SD",
        "BodyPartExamined=HEAD",
    ],
    "instances": ["SOPClassUID=" + CT, "SOPInstanceUID={0.sop}", "InstanceNumber=5"],
}


@pytest.fixture(scope="module")
def full(standard):
    """An instance that has every attribute of 5.2."""
    instance = plain(
        PatientID=word() + str(rng.random())[2:8],
        StudyDate="20200101",
        StudyTime="10",
        AccessionNumber="A1",
        ReferringPhysicianName="Ref^R",
        PatientName="Nam^E",
        StudyID="S1",
        PatientBirthDate="19700101",
        PatientSex="F",
        StudyDescription="D1",
        Modality="CT",
        SeriesNumber=3,
        PerformedProcedureStepStartDate="20200102",
        PerformedProcedureStepStartTime="11",
        SeriesDescription="SD",
        BodyPartExamined="HEAD",
        InstanceNumber=5,
        RequestAttributesSequence=[Attributes(ScheduledProcedureStepID="SPS", RequestedProcedureID="RP")],
    )
    return keep_on_standard(standard, instance)


@pytest.mark.parametrize(
    "level, query", [(level, query) for level, queries in LEVEL_ATTRIBUTES.items() for query in queries]
)
def test_required_attributes_of_every_level(standard, full, level, query):
    """5.2: which resource must match which level; patient attributes are legal everywhere, and values that
    do not match exclude."""
    resources = {
        "studies": ["/studies", "/series", "/instances"],
        "series": ["/series", "/instances", study_path(full, "/series"), study_path(full, "/instances")],
        "instances": ["/instances", study_path(full, "/instances"), series_path(full, "/instances")],
    }[level]
    anchor = "PatientID=" + full.value("PatientID")
    name = query.split("=")[0]
    other = {"UID": "2.25.1", "Date": "19000101", "Time": "23", "Number": "999"}.get(
        next((end for end in ("UID", "Date", "Time", "Number") if name.endswith(end)), ""), "ZZZ"
    )
    for path in resources:
        assert len(rows(standard, path, f"{anchor}&{query.format(full)}")) == 1, path
        assert rows(standard, path, f"{anchor}&{name}={other}") == [], path


@pytest.mark.parametrize(
    "path, query",
    [
        ("/studies", "Modality=CT"),
        ("/studies", "SOPInstanceUID=1.2"),
        ("/series", "InstanceNumber=1"),
        ("/studies/1.2/series", "SOPClassUID=1.2"),
    ],
)
def test_attribute_of_a_lower_level(standard, path, query):
    """D8: 400."""
    expect.problem(standard.get(f"{path}?{query}", JSON), 400)


@pytest.mark.parametrize("name", ["NoSuchThing", "patientname", "ManufacturerModelNameX", "Limit"])
def test_unknown_parameter_is_ignored_with_a_warning(standard, name):
    """D8; names are case-sensitive."""
    made, anchor = keep(standard, {})
    response = expect.status(standard.get(f"/studies?{anchor}&{name}=1", JSON), 200)
    assert [dicomjson.first(row, "0020000D") for row in response.json()] == [made[0].study]
    assert f"{name} is not supported and was ignored" in response.headers["Warning"]
    assert response.headers["Warning"].startswith("299 ")
