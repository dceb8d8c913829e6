#include "dicom/part10_writer.h"

#include <gtest/gtest.h>

#include "dicom/part10_reader.h"
#include "dicom/tags.h"
#include "dicom/test_file.h"
#include "dicom/transfer_syntax.h"

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;
using namespace test_file;

class StringSink : public ByteSink {
  public:
    Status write(ByteView bytes) override {
        text += as_text(bytes);
        return {};
    }
    std::string text;
};

const BulkProvider kNoBulk;

std::string written(const DataSet& meta, const DataSet& data_set, std::string_view syntax,
                    const BulkProvider& bulk = kNoBulk) {
    StringSink sink;
    const Status status = write_part10(meta, data_set, syntax, bulk, sink);
    EXPECT_TRUE(status.ok()) << (status ? "" : status.error().message);
    return sink.text;
}

DataSet sample() {
    DataSet data_set;
    data_set.set_text(tags::SOPClassUID, "1.2.3");
    data_set.set_text(tags::SOPInstanceUID, "1.2.3.4");
    data_set.set_text(tags::PatientName, "A^B");
    data_set.set({.tag = tags::Rows, .vr = Vr::US, .bytes = u16(7)});
    DataSet item;
    item.set_text(tags::StudyID, "9");
    data_set.set({.tag = tags::RequestAttributesSequence, .vr = Vr::SQ, .items = {item, DataSet{}}});
    data_set.set({.tag = {0x0040, 0xA730}, .vr = Vr::SQ});
    return data_set;
}

TEST(Part10Writer, WhatIsWrittenReadsBack) {
    for (const std::string_view syntax : {kExplicitVrLittleEndian, kImplicitVrLittleEndian}) {
        const std::string bytes = written({}, sample(), syntax);
        EXPECT_EQ(bytes.size() % 2, 0U);
        const auto object = read_part10(as_bytes(bytes));
        ASSERT_TRUE(object.ok()) << object.error().message;
        EXPECT_EQ(object->transfer_syntax, syntax);
        EXPECT_EQ(object->implicit_vr, syntax == kImplicitVrLittleEndian);
        EXPECT_EQ(object->meta.text(tags::MediaStorageSOPClassUID), "1.2.3");
        EXPECT_EQ(object->meta.text(tags::MediaStorageSOPInstanceUID), "1.2.3.4");
        EXPECT_EQ(object->meta.text(tags::ImplementationClassUID), kImplementationClassUid);
        EXPECT_EQ(object->meta.text(tags::ImplementationVersionName), kImplementationVersionName);
        EXPECT_EQ(object->data_set.find(tags::PatientName)->bytes, "A^B ");
        EXPECT_EQ(object->data_set.find(tags::SOPInstanceUID)->bytes, "1.2.3.4\0"s);
        EXPECT_EQ(object->data_set.integer(tags::Rows), 7);
        const Element* sequence = object->data_set.find(tags::RequestAttributesSequence);
        ASSERT_EQ(sequence->items.size(), 2U);
        EXPECT_EQ(sequence->items[0].text(tags::StudyID), "9");
        EXPECT_TRUE(sequence->items[1].empty());
        EXPECT_EQ(object->data_set.elements().size(), 6U);
    }
}

TEST(Part10Writer, GroupLengthCountsTheFileMeta) {
    const std::string bytes = written({}, sample(), kExplicitVrLittleEndian);
    const auto object = read_part10(as_bytes(bytes));
    ASSERT_TRUE(object.ok());
    EXPECT_EQ(bytes.substr(132, 12),
              explicit_element({0x0002, 0x0000}, "UL", u32(object->layout.data_set_offset - 144)));
}

TEST(Part10Writer, KeepsTheMetaItIsGiven) {
    DataSet meta;
    meta.set_text(tags::MediaStorageSOPInstanceUID, Vr::UI, "9.9");
    meta.set_text({0x0002, 0x0016}, Vr::AE, "ME");
    meta.set_text(tags::TransferSyntaxUID, Vr::UI, "1.2.840.10008.1.2");
    const auto object = read_part10(as_bytes(written(meta, sample(), kExplicitVrLittleEndian)));
    ASSERT_TRUE(object.ok());
    EXPECT_EQ(object->meta.text(tags::MediaStorageSOPInstanceUID), "9.9");
    EXPECT_EQ(object->meta.text({0x0002, 0x0016}), "ME");
    EXPECT_EQ(object->meta.text(tags::TransferSyntaxUID), kExplicitVrLittleEndian);
    EXPECT_EQ(object->meta.find(tags::ImplementationVersionName), nullptr);
}

TEST(Part10Writer, NativePixelDataComeFromTheProvider) {
    DataSet data_set = sample();
    data_set.set({.tag = tags::BitsAllocated, .vr = Vr::US, .bytes = u16(16)});
    data_set.set({.tag = tags::PixelData, .vr = Vr::OB, .bulk_uri = "7FE00010"});
    const BulkProvider two_parts =
        [](const Element& element) -> Result<std::vector<std::unique_ptr<ByteSource>>> {
        EXPECT_EQ(element.bulk_uri, "7FE00010");
        std::vector<std::unique_ptr<ByteSource>> sources;
        sources.push_back(make_string_source("abc"));
        sources.push_back(make_string_source("de"));
        return sources;
    };
    const std::string bytes = written({}, data_set, kExplicitVrLittleEndian, two_parts);
    EXPECT_TRUE(bytes.ends_with(explicit_element(tags::PixelData, "OW", "abcde\0"s)));
}

