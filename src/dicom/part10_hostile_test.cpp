#include <gtest/gtest.h>

#include <random>

#include "dicom/part10_reader.h"
#include "dicom/tags.h"
#include "dicom/test_file.h"

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;
using namespace test_file;

Result<Part10Object> read(const std::string& data_set, ReaderLimits limits = {}) {
    return read_part10(as_bytes(file_of(kExplicitVrLittleEndian, data_set)), limits);
}

ErrorCode code_of(const std::string& data_set, ReaderLimits limits = {}) {
    const auto object = read(data_set, limits);
    return object ? ErrorCode::internal : object.error().code;
}

std::string nested(unsigned depth) {
    std::string out;
    for (unsigned i = 0; i < depth; ++i) {
        out += explicit_element({0x0040, 0xA730}, "SQ", "", kUndefined) + tag_bytes(tags::Item) +
               u32(kUndefined);
    }
    for (unsigned i = 0; i < depth; ++i)
        out += tag_bytes(tags::ItemDelimitationItem) + u32(0) + sequence_end();
    return out;
}

TEST(Part10Hostile, DepthIsBounded) {
    EXPECT_TRUE(read(nested(64)).ok());
    EXPECT_EQ(code_of(nested(65)), ErrorCode::malformed_dicom);
    EXPECT_EQ(code_of(nested(200000)), ErrorCode::malformed_dicom);
}

TEST(Part10Hostile, DepthOfUnknownValuesIsBounded) {
    std::string value;
    for (int i = 0; i < 200; ++i) {
        value = tag_bytes({0x0040, 0xA730}) + "UN\0\0"s + u32(value.size() + 8) + item(value);
    }
    const auto object = read(value);
    ASSERT_TRUE(object.ok());
    const DataSet* level = &object->data_set;
    unsigned depth = 0;
    while (!level->empty() && level->elements().front().vr == Vr::SQ) {
        level = &level->elements().front().items.at(0);
        ++depth;
    }
    EXPECT_EQ(depth, 64U) << "what is deeper stays an unknown value";
}

TEST(Part10Hostile, CountsAreBounded) {
    ReaderLimits limits;
    limits.elements = 10;
    std::string eleven;
    for (unsigned i = 0; i < 11; ++i)
        eleven += explicit_element({0x0010, static_cast<std::uint16_t>(i + 1)}, "LO", "");
    EXPECT_EQ(code_of(eleven, limits), ErrorCode::malformed_dicom);
    std::string items;
    for (unsigned i = 0; i < 11; ++i)
        items += item("");
    EXPECT_EQ(code_of(explicit_element({0x0040, 0xA730}, "SQ", items), limits), ErrorCode::malformed_dicom);
    limits = {};
    limits.fragments = 2;
    EXPECT_EQ(code_of(explicit_element(tags::PixelData, "OB", item("") + item("") + item("") + sequence_end(),
                                       kUndefined),
                      limits),
              ErrorCode::malformed_dicom);
}

TEST(Part10Hostile, HeldBytesAreBounded) {
    ReaderLimits limits;
    limits.held_value_bytes = 100;
    EXPECT_EQ(code_of(explicit_element({0x0010, 0x4000}, "LT", std::string(101, 'x')), limits),
              ErrorCode::too_large);
    EXPECT_TRUE(read(explicit_element({0x0010, 0x4000}, "LT", std::string(100, 'x')), limits).ok());
    limits = {};
    limits.total_held_bytes = 100000;
    std::string many;
    for (unsigned i = 0; i < 200; ++i) {
        many +=
            explicit_element({0x0009, static_cast<std::uint16_t>(0x1000 + i)}, "LT", std::string(1000, 'x'));
    }
    EXPECT_EQ(code_of(many, limits), ErrorCode::too_large);
}

TEST(Part10Hostile, DeclaredLengthsCostNothing) {
    const std::string claim = explicit_element({0x0010, 0x4000}, "UT", "x", 60U << 20U);
    const auto object = read(claim);
    ASSERT_FALSE(object.ok());
    EXPECT_NE(object.error().message.find("are missing"), std::string::npos);
    EXPECT_EQ(code_of(explicit_element({0x0010, 0x4000}, "UT", "x", 0xFFFFFFFE)), ErrorCode::too_large);
    EXPECT_EQ(code_of(explicit_element({0x0010, 0x4000}, "UT", "x", kUndefined)), ErrorCode::malformed_dicom);
    EXPECT_EQ(code_of(explicit_element(tags::PixelData, "OB",
                                       item("") + tag_bytes(tags::Item) + u32(kUndefined), kUndefined)),
              ErrorCode::malformed_dicom);
}

