"""Store on /v1 with imperfect content: dicomweb.md 11.2, SV-1 and SV-2, and 4.5.2."""

import pytest

from support import expect, texts
from support.client import path_of
from support.makers import Instance, word


def test_SV_01_modality_of_20_characters(v1):
    response = expect.status(v1.store_single(Instance(Modality=word(20)).data), 409)
    assert expect.REFERENCED not in response.json()
    assert [reason for _, reason in expect.failures(response)] == [43264]


def test_SV_02_patient_id_that_ends_in_nul(v1):
    response = expect.status(v1.store_single(Instance(PatientID=b"123\0").data), 409)
    item = expect.items(response, expect.FAILED)[0]
    comments = expect.comments(item)
    assert comments[0].startswith("DICOM100: (0010,0020) - ") and "PatientID" in comments[0]


@pytest.mark.texts
def test_SV_02_text_X6(v1):
    response = v1.store_single(Instance(PatientID=b"123\0").data)
    assert texts.equals("X6", expect.comments(expect.items(response, expect.FAILED)[0])[0])


def test_v1_answer_has_no_attribute_sequence(v1):
    """4.3: FailedAttributesSequence never appears in ReferencedSOPSequence."""
    response = expect.status(v1.store_single(Instance().data), 200)
    assert expect.FAILED_ATTRIBUTES not in expect.items(response, expect.REFERENCED)[0]


@pytest.mark.parametrize(
    "keyword, value",
    [
        ("StudyDate", "20220230"),
        ("AccessionNumber", "A" * 17),
        ("PatientBirthDate", "2022-01-01"),
        ("StudyDescription", "x" * 65),
        ("ReferringPhysicianName", "a^b^c^d^e^f"),
        ("PatientName", "a=b=c=d"),
        ("ManufacturerModelName", "m\n1"),
        ("PerformedProcedureStepStartDate", "today"),
        ("PatientName", "n" * 65),
    ],
)
def test_indexed_attribute_that_breaks_its_rule(v1, keyword, value):
    """4.5.2: any violation fails the instance."""
    response = expect.status(v1.store_single(Instance(**{keyword: value}).data), 409)
    item = expect.items(response, expect.FAILED)[0]
    assert item[expect.FAILURE_REASON]["Value"] == [43264]
    assert len(expect.comments(item)) == 1


def test_all_violations_are_listed(v1):
    response = v1.store_single(Instance(StudyDate="never", Modality=word(20)).data)
    assert len(expect.comments(expect.items(response, expect.FAILED)[0])) == 2


@pytest.mark.parametrize(
    "keyword, value", [("PatientSex", "m!"), ("StudyTime", "99"), ("Modality", "mri"), ("PatientAge", "1")]
)
def test_what_is_not_indexed_is_not_looked_at(v1, keyword, value):
    """4.5.2: v1 accepts everything not indexed, and does not check the repertoire of CS."""
    instance = Instance(**{keyword: value})
    expect.status(v1.store_single(instance.data), 200)
    metadata = v1.metadata(path_of(instance))[0]
    assert any(member.get("Value") == [value] for member in metadata.values())


def test_empty_patient_id_fails(v1):
    """Section 9: v1 fails, v2 warns. "Present, exactly one value" is read as: not empty."""
    response = expect.status(v1.store_single(Instance(PatientID=b"").data), 409)
    assert [reason for _, reason in expect.failures(response)] == [43264]


def test_v1_and_v2_share_their_data(v1, v2):
    instance = v1.keep(Instance())
    assert v2.metadata(path_of(instance)) == v1.metadata(path_of(instance))
