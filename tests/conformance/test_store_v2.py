"""Store on /v2 with imperfect content: dicomweb.md 11.2, SL-1 to SL-10, and 4.5."""

import pytest

from support import dicomjson, expect, texts
from support.client import ANY_INSTANCE, JSON, path_of, study_path
from support.large import LargeFile, LargeMultipart
from support.makers import Attributes, Instance, padded, rng, sibling, word
from support.pixels import parse


def referenced(response):
    """The only referenced item."""
    found = expect.items(response, expect.REFERENCED)
    assert len(found) == 1, response.text[:400]
    return found[0]


def rows_of(v2, query, study):
    """Instances of this study that a search finds; pages through all rows."""
    found, offset = [], 0
    while True:
        response = expect.status(v2.search("/instances", f"{query}&limit=200&offset={offset}"), 200, 204)
        rows = response.json() if response.status_code == 200 else []
        found += [row for row in rows if dicomjson.first(row, "0020000D") == study]
        if len(rows) < 200:
            return found
        offset += 200


def bad_date(birth_date="20220315"):
    return Instance(StudyDate="NotAValidStudyDate", PatientBirthDate=birth_date)


def test_SL_01_invalid_study_date_is_dropped(v2):
    instance = bad_date()
    response = expect.status(v2.store_single(instance.data), 202)
    item = referenced(response)
    assert item[expect.WARNING_REASON]["Value"] == [1]
    comments = expect.comments(item)
    assert len(comments) == 1 and comments[0].startswith("DICOM100: (0008,0020) - ")
    received = v2.get(path_of(instance), ANY_INSTANCE)
    expect.file(received, instance.data)
    assert parse(received.content).PatientBirthDate == "20220315"
    metadata = v2.metadata(path_of(instance))[0]
    assert metadata["00100030"]["Value"] == ["20220315"]
    assert "00080020" not in metadata
    assert len(rows_of(v2, "PatientBirthDate=20220315", instance.study)) == 1
    refused = expect.text_error(v2.search("/instances", "StudyDate=NotAValidStudyDate"), 400)
    assert "StudyDate" in refused.text


@pytest.mark.texts
def test_SL_01_texts_X2_and_X3(v2):
    item = referenced(v2.store_single(bad_date().data))
    assert texts.equals("X3", expect.comments(item)[0])
    assert texts.prefix("X2", v2.search("/instances", "StudyDate=NotAValidStudyDate").text)


def test_SL_02_nul_inside_modality(v2):
    instance = Instance().put(0x00080060, "CS", b"X\0X ")
    item = referenced(expect.status(v2.store_single(instance.data), 202))
    assert item[expect.WARNING_REASON]["Value"] == [1]
    assert expect.comments(item)[0].startswith("DICOM100: (0008,0060) - ")


@pytest.mark.texts
def test_SL_02_text_X4(v2):
    item = referenced(v2.store_single(Instance().put(0x00080060, "CS", b"X\0X ").data))
    assert texts.contains("X4", expect.comments(item)[0])


def test_SL_03_nul_at_the_end_of_modality(v2):
    """The scenario asks for exactly one row "in all"; the modality is a random word instead of `X` so that a
    server with data can be tested. A NUL in metadata is written as \\u0000."""
    modality = word(9)
    instance = Instance().put(0x00080060, "CS", modality.encode() + b"\0")
    item = referenced(expect.status(v2.store_single(instance.data), 200))
    expect.no_attribute_problems(item)
    received = v2.get(path_of(instance), ANY_INSTANCE)
    expect.file(received, instance.data)
    assert v2.metadata(path_of(instance))[0]["00080060"]["Value"] == [modality + "\0"]
    for query in (f"Modality={modality}%00", f"Modality={modality}"):
        rows = expect.status(v2.search("/instances", query), 200).json()
        assert dicomjson.instance_uids(rows) == [instance.sop]


def test_SL_04_nul_at_the_end_of_the_study_uid(v2):
    """A UID of odd length, whose value the standard pads with one NUL: the file carries it, the URL does
    not."""
    instance = Instance()
    uid = instance.study if len(instance.study) % 2 else instance.study[:-1]
    instance["StudyInstanceUID"] = padded(uid, b"\0")
    item = referenced(expect.status(v2.store([instance], study=uid), 200))
    expect.no_attribute_problems(item)
    expect.status(v2.get(path_of(instance, "/metadata"), JSON), 200)
    expect.status(v2.delete(path_of(instance)), 204)


def test_SL_05_nul_at_the_end_of_patient_id(v2):
    item = referenced(expect.status(v2.store_single(Instance(PatientID=b"123\0").data), 200))
    expect.no_attribute_problems(item)


def test_SL_06_nul_inside_patient_id(v2):
    response = expect.status(v2.store_single(Instance(PatientID=b"\x00123\0 ").data), 409)
    assert expect.REFERENCED not in response.json()
    assert [reason for _, reason in expect.failures(response)] == [43264]


def patient_ids(v2, study):
    rows = expect.status(v2.search("/studies", {"StudyInstanceUID": study}), 200).json()
    assert len(rows) == 1
    return [value for value in rows[0].get("00100020", {}).get("Value", []) if value]