TEST(Part10Hostile, LengthsThatPassTheirContainer) {
    const std::string inner = explicit_element(tags::PatientID, "LO", "42", 4);
    EXPECT_EQ(code_of(explicit_element({0x0040, 0xA730}, "SQ", item(inner)) + "abcdefgh"),
              ErrorCode::malformed_dicom);
    const std::string long_item = tag_bytes(tags::Item) + u32(100);
    EXPECT_EQ(code_of(explicit_element({0x0040, 0xA730}, "SQ", long_item) + std::string(100, 'x')),
              ErrorCode::malformed_dicom);
    EXPECT_EQ(code_of(explicit_element({0x0040, 0xA730}, "SQ", "1234") + std::string(100, 'x')),
              ErrorCode::malformed_dicom);
    EXPECT_EQ(
        code_of(explicit_element({0x0040, 0xA730}, "SQ", explicit_element(tags::PatientID, "LO", "42"))),
        ErrorCode::malformed_dicom);
    EXPECT_EQ(code_of(item("")), ErrorCode::malformed_dicom);
}

TEST(Part10Hostile, StrayDelimitersArePassedOver) {
    const std::string item_end = tag_bytes(tags::ItemDelimitationItem) + u32(0);
    const auto object = read(explicit_element(tags::PatientName, "PN", "A ") + item_end + sequence_end() +
                             explicit_element(tags::PatientID, "LO", "42"));
    ASSERT_TRUE(object.ok());
    EXPECT_EQ(object->data_set.text(tags::PatientID), "42");
}

TEST(Part10Hostile, DescendingTagsCostNoQuadraticTime) {
    std::string data_set;
    for (unsigned i = 0xFFFF; i > 0x1000; --i) {
        data_set += explicit_element({0x0009, static_cast<std::uint16_t>(i)}, "LO", "x ");
    }
    const auto object = read(data_set);
    ASSERT_TRUE(object.ok());
    EXPECT_EQ(object->data_set.elements().size(), 0xFFFFU - 0x1000U);
    EXPECT_EQ(object->data_set.elements().front().tag.element, 0x1001);
}

std::string rich_file(std::string_view syntax) {
    return file_of(
        syntax,
        explicit_element(tags::SpecificCharacterSet, "CS", "ISO_IR 100") +
            explicit_element(
                {0x0040, 0xA730}, "SQ",
                open_item(explicit_element({0x0040, 0xA730}, "SQ",
                                           item(explicit_element(tags::PatientID, "LO", "42")))) +
                    sequence_end(),
                kUndefined) +
            explicit_element({0x0009, 0x1002}, "UN",
                             open_item(implicit_element(tags::PatientID, "42")) + sequence_end(),
                             kUndefined) +
            explicit_element(tags::RequestAttributesSequence, "UN",
                             item(implicit_element(tags::StudyID, "7 "))) +
            explicit_element(tags::NumberOfFrames, "IS", "2 ") + explicit_element(tags::Rows, "US", u16(1)) +
            explicit_element(tags::ExtendedOffsetTable, "OV", u64(0) + u64(10)) +
            explicit_element(tags::PixelData, "OB",
                             item(u32(0) + u32(10)) + item("ab") + item("cd") + sequence_end(), kUndefined));
}

TEST(Part10Hostile, EveryTruncationAndManyMutationsReadTheSameInEveryCutting) {
    const std::string good = rich_file("1.2.840.10008.1.2.4.50");
    ASSERT_TRUE(read_part10(as_bytes(good)).ok());
    for (std::size_t length = 0; length < good.size(); ++length) {
        const std::string cut = good.substr(0, length);
        EXPECT_EQ(dump(read_in_pieces(cut, 1, 0)), dump(read_part10(as_bytes(cut)))) << length;
    }
    std::mt19937 random(7);
    for (unsigned round = 0; round < 3000; ++round) {
        std::string mutated = good;
        for (unsigned i = 0; i <= round % 4; ++i) {
            mutated[132 + random() % (mutated.size() - 132)] = static_cast<char>(random() & 0xFFU);
        }
        const auto whole = read_part10(as_bytes(mutated));
        ASSERT_EQ(dump(read_in_pieces(mutated, 9, round)), dump(whole)) << round;
        if (whole) {
            EXPECT_EQ(*decode_layout(encode_layout(whole->layout)), whole->layout);
        }
    }
}

}  // namespace
}  // namespace isocenter::dicom
