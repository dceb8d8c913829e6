"""Pixel variants of the random file, and readers for what comes back."""

import io
import struct

import numpy
from PIL import Image

from support import makers
from support.makers import Fragments, Instance


def with_pixels(instance, rows=16, columns=16, frames=1, samples=1, bits=8):
    """Adds native random pixels; returns the instance, whose `frame(n)` bytes are in `frames_of`."""
    size = rows * columns * samples * (bits // 8)
    content = [makers.random_bytes(size) for _ in range(frames)]
    describe(instance, rows, columns, frames, samples, bits)
    body = b"".join(content)
    instance.put(0x7FE00010, "OW" if bits > 8 else "OB", body + b"\0" * (len(body) % 2))
    instance.frames = content
    return instance


def describe(instance, rows, columns, frames=1, samples=1, bits=8):
    instance.update(
        SamplesPerPixel=samples,
        Rows=rows,
        Columns=columns,
        BitsAllocated=bits,
        BitsStored=bits,
        HighBit=bits - 1,
        PixelRepresentation=0,
        PhotometricInterpretation="MONOCHROME2" if samples == 1 else "RGB",
    )
    if samples > 1:
        instance["PlanarConfiguration"] = 0
    if frames > 1:
        instance["NumberOfFrames"] = frames
    return instance


def native(frames=1, rows=16, columns=16, samples=1, bits=8, syntax=makers.ELE, **values):
    """An uncompressed image."""
    return with_pixels(Instance(syntax, **values), rows, columns, frames, samples, bits)


def mislabelled(syntax, frames=1, rows=16, columns=16, **values):
    """8-bit native pixels under a syntax that the bytes do not follow, as some archives hold them.

    The pixel data element keeps its defined length, so a frame is what the image attributes say.
    """
    return native(frames, rows, columns, syntax=syntax, **values)


def encapsulated(syntax, frames=1, rows=16, columns=16, fragments_per_frame=1, **values):
    """Encapsulated random bytes: a valid container around a stream nobody can decode."""
    instance = describe(Instance(syntax, **values), rows, columns, frames)
    content = [
        makers.random_bytes(makers.rng.randrange(100, 300) * 2) for _ in range(frames * fragments_per_frame)
    ]
    instance.put(0x7FE00010, "OB", Fragments(content))
    step = fragments_per_frame
    instance.frames = [b"".join(content[n : n + step]) for n in range(0, len(content), step)]
    return instance


def colour_array(rows=256, columns=256):
    """A colour picture that compresses: smooth, with some noise."""
    y, x = numpy.mgrid[0:rows, 0:columns]
    noise = (
        numpy.frombuffer(makers.random_bytes(rows * columns * 3), numpy.uint8).reshape(rows, columns, 3) % 8
    )
    return (numpy.dstack([x, y, (x + y) // 2]) % 248 + noise).astype(numpy.uint8)


def colour_ele(array=None, **values):
    """`E` of the conversion table: 256 x 256 RGB, Explicit VR Little Endian."""
    array = colour_array() if array is None else array
    instance = describe(Instance(**values), array.shape[0], array.shape[1], samples=3)
    instance.put(0x7FE00010, "OB", array.tobytes())
    instance.frames = [array.tobytes()]
    return instance


def colour_j2k(array=None, **values):
    """`J` of the conversion table: the same in JPEG 2000 lossless with component transform; `array` is the
    picture."""
    array = colour_array() if array is None else array
    instance = describe(Instance(makers.J2K_LOSSLESS, **values), array.shape[0], array.shape[1], samples=3)
    instance["PhotometricInterpretation"] = "YBR_RCT"
    stream = encode_image(array, "JPEG2000", irreversible=False, mct=1, no_jp2=True)
    instance.put(0x7FE00010, "OB", Fragments([stream]))
    instance.frames = [stream]
    instance.array = array
    return instance


def jpeg_baseline(rows=64, columns=64, frames=1, **values):
    """Grey JPEG baseline tiles that a decoder accepts, one fragment a frame."""
    instance = describe(Instance(makers.JPEG_BASELINE, **values), rows, columns, frames)
    streams = []
    for _ in range(frames):
        picture = numpy.frombuffer(makers.random_bytes(rows * columns), numpy.uint8).reshape(rows, columns)
        streams.append(encode_image(picture, "JPEG", quality=90))
    instance.put(0x7FE00010, "OB", Fragments(streams))
    instance.frames = streams
    return instance


def encode_image(array, kind, **options):
    """A compressed picture, padded to even length."""
    out = io.BytesIO()
    Image.fromarray(array).save(out, kind, **options)
    body = out.getvalue()
    return body + b"\0" * (len(body) % 2)


def decode_image(body):
    """Pixels of a JPEG, PNG, GIF or JPEG 2000 stream."""
    return numpy.array(Image.open(io.BytesIO(body)))


def encoding_of(data):
    """The transfer syntax that the first element of a file's data set (0008,xxxx) is in, whatever the label says;
    pydicom reads over a wrong one."""
    start = 144 + struct.unpack("<I", data[140:144])[0]
    if not data[start + 4 : start + 6].isalpha():
        return makers.IMPLICIT
    return makers.ELE if data[start] else makers.BIG_ENDIAN


def codestream_facts(stream):
    """Main header of a JPEG 2000 codestream: the fields that the byte-exact conversion fixes."""
    assert stream[:2] == b"\xff\x4f", "not a JPEG 2000 codestream"
    facts, position = {"markers": []}, 2
    while True:
        marker, length = struct.unpack(">HH", stream[position : position + 4])
        facts["markers"].append(marker)
        body = stream[position + 4 : position + 2 + length]
        if marker == 0xFF51:
            facts["rsiz"] = struct.unpack(">H", body[:2])[0]
        elif marker == 0xFF52:
            order, layers, transform, levels, width, height, style, wavelet = struct.unpack(
                ">BHBBBBBB", body[1:10]
            )
            facts.update(order=order, layers=layers, transform=transform, levels=levels)
            facts.update(block=(4 << width, 4 << height), style=style, wavelet=wavelet)
        elif marker == 0xFF5C:
            facts.update(guard_bits=body[0] >> 5, quantisation=body[0] & 31)
        elif marker == 0xFF90:
            facts["tile_part_markers"] = _tile_part_markers(stream, position + 2 + length)
            return facts
        position += 2 + length


def _tile_part_markers(stream, position):
    found = []
    while True:
        marker = struct.unpack(">H", stream[position : position + 2])[0]
        if marker == 0xFF93:
            return found
        found.append(marker)
        position += 2 + struct.unpack(">H", stream[position + 2 : position + 4])[0]


def parse(data):
    """A received file as a pydicom data set, file meta included; strict about the preamble."""
    import pydicom

    return pydicom.dcmread(io.BytesIO(data))


def received_frames(data):
    """Frames of a received file as stored: native slices, or joined fragments."""
    from pydicom.encaps import generate_frames

    dataset = parse(data)
    count = int(dataset.get("NumberOfFrames", 1) or 1)
    if dataset.file_meta.TransferSyntaxUID.is_encapsulated:
        return list(generate_frames(dataset.PixelData, number_of_frames=count))
    size = dataset.Rows * dataset.Columns * dataset.SamplesPerPixel * dataset.BitsAllocated // 8
    return [dataset.PixelData[n * size : (n + 1) * size] for n in range(count)]