def test_SL_07_empty_patient_id_keeps_the_known_one(v2):
    first = Instance(PatientID=b"")
    item = referenced(expect.status(v2.store_single(first.data), 202))
    assert "(0010,0020)" in expect.comments(item)[0]
    assert patient_ids(v2, first.study) == []
    named = referenced(expect.status(v2.store_single(sibling(first, PatientID="123").data), 200))
    expect.no_attribute_problems(named)
    assert patient_ids(v2, first.study) == ["123"]
    again = referenced(expect.status(v2.store_single(sibling(first, PatientID=b"").data), 202))
    assert "(0010,0020)" in expect.comments(again)[0]
    assert patient_ids(v2, first.study) == ["123"]


@pytest.mark.texts
def test_SL_07_text_X5(v2):
    item = referenced(v2.store_single(Instance(PatientID=b"").data))
    assert texts.contains("X5", expect.comments(item)[0])


def test_SL_08_modality_of_20_characters(v2):
    expect.status(v2.store_single(Instance(Modality=word(20)).data), 202)


@pytest.mark.large
def test_SL_09_single_part_of_1825_megabytes(v2):
    body = LargeFile(rows=42724, columns=42724)
    response = v2.request(
        "POST", "/studies", JSON, {"Content-Type": "application/dicom"}, data=body, timeout=1800
    )
    expect.status(response, 200)
    expect.status(v2.delete(study_path(body.instance)), 204)


@pytest.mark.large
def test_SL_10_multipart_of_1825_megabytes(v2):
    body = LargeMultipart(LargeFile(rows=42724, columns=42724))
    headers = {"Content-Type": body.content_type}
    expect.status(v2.request("POST", "/studies", JSON, headers, data=body, timeout=1800), 200)
    expect.status(v2.delete(study_path(body.instance)), 204)


def test_dataset_that_must_not_warn(v2):
    """4.5.3: odd-length PixelData, nested PixelData, private LO without creator, 44-character names."""
    item = Attributes().put(0x7FE00010, "OB", b"\1\2\3")
    instance = Instance().put(0x7FE00010, "OB", b"\1\2\3").put(0x00070008, "LO", b"Private ")
    instance["PatientName"] = word(44)
    instance.put(0x00700404, "SQ", [item])
    found = referenced(expect.status(v2.store_single(instance.data), 200))
    expect.no_attribute_problems(found)
    assert expect.WARNING_REASON not in found


@pytest.mark.parametrize(
    "keyword, value",
    [
        ("PatientAge", "12"),
        ("PatientSex", "m"),
        ("PatientBirthDate", "20221301"),
        ("PatientWeight", "heavy"),
        ("InstanceNumber", "1.5"),
        ("AccessionNumber", "A" * 17),
        ("StudyTime", "2561"),
        ("SeriesDescription", "x" * 65),
        ("AcquisitionDateTime", "2022130112"),
        ("ReferencedSOPInstanceUID", "1.02.3"),
        ("PatientComments", "c" * 10241),
    ],
)
def test_value_that_breaks_its_vr_is_dropped(v2, keyword, value):
    """4.5.3: a warning, never a failure; gone from metadata, kept in the file."""
    instance = Instance(**{keyword: value})
    item = referenced(expect.status(v2.store_single(instance.data), 202))
    assert len(expect.comments(item)) == 1
    tag = [tag for tag in instance.elements if tag not in Instance().elements][0]
    assert expect.comments(item)[0].startswith(f"DICOM100: ({tag >> 16:04x},{tag & 0xffff:04x}) - ")
    assert f"{tag:08X}" not in v2.metadata(path_of(instance))[0]
    expect.file(v2.get(path_of(instance), ANY_INSTANCE), instance.data)


@pytest.mark.parametrize(
    "keyword, value",
    [
        ("PatientAge", "012Y"),
        ("StudyTime", "10"),
        ("StudyDate", "20200101"),
        ("PatientWeight", "-1.5E2"),
        ("AcquisitionDateTime", "20220101+0100"),
        ("InstanceNumber", "+7"),
        ("PatientName", "A=B=C"),
        ("PatientComments", "c" * 10240),
        ("ReferencedSOPInstanceUID", "1.2.3"),
    ],
)
def test_value_that_keeps_its_vr_passes(v2, keyword, value):
    item = referenced(expect.status(v2.store_single(Instance(**{keyword: value}).data), 200))
    expect.no_attribute_problems(item)


def test_bad_nested_value_leaves_the_top_level_alone(v2):
    """4.5.3: remove the failing element where it is."""
    birth = f"19{rng.randrange(10, 99)}0101"
    instance = Instance(PatientBirthDate=birth)
    instance["RequestAttributesSequence"] = [Attributes(PatientBirthDate="never")]
    expect.status(v2.store_single(instance.data), 202)
    metadata = v2.metadata(path_of(instance))[0]
    assert metadata["00100030"]["Value"] == [birth]
    assert "00100030" not in metadata["00400275"]["Value"][0]
