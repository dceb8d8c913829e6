"""The "row check" of /v1 and /v2 searches: exactly the attributes of 6.4 that the stored file has, values
equal."""

from pydicom.datadict import tag_for_keyword

from support import dicomjson

STUDY, SERIES, INSTANCE = "study", "series", "instance"
DEFAULTS = {
    "v2": {
        STUDY: "StudyDate AccessionNumber ReferringPhysicianName StudyDescription PatientName PatientID PatientBirthDate "
        "StudyInstanceUID",
        SERIES: "Modality ManufacturerModelName SeriesInstanceUID PerformedProcedureStepStartDate",
        INSTANCE: "SOPInstanceUID",
    },
    "v1": {
        STUDY: "SpecificCharacterSet StudyDate StudyTime AccessionNumber InstanceAvailability ReferringPhysicianName "
        "TimezoneOffsetFromUTC PatientName PatientID PatientBirthDate PatientSex StudyInstanceUID StudyID",
        SERIES: "SpecificCharacterSet Modality TimezoneOffsetFromUTC SeriesDescription SeriesInstanceUID "
        "PerformedProcedureStepStartDate PerformedProcedureStepStartTime RequestAttributesSequence",
        INSTANCE: "SpecificCharacterSet SOPClassUID SOPInstanceUID InstanceAvailability TimezoneOffsetFromUTC "
        "InstanceNumber Rows Columns BitsAllocated NumberOfFrames",
    },
}


def tag(keyword):
    return f"{tag_for_keyword(keyword):08X}"


def expected(face, instance, levels, *more):
    """The row that this instance must give; `more` are keywords of filters, includes and path UIDs."""
    keywords = list(more)
    for level in levels:
        keywords += DEFAULTS[face.name][level].split()
    wanted = {tag(keyword) for keyword in keywords}
    stored = dicomjson.without_bulk(dicomjson.reference(instance.data))
    return {key: member for key, member in stored.items() if key in wanted}


def check(row, face, instance, levels, *more):
    found = dicomjson.difference(expected(face, instance, levels, *more), row)
    assert found is None, found


def of_study(rows, instance):
    return [row for row in rows if dicomjson.first(row, "0020000D") == instance.study]
