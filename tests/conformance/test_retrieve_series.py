"""Series retrieval on /v2: dicomweb.md 11.3, WS-1 to WS-7."""

import pytest

from support import sets
from support.client import series_path
from support.makers import sibling


def test_WS_01_a_one_instance_as_stored(v2):
    sets.one_as_stored(v2, series_path)


@pytest.mark.needs_pixel_work("decodes JPEG 2000")
@sets.AS_ELE
def test_WS_01_bc_j2k_file_as_ele(v2, accept):
    sets.one_as_ele(v2, series_path, accept)


@pytest.mark.needs_pixel_work("encodes JPEG 2000")
def test_WS_01_d_ele_file_as_j2k(v2):
    sets.one_as_j2k(v2, series_path)


@sets.UNACCEPTABLE
def test_WS_02_unacceptable(v2, accept):
    sets.unacceptable(v2, series_path, accept)


def test_WS_03_two_of_three_files(v2):
    sets.two_of_three(v2, series_path, lambda first: sibling(first, same_series=False))


def test_WS_04_mixed_syntaxes_as_ele(v2):
    sets.mixed_as_ele(v2, series_path)


def test_WS_05_mixed_syntaxes_as_stored(v2):
    parts, first, second = sets.mixed_as_stored(v2, series_path)
    expected = sorted(f"application/dicom; transfer-syntax={each.syntax}" for each in (first, second))
    assert sorted(part.content_type for part in parts) == expected


def test_WS_06_unknown(v2):
    sets.unknown(v2, series_path)


def test_WS_07_no_pixel_data(v2):
    sets.without_pixels(v2, series_path)
