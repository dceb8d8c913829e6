"""Store on /v1 and /v2: dicomweb.md 11.2, ST-1 to ST-20."""

import pytest

from support import expect, makers, multipart
from support.client import ANY_INSTANCE, JSON, path_of
from support.makers import Instance, new_uid, padded, sibling
from support.pixels import native, parse

ELE_INSTANCE = f"application/dicom; transfer-syntax={makers.ELE}"


def single_reference(response, instance):
    """The answer references exactly this instance, with the URL the client would use."""
    assert expect.media_type(response) == JSON
    assert expect.stored_uids(response) == [instance.sop]
    item = expect.items(response, expect.REFERENCED)[0]
    assert item[expect.SOP_CLASS]["Value"] == [instance.sop_class]
    assert item[expect.RETRIEVE_URL] == {
        "vr": "UR",
        "Value": [response.request.url.split("/studies")[0] + path_of(instance)],
    }
    assert expect.FAILED not in response.json()


def test_ST_01_single_part_of_zero_length(face):
    response = face.store_single(b"")
    expect.status(response, 409)
    assert expect.failures(response) == [(None, 43264)]


def test_ST_02_study_in_the_path_is_no_uid(face):
    expect.text_error(face.store([b""], study="b" * 65), 400)


@pytest.mark.parametrize("accept", ["application/dicom", "application/data"], ids=["a", "b"])
def test_ST_03_unusable_accept_without_body(face, accept):
    response = expect.status(face.request("POST", "/studies", accept), 406)
    assert response.content == b""


def test_ST_04_multipart_but_not_related(face):
    body = multipart.encode([Instance().data], "limit")
    headers = {"Content-Type": 'multipart/form; type="application/dicom"; boundary="limit"'}
    response = expect.status(face.request("POST", "/studies", JSON, headers, data=body), 415)
    assert response.content == b""


@pytest.mark.parametrize(
    "body", [b"--limit--\r\n", b"--limit\r\n\r\n--limit--\r\n"], ids=["empty", "degenerate"]
)
def test_ST_05_no_parts(face, body):
    """The scenario says "zero parts"; section 4.1 names the degenerate body, so both are sent."""
    headers = {"Content-Type": multipart.content_type("limit")}
    response = expect.status(face.request("POST", "/studies", JSON, headers, data=body), 204)
    assert response.content == b""


def test_ST_06_one_part_of_zero_length(face):
    expect.status(face.store([b""]), 409)


def test_ST_07_zero_length_part_before_a_valid_one(face):
    instance = Instance()
    response = expect.status(face.store([b"", instance]), 202)
    assert expect.stored_uids(response) == [instance.sop]
    assert [reason for _, reason in expect.failures(response)] == [43264]


def test_ST_08_first_part_takes_the_type_of_the_whole(face):
    instance = Instance()
    response = expect.status(face.store([({}, instance.data)]), 200)
    single_reference(response, instance)
    expect.file(face.get(path_of(instance), ANY_INSTANCE), instance.data)


def test_ST_09_both_files_belong_to_other_studies(face):
    files = [Instance(), Instance()]
    response = expect.status(face.store(files, study=new_uid()), 409)
    assert set(response.json()) == {expect.FAILED}
    assert expect.failures(response) == [(each.sop, 43264) for each in files]


def test_ST_10_second_file_belongs_to_another_study(face):
    first, second = Instance(), Instance()
    response = expect.status(face.store([first, second], study=first.study), 202)
    body = response.json()
    assert set(body) == {expect.RETRIEVE_URL, expect.FAILED, expect.REFERENCED}
    assert body[expect.RETRIEVE_URL]["Value"] == [f"{face.base}/studies/{first.study}"]
    assert expect.stored_uids(response) == [first.sop]
    assert expect.failures(response) == [(second.sop, 43264)]
    expect.status(face.get(path_of(second, "/metadata"), JSON), 404)


