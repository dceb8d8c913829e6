"""Study retrieval on /v2: dicomweb.md 11.3, WT-1 to WT-7."""

import pytest

from support import sets
from support.client import study_path
from support.makers import Instance


def test_WT_01_a_one_instance_as_stored(v2):
    sets.one_as_stored(v2, study_path)


@pytest.mark.needs_pixel_work("decodes JPEG 2000")
@sets.AS_ELE
def test_WT_01_bc_j2k_file_as_ele(v2, accept):
    sets.one_as_ele(v2, study_path, accept)


@pytest.mark.needs_pixel_work("encodes JPEG 2000")
def test_WT_01_d_ele_file_as_j2k(v2):
    sets.one_as_j2k(v2, study_path)


@sets.UNACCEPTABLE
def test_WT_02_unacceptable(v2, accept):
    sets.unacceptable(v2, study_path, accept)


def test_WT_03_two_of_three_files(v2):
    sets.two_of_three(v2, study_path, lambda first: Instance())


def test_WT_04_mixed_syntaxes_as_ele(v2):
    sets.mixed_as_ele(v2, study_path)


def test_WT_05_mixed_syntaxes_as_stored(v2):
    sets.mixed_as_stored(v2, study_path)


def test_WT_06_unknown(v2):
    sets.unknown(v2, study_path)


def test_WT_07_no_pixel_data(v2):
    sets.without_pixels(v2, study_path)
