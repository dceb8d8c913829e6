"""Where a toolkit differs from us, and why the standard is with us. Every row must be met by a real difference."""

import fnmatch
import re
from dataclasses import dataclass


@dataclass(frozen=True)
class Row:
    files: str  # fnmatch pattern of the file's name
    tags: str  # regular expression that a path matches as a whole
    reason: str
    extra: bool = False  # concerns only files of TEST_ISOCENTER_EXTRA_DATA

    def covers(self, name: str, tag: str) -> bool:
        return fnmatch.fnmatch(name, self.files) and re.fullmatch(self.tags, tag) is not None


_BIG_ENDIAN = "PS3.18 F.2.7: InlineBinary and bulk data are little endian; pydicom gives the bytes as stored"
_BLANKS = "PS3.5 6.2: trailing blanks of every CS value are insignificant; pydicom strips the last value's only"
_ENCAPSULATED = "PS3.5 A.4: encapsulated pixel data is OB; these files say OW and pydicom keeps it"
_PRIVATE = "PS3.5 6.2.2: private attributes of implicit VR are UN unless a private dictionary tells; pydicom has one"
_CREATOR = "the file says UN and we keep it; PS3.5 7.8.1 lets pydicom read creators as LO"

PYDICOM = [
    Row("charset_files/chr*Multi*.dcm", "0019....", _PRIVATE),
    Row("test_files/693_J2KI.dcm", "00080008", _BLANKS),
    Row("test_files/SC_rgb_gdcm_KY.dcm", "00080008", _BLANKS),
    Row("test_files/SC_rgb_jpeg_lossy_gdcm.dcm", "00080008", _BLANKS),
    Row("test_files/J2K_pixelrep_mismatch.dcm", "00(09|19)00..", _CREATOR),
    Row("test_files/MR_small_bigendian.dcm", "7FE00010", _BIG_ENDIAN),
    Row("test_files/MR_small_expb.dcm", "7FE00010", _BIG_ENDIAN),
    Row("test_files/SC_rgb_small_odd_big_endian.dcm", "7FE00010", _BIG_ENDIAN),
    Row("test_files/rtdose_expb*.dcm", "7FE00010", _BIG_ENDIAN),
    Row("test_files/693_J2KI.dcm", "7FE00010", _ENCAPSULATED),
    Row("test_files/MR_small_jp2klossless.dcm", "7FE00010", _ENCAPSULATED),
    Row("test_files/MR_small_jpeg_ls_lossless.dcm", "7FE00010", _ENCAPSULATED),
    Row("test_files/SC_rgb_rle_16bit*.dcm", "7FE00010", _ENCAPSULATED),
    Row("test_files/rtdose_rle*.dcm", "7FE00010", _ENCAPSULATED),
    Row("test_files/badVR.dcm", "00280008|300C0002.*", "an IS that is no number makes pydicom leave out what it cannot convert"),
    Row("pydicom-data/693_UNCI.dcm", "00080008", _BLANKS, extra=True),
    Row("pydicom-data/SC_rgb_gdcm2k_uncompressed.dcm", "00080008", _BLANKS, extra=True),
    Row("pydicom-data/OBXXXX1A_expb*.dcm", "0028120.|7FE00010", _BIG_ENDIAN, extra=True),
    Row("pydicom-data/emri_small_jpeg*_lossless.dcm", "7FE00010", _ENCAPSULATED, extra=True),
    Row("pydicom-data/explicit_VR-UN.dcm", "7FE00010", _ENCAPSULATED, extra=True),
    Row("pydicom-data/emri_small_big_endian.dcm", "7FE00010", _BIG_ENDIAN, extra=True),
    Row("pydicom-data/gdcm-US-ALOKA-16_big.dcm", "0028122.|7FE00010", _BIG_ENDIAN, extra=True),
]

DCMTK = [
    Row("*", "00080005", "dcm2json has converted to UTF-8 and says so; our stored form keeps the term for the faces"),
    Row("*", "00080090|00100010", "PS3.5 6.2.1 lets dcm2json drop trailing '^'; dicomweb.md section 3 keeps them"),
    Row("charset_files/chrSQEncoding.dcm", "00321064/1/00100010", "dcm2json does not convert an item's own character set"),
    Row("*/CT2*", "0027104[56]", "dcm2json writes the float -0 as 0"),
    Row("test_files/examples_palette.dcm", "00186011/1/0018602[CE]", "dcm2json's text does not read back to the same double"),
    Row("pydicom-data/OBXXXX1A*.dcm", "00186011/1/0018602[CE]", "the same", extra=True),
    Row("test_files/*", "00010001/1/00010002", "DCMTK pads an odd value that the file holds as it is"),
]

REFUSED = {
    "test_files/MR_truncated.dcm": "the file ends inside a value",
    "test_files/rtplan_truncated.dcm": "the file ends inside a value",
    "test_files/dicomdirtests/DICOMDIR-nooffset": "an item is longer than its sequence and the file",
}

# The same for files of TEST_ISOCENTER_EXTRA_DATA.
EXTRA_REFUSED = {
    "pydicom-data/emri_small_jpeg_2k_lossless_too_short.dcm": "the file ends before the delimiter of its pixel data; pydicom reads an empty data set",
}
