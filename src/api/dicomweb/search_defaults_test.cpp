#include <gtest/gtest.h>

#include <algorithm>

#include "api/dicomweb/test_query.h"
#include "dicom/tags.h"

namespace isocenter::api {
namespace {

using dicom::Tag;
namespace tags = dicom::tags;

TEST(SearchDefaults, StudiesNeedNoDocument) {
    EXPECT_FALSE(parse(standard(), "").request->query.want_document);
    EXPECT_FALSE(parse(standard(), "", SearchResource::all_series).request->query.want_document);
    EXPECT_FALSE(parse(compatible(false), "").request->query.want_document);
    EXPECT_FALSE(parse(compatible(false), "ModalitiesInStudy=CT&includefield=NumberOfStudyRelatedInstances")
                     .request->query.want_document);
    EXPECT_TRUE(parse(compatible(true), "").request->query.want_document);
    EXPECT_TRUE(parse(compatible(false), "includefield=StudyDescription,Rows").request->query.want_document);
}

TEST(SearchDefaults, EachVersionHasItsOwn) {
    const ReturnSet compact = parse(compatible(false), "", SearchResource::all_instances).request->return_set;
    EXPECT_FALSE(compact.has(tags::SOPClassUID));
    EXPECT_FALSE(compact.has(tags::BitsAllocated));
    EXPECT_TRUE(compact.has(tags::ManufacturerModelName));
    const ReturnSet broad = parse(compatible(true), "", SearchResource::all_instances).request->return_set;
    EXPECT_TRUE(broad.has(tags::SOPClassUID));
    EXPECT_TRUE(broad.has(tags::BitsAllocated));
    const ReturnSet series = parse(compatible(false), "", SearchResource::study_series).request->return_set;
    EXPECT_TRUE(series.has(tags::StudyInstanceUID));
    EXPECT_FALSE(series.has(tags::PatientID));
    const ReturnSet all = parse(compatible(false), "includefield=ALL").request->return_set;
    EXPECT_TRUE(all.has(Tag{0x0010, 0x2180}));
    EXPECT_FALSE(all.has(tags::NumberOfStudyRelatedInstances));
    EXPECT_TRUE(std::is_sorted(all.fields.begin(), all.fields.end(),
                               [](const auto& a, const auto& b) { return a.tag < b.tag; }));
}

}  // namespace
}  // namespace isocenter::api