def test_ST_11_the_same_file_twice_with_equal_uids(face):
    study = new_uid()
    instance = Instance(StudyInstanceUID=study, SeriesInstanceUID=study)
    response = expect.status(face.store([instance, instance], study=study), 202)
    assert expect.stored_uids(response) == [instance.sop]
    assert expect.failures(response) == [(instance.sop, 45070)]


def test_ST_12_stored_twice(face):
    instance = Instance()
    single_reference(expect.status(face.store_single(instance.data), 200), instance)
    again = expect.status(face.store_single(instance.data), 409)
    assert expect.media_type(again) == JSON
    assert expect.REFERENCED not in again.json()
    assert expect.failures(again) == [(instance.sop, 45070)]
    assert expect.FAILED_ATTRIBUTES not in expect.items(again, expect.FAILED)[0]


@pytest.mark.parametrize("uid", ["abc.123", "11|"], ids=["a", "b"])
def test_ST_13_study_uid_in_the_file_is_no_uid(face, uid):
    """Both values are stored as raw bytes, padded with NUL where they are odd."""
    instance = Instance()
    instance.put(0x0020000D, "UI", uid.encode() + b"\0" * (len(uid) % 2))
    response = expect.status(face.store([instance]), 409)
    assert expect.REFERENCED not in response.json()
    item = expect.items(response, expect.FAILED)[0]
    assert item[expect.FAILURE_REASON] == {"vr": "US", "Value": [43264]}
    assert item[expect.SOP_INSTANCE]["Value"] == [instance.sop]
    assert item[expect.SOP_CLASS]["Value"] == [instance.sop_class]
    texts = expect.comments(item)
    assert texts and texts[0].startswith("DICOM100: (0020,000d) - ")


def test_ST_14_single_part(face):
    instance = Instance()
    single_reference(expect.status(face.store_single(instance.data), 200), instance)


def test_ST_15_single_part_of_50_megabytes_comes_back_unchanged(face):
    instance = native(rows=7240, columns=7240)
    expect.status(face.store_single(instance.data), 200)
    expect.file(face.get(path_of(instance), ELE_INSTANCE), instance.data)


def test_ST_16_single_part_with_a_chosen_study(face):
    instance = Instance(StudyInstanceUID=new_uid())
    response = expect.status(face.store_single(instance.data), 200)
    single_reference(response, instance)


def test_ST_17_study_description_with_two_values(face):
    """v2 answers 202 because the value count breaks the dictionary VM; v1 looks at the first value only."""
    instance = Instance(StudyDescription=["one", "two"])
    response = expect.status(face.store_single(instance.data), 200 if face.name == "v1" else 202)
    assert expect.stored_uids(response) == [instance.sop]


def test_ST_17_warning_header_for_several_values(face):
    """4.4: v1 warns for any indexed attribute; v2 only for the five of 4.5.1, StudyDescription is not among
    them."""
    response = face.store_single(Instance(StudyDescription=["one", "two"]).data)
    if face.name == "v1":
        assert response.headers["Warning"].startswith("299 ")
    else:
        assert "Warning" not in response.headers


def test_ST_18_three_parts_of_15_megabytes(face):
    first = native(rows=3900, columns=3900)
    others = [native(rows=3900, columns=3900, StudyInstanceUID=first.study) for _ in range(2)]
    files = [first, *others]
    response = expect.status(face.store(files), 200)
    assert expect.stored_uids(response) == [each.sop for each in files]
    for each in files:
        expect.file(face.get(path_of(each), ELE_INSTANCE), each.data)


def test_ST_19_study_uid_with_a_trailing_space(face):
    uid = makers.odd_uid()
    instance = Instance(StudyInstanceUID=padded(uid))
    expect.status(face.store_single(instance.data), 200)
    expect.file(face.get(path_of(instance), ANY_INSTANCE), instance.data)
    assert padded(uid) in instance.data
    more = Instance(
        StudyInstanceUID=padded(uid, b"   "), SeriesInstanceUID=instance.series, SOPInstanceUID=instance.sop
    )
    again = expect.status(face.store_single(more.data), 409)
    assert [reason for _, reason in expect.failures(again)] == [45070]


