"""Small DICOM files, made."""

import io

import pydicom
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import CTImageStorage, ExplicitVRLittleEndian, XRayRadiationDoseSRStorage, generate_uid


def new_uid():
    return generate_uid(prefix="2.25.")


def part10(data_set):
    """Bytes of the file."""
    data_set.file_meta = FileMetaDataset()
    data_set.file_meta.TransferSyntaxUID = ExplicitVRLittleEndian
    data_set.file_meta.MediaStorageSOPClassUID = data_set.SOPClassUID
    data_set.file_meta.MediaStorageSOPInstanceUID = data_set.SOPInstanceUID
    out = io.BytesIO()
    pydicom.dcmwrite(out, data_set, enforce_file_format=True)
    return out.getvalue()


def of_patient_and_study(study, series, instance):
    """What instances of every kind have."""
    made = Dataset()
    made.SOPInstanceUID = instance
    made.StudyInstanceUID = study
    made.SeriesInstanceUID = series
    made.PatientID = "LK-2207"
    made.PatientName = "van Dijk^Pieter Jan^Maria^Dr.^PhD"
    made.PatientSex = "M"
    made.PatientBirthDate = "19610412"
    made.StudyDate, made.StudyTime, made.TimezoneOffsetFromUTC = "20240229", "134501", "+0530"
    made.StudyDescription = "CT chest"
    made.AccessionNumber = "551"
    made.SeriesNumber, made.InstanceNumber = 1, 1
    return made


def override(data_set, attributes):
    """Sets attributes by keyword; None takes one away."""
    for keyword, value in attributes.items():
        if value is None:
            delattr(data_set, keyword)
        else:
            setattr(data_set, keyword, value)


def code(value, designator, meaning):
    item = Dataset()
    item.CodeValue, item.CodingSchemeDesignator, item.CodeMeaning = value, designator, meaning
    return item


def content_item(kind, concept):
    item = Dataset()
    item.RelationshipType = "CONTAINS"
    item.ValueType = kind
    item.ConceptNameCodeSequence = [code(*concept)]
    return item


def number(concept, value, unit):
    item = content_item("NUM", concept)
    measured = Dataset()
    measured.NumericValue = value
    measured.MeasurementUnitsCodeSequence = [code(unit, "UCUM", unit)]
    item.MeasuredValueSequence = [measured]
    return item


def make_dose_report(study, series, instance, event, **attributes):
    """Bytes of a CT dose report (TID 10011) with one irradiation event; attributes by keyword override."""
    report = of_patient_and_study(study, series, instance)
    report.SOPClassUID = XRayRadiationDoseSRStorage
    report.Modality = "SR"
    report.ContentDate, report.ContentTime = "20240229", "140000"
    report.ValueType, report.ContinuityOfContent = "CONTAINER", "SEPARATE"
    report.CompletionFlag, report.VerificationFlag = "COMPLETE", "UNVERIFIED"
    report.ConceptNameCodeSequence = [code("113701", "DCM", "X-Ray Radiation Dose Report")]
    total = content_item("CONTAINER", ("113811", "DCM", "CT Accumulated Dose Data"))
    total.ContentSequence = [number(("113813", "DCM", "CT Dose Length Product Total"), "412.5", "mGy.cm")]
    irradiation = content_item("CONTAINER", ("113819", "DCM", "CT Acquisition"))
    uid = content_item("UIDREF", ("113769", "DCM", "Irradiation Event UID"))
    uid.UID = event
    dose = content_item("CONTAINER", ("113829", "DCM", "CT Dose"))
    dose.ContentSequence = [number(("113830", "DCM", "Mean CTDIvol"), "11.25", "mGy")]
    irradiation.ContentSequence = [uid, dose]
    report.ContentSequence = [total, irradiation]
    override(report, attributes)
    return part10(report)


def make_image(study, series, instance, **attributes):
    """Bytes of a 2 x 2 CT image; attributes by keyword override."""
    image = of_patient_and_study(study, series, instance)
    image.SOPClassUID = CTImageStorage
    image.Modality = "CT"
    image.SeriesDescription = "axial"
    image.Rows = image.Columns = 2
    image.SamplesPerPixel, image.PhotometricInterpretation = 1, "MONOCHROME2"
    image.BitsAllocated = image.BitsStored = 16
    image.HighBit, image.PixelRepresentation = 15, 0
    image.PixelData = bytes(8)
    override(image, attributes)
    return part10(image)
