"""Small DICOM files, made."""

import io

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, generate_uid


def new_uid():
    return generate_uid(prefix="2.25.")


def make_image(study, series, instance, **attributes):
    """Bytes of a 2 x 2 CT image; attributes by keyword override."""
    image = Dataset()
    image.SOPClassUID = CTImageStorage
    image.SOPInstanceUID = instance
    image.StudyInstanceUID = study
    image.SeriesInstanceUID = series
    image.PatientID = "LK-2207"
    image.PatientName = "van Dijk^Pieter Jan^Maria^Dr.^PhD"
    image.PatientSex = "M"
    image.PatientBirthDate = "19610412"
    image.StudyDate, image.StudyTime, image.TimezoneOffsetFromUTC = "20240229", "134501", "+0530"
    image.StudyDescription = "CT chest"
    image.AccessionNumber = "551"
    image.Modality = "CT"
    image.SeriesNumber, image.InstanceNumber = 1, 1
    image.SeriesDescription = "axial"
    image.Rows = image.Columns = 2
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit, image.PixelRepresentation = 15, 0
    image.PixelData = bytes(8)
    for keyword, value in attributes.items():
        if value is None:
            delattr(image, keyword)
        else:
            setattr(image, keyword, value)
    image.file_meta = FileMetaDataset()
    image.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    image.file_meta.MediaStorageSOPClassUID = image.SOPClassUID
    image.file_meta.MediaStorageSOPInstanceUID = instance
    out = io.BytesIO()
    pydicom.dcmwrite(out, image, enforce_file_format=True)
    return out.getvalue()
