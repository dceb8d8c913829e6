#include "api/dicomweb/return_set.h"

#include <algorithm>
#include <array>
#include <span>

#include "dicom/tags.h"

namespace isocenter::api {
namespace {

using dicom::Level;
using dicom::Tag;
namespace tags = dicom::tags;

// Attributes of the Patient, General Study, Patient Study, Clinical Trial Subject and Study modules (PS3.3
// C.7.1, C.7.2) and what a search adds to them. Ascending.
constexpr std::array kStudyLevel{
    Tag{0x0008, 0x0005}, Tag{0x0008, 0x0020}, Tag{0x0008, 0x0030}, Tag{0x0008, 0x0050}, Tag{0x0008, 0x0051},
    Tag{0x0008, 0x0056}, Tag{0x0008, 0x0061}, Tag{0x0008, 0x0062}, Tag{0x0008, 0x0063}, Tag{0x0008, 0x0090},
    Tag{0x0008, 0x0096}, Tag{0x0008, 0x009C}, Tag{0x0008, 0x009D}, Tag{0x0008, 0x0201}, Tag{0x0008, 0x1030},
    Tag{0x0008, 0x1032}, Tag{0x0008, 0x1048}, Tag{0x0008, 0x1049}, Tag{0x0008, 0x1060}, Tag{0x0008, 0x1062},
    Tag{0x0008, 0x1080}, Tag{0x0008, 0x1084}, Tag{0x0008, 0x1110}, Tag{0x0008, 0x1120}, Tag{0x0008, 0x1190},
    Tag{0x0010, 0x0010}, Tag{0x0010, 0x0020}, Tag{0x0010, 0x0021}, Tag{0x0010, 0x0022}, Tag{0x0010, 0x0024},
    Tag{0x0010, 0x0026}, Tag{0x0010, 0x0027}, Tag{0x0010, 0x0030}, Tag{0x0010, 0x0032}, Tag{0x0010, 0x0033},
    Tag{0x0010, 0x0034}, Tag{0x0010, 0x0035}, Tag{0x0010, 0x0040}, Tag{0x0010, 0x0200}, Tag{0x0010, 0x0212},
    Tag{0x0010, 0x0213}, Tag{0x0010, 0x0214}, Tag{0x0010, 0x0215}, Tag{0x0010, 0x0216}, Tag{0x0010, 0x0217},
    Tag{0x0010, 0x0218}, Tag{0x0010, 0x0219}, Tag{0x0010, 0x0221}, Tag{0x0010, 0x1000}, Tag{0x0010, 0x1001},
    Tag{0x0010, 0x1002}, Tag{0x0010, 0x1005}, Tag{0x0010, 0x1010}, Tag{0x0010, 0x1020}, Tag{0x0010, 0x1021},
    Tag{0x0010, 0x1022}, Tag{0x0010, 0x1023}, Tag{0x0010, 0x1024}, Tag{0x0010, 0x1030}, Tag{0x0010, 0x1060},
    Tag{0x0010, 0x1100}, Tag{0x0010, 0x2000}, Tag{0x0010, 0x2110}, Tag{0x0010, 0x2160}, Tag{0x0010, 0x2180},
    Tag{0x0010, 0x21A0}, Tag{0x0010, 0x21B0}, Tag{0x0010, 0x21C0}, Tag{0x0010, 0x21D0}, Tag{0x0010, 0x21F0},
    Tag{0x0010, 0x2201}, Tag{0x0010, 0x2202}, Tag{0x0010, 0x2203}, Tag{0x0010, 0x2292}, Tag{0x0010, 0x2293},
    Tag{0x0010, 0x2294}, Tag{0x0010, 0x2295}, Tag{0x0010, 0x2296}, Tag{0x0010, 0x2297}, Tag{0x0010, 0x2298},
    Tag{0x0010, 0x2299}, Tag{0x0010, 0x4000}, Tag{0x0012, 0x0010}, Tag{0x0012, 0x0020}, Tag{0x0012, 0x0021},
    Tag{0x0012, 0x0030}, Tag{0x0012, 0x0031}, Tag{0x0012, 0x0040}, Tag{0x0012, 0x0042}, Tag{0x0012, 0x0050},
    Tag{0x0012, 0x0051}, Tag{0x0012, 0x0052}, Tag{0x0012, 0x0062}, Tag{0x0012, 0x0063}, Tag{0x0012, 0x0064},
    Tag{0x0020, 0x000D}, Tag{0x0020, 0x0010}, Tag{0x0020, 0x1206}, Tag{0x0020, 0x1208}, Tag{0x0032, 0x1033},
    Tag{0x0032, 0x1034}, Tag{0x0032, 0x1064}, Tag{0x0038, 0x0010}, Tag{0x0038, 0x0060}, Tag{0x0038, 0x0062},
    Tag{0x0038, 0x0500}, Tag{0x0040, 0x1012},
};

// General Series, Clinical Trial Series, General Equipment and Frame of Reference modules (PS3.3 C.7.3,
// C.7.4, C.7.5). Ascending.
constexpr std::array kSeriesLevel{
    Tag{0x0008, 0x0021}, Tag{0x0008, 0x0031}, Tag{0x0008, 0x0060}, Tag{0x0008, 0x0064}, Tag{0x0008, 0x0068},
    Tag{0x0008, 0x0070}, Tag{0x0008, 0x0080}, Tag{0x0008, 0x0081}, Tag{0x0008, 0x1010}, Tag{0x0008, 0x103E},
    Tag{0x0008, 0x103F}, Tag{0x0008, 0x1040}, Tag{0x0008, 0x1041}, Tag{0x0008, 0x1050}, Tag{0x0008, 0x1052},
    Tag{0x0008, 0x1070}, Tag{0x0008, 0x1072}, Tag{0x0008, 0x1090}, Tag{0x0008, 0x1111}, Tag{0x0008, 0x1250},
    Tag{0x0010, 0x2210}, Tag{0x0012, 0x0060}, Tag{0x0012, 0x0071}, Tag{0x0012, 0x0072}, Tag{0x0018, 0x0015},
    Tag{0x0018, 0x0026}, Tag{0x0018, 0x1000}, Tag{0x0018, 0x1002}, Tag{0x0018, 0x1020}, Tag{0x0018, 0x1030},
    Tag{0x0018, 0x5100}, Tag{0x0020, 0x000E}, Tag{0x0020, 0x0011}, Tag{0x0020, 0x0052}, Tag{0x0020, 0x0060},
    Tag{0x0020, 0x1040}, Tag{0x0020, 0x1209}, Tag{0x0028, 0x0108}, Tag{0x0028, 0x0109}, Tag{0x0040, 0x0244},
    Tag{0x0040, 0x0245}, Tag{0x0040, 0x0250}, Tag{0x0040, 0x0251}, Tag{0x0040, 0x0253}, Tag{0x0040, 0x0254},
    Tag{0x0040, 0x0260}, Tag{0x0040, 0x0275}, Tag{0x0040, 0x0280}, Tag{0x0040, 0x0555},
};

// standard-face.md 5.3: R and U ...
constexpr std::array kStandardStudyRequired{
    tags::StudyDate,
    tags::StudyTime,
    tags::AccessionNumber,
    tags::ModalitiesInStudy,
    tags::ReferringPhysicianName,
    tags::PatientName,
    tags::PatientID,
    tags::PatientBirthDate,
    tags::PatientSex,
    tags::StudyInstanceUID,
    tags::StudyID,
    tags::NumberOfStudyRelatedSeries,
    tags::NumberOfStudyRelatedInstances,
};
constexpr std::array kStandardSeriesRequired{
    tags::Modality,
    tags::SeriesInstanceUID,
    tags::SeriesNumber,
    tags::NumberOfSeriesRelatedInstances,
};
constexpr std::array kStandardInstanceRequired{tags::SOPClassUID, tags::SOPInstanceUID, tags::InstanceNumber};
// ... and C.
constexpr std::array kStandardStudyKnown{tags::InstanceAvailability, tags::TimezoneOffsetFromUTC,
                                         tags::RetrieveURL};
constexpr std::array kStandardSeriesKnown{
    tags::TimezoneOffsetFromUTC,           tags::SeriesDescription,
    tags::PerformedProcedureStepStartDate, tags::PerformedProcedureStepStartTime,
    tags::RequestAttributesSequence,       tags::RetrieveURL,
};
constexpr std::array kStandardInstanceKnown{
    tags::InstanceAvailability, tags::TimezoneOffsetFromUTC, tags::Rows,        tags::Columns,
    tags::BitsAllocated,        tags::NumberOfFrames,        tags::RetrieveURL,
};

// dicomweb.md 6.4.
constexpr std::array kCompactStudy{
    tags::StudyDate,   tags::AccessionNumber, tags::ReferringPhysicianName, tags::StudyDescription,
    tags::PatientName, tags::PatientID,       tags::PatientBirthDate,       tags::StudyInstanceUID,
};
constexpr std::array kCompactSeries{
    tags::Modality,
    tags::ManufacturerModelName,
    tags::SeriesInstanceUID,
    tags::PerformedProcedureStepStartDate,
};
constexpr std::array kCompactInstance{tags::SOPInstanceUID};
constexpr std::array kBroadStudy{
    tags::SpecificCharacterSet,
    tags::StudyDate,
    tags::StudyTime,
    tags::AccessionNumber,
    tags::InstanceAvailability,
    tags::ReferringPhysicianName,
    tags::TimezoneOffsetFromUTC,
    tags::PatientName,
    tags::PatientID,
    tags::PatientBirthDate,
    tags::PatientSex,
    tags::StudyInstanceUID,
    tags::StudyID,
};
constexpr std::array kBroadSeries{
    tags::SpecificCharacterSet,
    tags::Modality,
    tags::TimezoneOffsetFromUTC,
    tags::SeriesDescription,
    tags::SeriesInstanceUID,
    tags::PerformedProcedureStepStartDate,
    tags::PerformedProcedureStepStartTime,
    tags::RequestAttributesSequence,
};
constexpr std::array kBroadInstance{
    tags::SpecificCharacterSet,  tags::SOPClassUID,    tags::SOPInstanceUID, tags::InstanceAvailability,
    tags::TimezoneOffsetFromUTC, tags::InstanceNumber, tags::Rows,           tags::Columns,
    tags::BitsAllocated,         tags::NumberOfFrames,
};
constexpr std::array kAllStudy{
    tags::StudyDescription, Tag{0x0008, 0x0063}, Tag{0x0008, 0x1032}, Tag{0x0008, 0x1060},
    Tag{0x0008, 0x1080},    Tag{0x0008, 0x1110}, Tag{0x0010, 0x1010}, Tag{0x0010, 0x1020},
    Tag{0x0010, 0x1030},    Tag{0x0010, 0x2180}, Tag{0x0010, 0x21B0},
};
constexpr std::array kAllSeries{tags::SeriesNumber, Tag{0x0020, 0x0060}, tags::SeriesDate, tags::SeriesTime};

void add_all(ReturnSet& set, std::span<const Tag> list, bool required, bool whole = false) {
    for (const Tag tag : list)
        set.add({tag, required, whole});
}

/// Where `tag` stands, or would stand, among fields in ascending order.
template <class Fields>
auto place_of(Fields& fields, Tag tag) {
    return std::lower_bound(fields.begin(), fields.end(), tag,
                            [](const ReturnField& field, Tag wanted) { return field.tag < wanted; });
}

struct LevelTags {
    std::span<const Tag> required;
    std::span<const Tag> known;
    std::span<const Tag> compact;
    std::span<const Tag> broad;
    std::span<const Tag> all;
};

LevelTags tags_of(Level level) {
    switch (level) {
        case Level::study:
            return {kStandardStudyRequired, kStandardStudyKnown, kCompactStudy, kBroadStudy, kAllStudy};
        case Level::series:
            return {kStandardSeriesRequired, kStandardSeriesKnown, kCompactSeries, kBroadSeries, kAllSeries};
        case Level::instance:
            break;
    }
    return {kStandardInstanceRequired, kStandardInstanceKnown, kCompactInstance, kBroadInstance, {}};
}

/// What the index row knows of an attribute at `level` or above.
bool in_index(Tag tag, Level level) {
    if (tag == tags::RequestAttributesSequence) return level != Level::study;
    return dicom::is_in_row(tag, level);
}

/// Attributes that a standard row computes.
bool computed_always(Tag tag) {
    return tag == tags::SpecificCharacterSet || tag == tags::InstanceAvailability ||
           tag == tags::RetrieveURL || tag == tags::AvailableTransferSyntaxUID;
}

}  // namespace

Level row_level(SearchResource resource) {
    switch (resource) {
        case SearchResource::studies:
            return Level::study;
        case SearchResource::all_series:
        case SearchResource::study_series:
            return Level::series;
        case SearchResource::all_instances:
        case SearchResource::study_instances:
        case SearchResource::series_instances:
            break;
    }
    return Level::instance;
}

bool covers_level(SearchResource resource, Level level) {
    switch (level) {
        case Level::study:
            return resource == SearchResource::studies || resource == SearchResource::all_series ||
                   resource == SearchResource::all_instances;
        case Level::series:
            return resource != SearchResource::studies && resource != SearchResource::series_instances;
        case Level::instance:
            break;
    }
    return row_level(resource) == Level::instance;
}

Level level_of(Tag tag) {
    if (std::binary_search(kStudyLevel.begin(), kStudyLevel.end(), tag)) return Level::study;
    if (std::binary_search(kSeriesLevel.begin(), kSeriesLevel.end(), tag)) return Level::series;
    return Level::instance;
}

void ReturnSet::add(ReturnField field) {
    const auto at = place_of(fields, field.tag);
    if (at == fields.end() || at->tag != field.tag) {
        fields.insert(at, field);
        return;
    }
    at->required = at->required || field.required;
    at->whole = at->whole || field.whole;
}

bool ReturnSet::has(Tag tag) const {
    const auto at = place_of(fields, tag);
    return at != fields.end() && at->tag == tag;
}

ReturnSet default_return_set(const Profile& profile, SearchResource resource, bool all) {
    ReturnSet set;
    for (const Level level : {Level::study, Level::series, Level::instance}) {
        if (!covers_level(resource, level)) continue;
        const LevelTags lists = tags_of(level);
        if (profile.standard) {
            add_all(set, lists.required, true);
            add_all(set, lists.known, false);
            continue;
        }
        // `all` lacks ManufacturerModelName in the reference; the union gives it (dicomweb.md 6.4).
        if (!profile.broad_search_defaults || all) add_all(set, lists.compact, false);
        if (profile.broad_search_defaults || all) add_all(set, lists.broad, false);
        if (all) add_all(set, lists.all, false);
    }
    if (!profile.standard) return set;
    set.add({tags::SpecificCharacterSet, true, false});
    const Level level = row_level(resource);
    set.add({tags::StudyInstanceUID, true, false});
    if (level != Level::study) set.add({tags::SeriesInstanceUID, true, false});
    if (!all) return set;
    if (level == Level::instance) {
        set.whole_document = true;
        return set;
    }
    add_all(set, kStudyLevel, false, true);
    if (level == Level::series) add_all(set, kSeriesLevel, false, true);
    return set;
}

bool needs_document(const Profile& profile, Level level, const ReturnSet& set) {
    if (set.whole_document) return true;
    return std::any_of(set.fields.begin(), set.fields.end(), [&](const ReturnField& field) {
        if (profile.standard) {
            if (computed_always(field.tag)) return false;
            if (field.tag == tags::RequestAttributesSequence) return field.whole;
            return !in_index(field.tag, level);
        }
        // An instance's row shows its own values, which may differ from those of its study (dicomweb.md 6.6).
        if (level == Level::instance) {
            return field.tag != tags::SOPInstanceUID && field.tag != tags::StudyInstanceUID &&
                   field.tag != tags::SeriesInstanceUID;
        }
        return field.tag == tags::RequestAttributesSequence || !in_index(field.tag, level);
    });
}

}  // namespace isocenter::api
