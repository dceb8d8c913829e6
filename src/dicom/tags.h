#pragma once

#include "dicom/tag.h"

/// Tags that the code names, by their keyword in PS3.6.
namespace isocenter::dicom::tags {

inline constexpr Tag FileMetaInformationGroupLength{0x0002, 0x0000};
inline constexpr Tag FileMetaInformationVersion{0x0002, 0x0001};
inline constexpr Tag MediaStorageSOPClassUID{0x0002, 0x0002};
inline constexpr Tag MediaStorageSOPInstanceUID{0x0002, 0x0003};
inline constexpr Tag TransferSyntaxUID{0x0002, 0x0010};
inline constexpr Tag ImplementationClassUID{0x0002, 0x0012};
inline constexpr Tag ImplementationVersionName{0x0002, 0x0013};
inline constexpr Tag SpecificCharacterSet{0x0008, 0x0005};
inline constexpr Tag SOPClassUID{0x0008, 0x0016};
inline constexpr Tag SOPInstanceUID{0x0008, 0x0018};
inline constexpr Tag StudyDate{0x0008, 0x0020};
inline constexpr Tag SeriesDate{0x0008, 0x0021};
inline constexpr Tag AcquisitionDate{0x0008, 0x0022};
inline constexpr Tag ContentDate{0x0008, 0x0023};
inline constexpr Tag StudyTime{0x0008, 0x0030};
inline constexpr Tag SeriesTime{0x0008, 0x0031};
inline constexpr Tag AccessionNumber{0x0008, 0x0050};
inline constexpr Tag InstanceAvailability{0x0008, 0x0056};
inline constexpr Tag Modality{0x0008, 0x0060};
inline constexpr Tag ModalitiesInStudy{0x0008, 0x0061};
inline constexpr Tag SOPClassesInStudy{0x0008, 0x0062};
inline constexpr Tag InstitutionName{0x0008, 0x0080};
inline constexpr Tag ReferringPhysicianName{0x0008, 0x0090};
inline constexpr Tag TimezoneOffsetFromUTC{0x0008, 0x0201};
inline constexpr Tag StudyDescription{0x0008, 0x1030};
inline constexpr Tag SeriesDescription{0x0008, 0x103E};
inline constexpr Tag ManufacturerModelName{0x0008, 0x1090};
inline constexpr Tag RetrieveURL{0x0008, 0x1190};
inline constexpr Tag FailedSOPSequence{0x0008, 0x1198};
inline constexpr Tag ReferencedSOPSequence{0x0008, 0x1199};
inline constexpr Tag OtherFailuresSequence{0x0008, 0x119A};
inline constexpr Tag ReferencedSOPClassUID{0x0008, 0x1150};
inline constexpr Tag ReferencedSOPInstanceUID{0x0008, 0x1155};
inline constexpr Tag WarningReason{0x0008, 0x1196};
inline constexpr Tag FailureReason{0x0008, 0x1197};
inline constexpr Tag AvailableTransferSyntaxUID{0x0008, 0x3002};
inline constexpr Tag ErrorComment{0x0000, 0x0902};
inline constexpr Tag FailedAttributesSequence{0x0074, 0x1048};
inline constexpr Tag PatientName{0x0010, 0x0010};
inline constexpr Tag PatientID{0x0010, 0x0020};
inline constexpr Tag IssuerOfPatientID{0x0010, 0x0021};
inline constexpr Tag PatientBirthDate{0x0010, 0x0030};
inline constexpr Tag PatientSex{0x0010, 0x0040};
inline constexpr Tag BodyPartExamined{0x0018, 0x0015};
inline constexpr Tag StudyInstanceUID{0x0020, 0x000D};
inline constexpr Tag SeriesInstanceUID{0x0020, 0x000E};
inline constexpr Tag StudyID{0x0020, 0x0010};
inline constexpr Tag SeriesNumber{0x0020, 0x0011};
inline constexpr Tag InstanceNumber{0x0020, 0x0013};
inline constexpr Tag NumberOfStudyRelatedSeries{0x0020, 0x1206};
inline constexpr Tag NumberOfStudyRelatedInstances{0x0020, 0x1208};
inline constexpr Tag NumberOfSeriesRelatedInstances{0x0020, 0x1209};
inline constexpr Tag SamplesPerPixel{0x0028, 0x0002};
inline constexpr Tag PhotometricInterpretation{0x0028, 0x0004};
inline constexpr Tag PlanarConfiguration{0x0028, 0x0006};
inline constexpr Tag NumberOfFrames{0x0028, 0x0008};
inline constexpr Tag Rows{0x0028, 0x0010};
inline constexpr Tag Columns{0x0028, 0x0011};
inline constexpr Tag BitsAllocated{0x0028, 0x0100};
inline constexpr Tag BitsStored{0x0028, 0x0101};
inline constexpr Tag HighBit{0x0028, 0x0102};
inline constexpr Tag PixelRepresentation{0x0028, 0x0103};
inline constexpr Tag ScheduledProcedureStepID{0x0040, 0x0009};
inline constexpr Tag PerformedProcedureStepStartDate{0x0040, 0x0244};
inline constexpr Tag PerformedProcedureStepStartTime{0x0040, 0x0245};
inline constexpr Tag RequestAttributesSequence{0x0040, 0x0275};
inline constexpr Tag RequestedProcedureID{0x0040, 0x1001};
inline constexpr Tag EncapsulatedDocument{0x0042, 0x0011};
inline constexpr Tag MIMETypeOfEncapsulatedDocument{0x0042, 0x0012};
inline constexpr Tag WaveformSequence{0x5400, 0x0100};
inline constexpr Tag WaveformData{0x5400, 0x1010};
inline constexpr Tag ExtendedOffsetTable{0x7FE0, 0x0001};
inline constexpr Tag ExtendedOffsetTableLengths{0x7FE0, 0x0002};
inline constexpr Tag FloatPixelData{0x7FE0, 0x0008};
inline constexpr Tag DoubleFloatPixelData{0x7FE0, 0x0009};
inline constexpr Tag PixelData{0x7FE0, 0x0010};
inline constexpr Tag Item{0xFFFE, 0xE000};
inline constexpr Tag ItemDelimitationItem{0xFFFE, 0xE00D};
inline constexpr Tag SequenceDelimitationItem{0xFFFE, 0xE0DD};
inline constexpr Tag DataSetTrailingPadding{0xFFFC, 0xFFFC};

}  // namespace isocenter::dicom::tags