/// A sink that keeps sources for later, as the archive's does.
class KeepingSink : public ByteSink {
  public:
    Status write(ByteView) override { return {}; }
    Status take(std::unique_ptr<ByteSource> source) override {
        kept.push_back(std::move(source));
        return {};
    }
    std::vector<std::unique_ptr<ByteSource>> kept;
};

TEST(Part10Writer, ValuesByReferenceAreHandedOnUnread) {
    DataSet data_set = sample();
    data_set.set({.tag = tags::PixelData, .vr = Vr::OB, .bulk_uri = "x"});
    const BulkProvider bulk = [](const Element&) -> Result<std::vector<std::unique_ptr<ByteSource>>> {
        std::vector<std::unique_ptr<ByteSource>> sources;
        sources.push_back(make_string_source("abcd"));
        return sources;
    };
    for (const std::string_view syntax : {kExplicitVrLittleEndian, kRleLossless}) {
        KeepingSink sink;
        ASSERT_TRUE(write_part10({}, data_set, syntax, bulk, sink).ok());
        ASSERT_EQ(sink.kept.size(), 1U) << syntax;
        EXPECT_EQ(sink.kept.front()->remaining(), 4U);
    }
}

TEST(Part10Writer, EncapsulatedPixelDataHaveAnOffsetTable) {
    DataSet data_set = sample();
    data_set.set_text(tags::NumberOfFrames, "2");
    data_set.set({.tag = tags::PixelData, .vr = Vr::OW, .bulk_uri = "x"});
    const BulkProvider frames = [](const Element&) -> Result<std::vector<std::unique_ptr<ByteSource>>> {
        std::vector<std::unique_ptr<ByteSource>> sources;
        sources.push_back(make_string_source("abc"));
        sources.push_back(make_string_source("de"));
        return sources;
    };
    const std::string bytes = written({}, data_set, kRleLossless, frames);
    EXPECT_TRUE(bytes.ends_with(
        explicit_element(tags::PixelData, "OB",
                         item(u32(0) + u32(12)) + item("abc\0"s) + item("de") + sequence_end(), kUndefined)));
    const auto object = read_part10(as_bytes(bytes));
    ASSERT_TRUE(object.ok());
    EXPECT_EQ(object->layout.frames.kind, FrameTable::Kind::encapsulated);
    const auto second = object->layout.frames.ranges_of(2);
    ASSERT_EQ(second.size(), 1U);
    EXPECT_EQ(bytes.substr(second[0].offset, second[0].length), "de");
}

TEST(Part10Writer, LongValuesOfShortVrsBecomeUnknown) {
    DataSet data_set;
    data_set.set({.tag = {0x0028, 0x3006}, .vr = Vr::US, .bytes = std::string(70000, 'x')});
    data_set.set({.tag = {0x0028, 0x3010}, .vr = Vr::LT, .bytes = std::string(65534, 'y')});
    const std::string bytes = written({}, data_set, kExplicitVrLittleEndian);
    EXPECT_NE(bytes.find(tag_bytes({0x0028, 0x3006}) + "UN\0\0"s + u32(70000)), std::string::npos);
    EXPECT_NE(bytes.find(tag_bytes({0x0028, 0x3010}) + "LT" + u16(65534)), std::string::npos);
}

TEST(Part10Writer, NestedFragmentsStayFragments) {
    DataSet icon;
    icon.set({.tag = tags::PixelData, .vr = Vr::OB, .bytes = "abcd", .encapsulated = true});
    DataSet data_set;
    data_set.set({.tag = {0x0088, 0x0200}, .vr = Vr::SQ, .items = {icon}});
    const auto object = read_part10(as_bytes(written({}, data_set, kExplicitVrLittleEndian)));
    ASSERT_TRUE(object.ok()) << object.error().message;
    ASSERT_EQ(object->layout.bulk.size(), 1U);
    EXPECT_EQ(object->layout.bulk[0].path, "00880200/1/7FE00010");
    EXPECT_TRUE(object->layout.bulk[0].encapsulated);
}

TEST(Part10Writer, FailuresArePassedOn) {
    StringSink sink;
    DataSet data_set;
    data_set.set({.tag = tags::PixelData, .vr = Vr::OB, .bulk_uri = "x"});
    const BulkProvider none = [](const Element&) -> Result<std::vector<std::unique_ptr<ByteSource>>> {
        return fail(ErrorCode::not_found, "gone");
    };
    EXPECT_EQ(write_part10({}, data_set, kExplicitVrLittleEndian, none, sink).error().code,
              ErrorCode::not_found);
    EXPECT_EQ(write_part10({}, data_set, kExplicitVrBigEndian, none, sink).error().code,
              ErrorCode::unsupported);
    EXPECT_EQ(write_part10({}, data_set, kDeflatedExplicitVrLittleEndian, none, sink).error().code,
              ErrorCode::unsupported);
}

}  // namespace
}  // namespace isocenter::dicom