def test_ST_20_implicit_vr_with_a_private_element(face):
    instance = Instance(makers.IMPLICIT)
    instance.put(0x00070008, "LO", b"Private ")
    response = expect.status(face.store_single(instance.data), 200 if face.name == "v1" else 202)
    assert expect.stored_uids(response) == [instance.sop]
    received = face.get(path_of(instance), ANY_INSTANCE)
    expect.file(received, instance.data)
    assert parse(received.content)[0x00070008].value == b"Private "
    assert "00070008" not in face.metadata(path_of(instance))[0]


def test_ST_20_implicit_vr_is_reported_as_45063(face):
    response = face.store_single(Instance(makers.IMPLICIT).data)
    item = expect.items(response, expect.REFERENCED)[0]
    assert item[expect.WARNING_REASON] == {"vr": "US", "Value": [45063]}


def test_part_of_another_type_prevents_all_storing(face):
    """4.1: a 415 in any part, nothing stored."""
    instance = Instance()
    response = face.store([instance, ({"Content-Type": "text/plain"}, b"note")])
    expect.status(response, 415)
    expect.status(face.get(path_of(instance), ANY_INSTANCE), 404)


@pytest.mark.parametrize("kind", ["application/json", "text/plain", "application/octet-stream"])
def test_unsupported_request_type(face, kind):
    response = expect.status(face.store_single(Instance().data, content_type=kind), 415)
    assert response.content == b""


def test_multipart_without_boundary(face):
    headers = {"Content-Type": 'multipart/related; type="application/dicom"'}
    expect.status(face.request("POST", "/studies", JSON, headers, data=b"--x--\r\n"), 415)


def test_no_content_type(face):
    expect.status(face.store_single(Instance().data, content_type=None), 415)


def test_bare_boundary_and_folded_type(face):
    """4.1: the boundary is quoted or bare; part types are compared without case."""
    instance = Instance()
    body = multipart.encode([({"content-type": "Application/DICOM"}, instance.data)], "bare-limit")
    headers = {"Content-Type": multipart.content_type("bare-limit", quoted=False)}
    response = face.request("POST", "/studies", JSON, headers, data=body)
    single_reference(expect.status(response, 200), instance)


def test_parts_keep_their_order(face):
    files = [Instance() for _ in range(5)]
    response = expect.status(face.store([files[0], files[1], b"junk", files[2], files[3], files[4]]), 202)
    assert expect.stored_uids(response) == [each.sop for each in files]


def test_preamble_is_zeroed(face):
    """4.6: dual-format files do not pass through."""
    instance = Instance()
    sent = b"MZ" + b"\x90" * 126 + instance.data[128:]
    expect.status(face.store_single(sent), 200)
    expect.file(face.get(path_of(instance), ANY_INSTANCE), instance.data)


@pytest.mark.parametrize(
    "keyword", ["StudyInstanceUID", "SeriesInstanceUID", "SOPInstanceUID", "SOPClassUID", "PatientID"]
)
def test_required_attribute_is_missing(face, keyword):
    """4.5.1: present in both versions; a missing one fails the instance and is the only one named."""
    instance = Instance().remove(keyword)
    response = expect.status(face.store_single(instance.data), 409)
    item = expect.items(response, expect.FAILED)[0]
    assert item[expect.FAILURE_REASON]["Value"] == [43264]
    assert len(expect.comments(item)) == 1


def test_content_that_is_not_dicom(face):
    response = expect.status(face.store_single(b"not a DICOM file, but long enough to look at" * 20), 409)
    item = expect.items(response, expect.FAILED)[0]
    assert item == {expect.FAILURE_REASON: {"vr": "US", "Value": [43264]}}


def test_other_patient_in_the_same_study(face):
    """10.2: no conflict check between instances of a study."""
    first = face.keep(Instance())
    expect.status(face.store_single(sibling(first, PatientID=new_uid(), PatientName="Other").data), 200)


def test_trailing_space_in_the_pinned_study(face):
    """4.5.1: StudyInstanceUID and the path are compared without trailing spaces."""
    instance = Instance()
    expect.status(face.store([instance], study=instance.study + "%20"), 200)
