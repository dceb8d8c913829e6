"""Rendered images on /v2: dicomweb.md 11.3, WR-1 to WR-4, and 5.6."""

import numpy
import pytest

from support import expect, pixels
from support.client import path_of
from support.makers import Instance


def rendered(v2, instance, frame=None, accept="image/jpeg", quality=100):
    resource = "/rendered" if frame is None else f"/frames/{frame}/rendered"
    return v2.get(path_of(instance, resource) + f"?quality={quality}", accept)


def assert_picture(response, media_type, rows=16, columns=16):
    expect.status(response, 200)
    assert response.headers["Content-Type"] == media_type
    assert pixels.decode_image(response.content).shape[:2] == (rows, columns)


@pytest.mark.needs_pixel_work("renders")
@pytest.mark.parametrize("accept", ["image/jpeg", "image/png"], ids=["a", "b"])
def test_WR_01_instance(v2, accept):
    assert_picture(rendered(v2, v2.keep(pixels.native()), accept=accept), accept)


@pytest.mark.needs_pixel_work("renders")
@pytest.mark.parametrize("frame", [1, 2])
def test_WR_02_frame(v2, frame):
    assert_picture(rendered(v2, v2.keep(pixels.native(frames=3)), frame), "image/jpeg")


def test_WR_03_frame_beyond_the_last(v2):
    expect.text_error(rendered(v2, v2.keep(pixels.native(frames=3)), 5), 404)


@pytest.mark.needs_pixel_work("renders")
@pytest.mark.parametrize("frame", [1, 2])
def test_WR_04_quality(v2, frame):
    instance = v2.keep(pixels.native(frames=3, rows=64, columns=64))
    best, worst = rendered(v2, instance, frame), rendered(v2, instance, frame, quality=1)
    assert_picture(best, "image/jpeg", 64, 64)
    assert_picture(worst, "image/jpeg", 64, 64)
    assert len(worst.content) < len(best.content)


@pytest.mark.needs_pixel_work("renders")
def test_without_window_the_frame_is_stretched(v2):
    """5.6: min/max of the frame when there is no window and no smallest/largest value; PNG is exact
    enough."""
    ramp = numpy.arange(256, dtype=numpy.uint8).reshape(16, 16) // 2
    instance = pixels.describe(Instance(), 16, 16).put(0x7FE00010, "OB", ramp.tobytes())
    v2.keep(instance)
    response = rendered(v2, instance, accept="image/png")
    assert_picture(response, "image/png")
    picture = pixels.decode_image(response.content).reshape(16, 16, -1)[:, :, 0]
    assert picture.min() == 0 and picture.max() == 255


@pytest.mark.until_pixel_work
def test_rendering_is_refused_with_a_reason(v2):
    expect.text_error(rendered(v2, v2.keep(pixels.native())), 406)


@pytest.mark.parametrize("quality", ["0", "101", "-1", "good", "1.5", ""])
def test_quality_that_is_no_percentage(v2, quality):
    expect.text_error(rendered(v2, Instance(), quality=quality), 400)


@pytest.mark.parametrize("frame", ["0", "-1", "a"])
def test_frame_that_is_no_number(v2, frame):
    expect.text_error(rendered(v2, Instance(), frame), 400)


def test_no_pixel_data(v2):
    expect.text_error(rendered(v2, v2.keep(Instance())), 404)


def test_unknown_instance(v2):
    expect.text_error(rendered(v2, Instance()), 404)


@pytest.mark.parametrize("accept", ["application/dicom", "text/html"])
def test_unacceptable(v2, accept):
    expect.text_error(rendered(v2, Instance(), accept=accept), 406)
