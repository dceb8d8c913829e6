#include <gtest/gtest.h>

#include "archive/sources.h"
#include "archive/test_archive.h"
#include "dicom/part10_reader.h"

namespace isocenter::archive {
namespace {

std::string text_of(Result<std::unique_ptr<ByteSource>> source) {
    if (!source) return std::string(to_string(source.error().code));
    auto text = read_all(**source, 1U << 28U);
    return text ? *text : std::string(to_string(text.error().code));
}

std::string pixels(std::size_t bytes) {
    std::string text(bytes, '\0');
    for (std::size_t i = 0; i < bytes; ++i)
        text[i] = static_cast<char>(i * 7 + i / 251);
    return text;
}

TEST(Retrieve, FramesOfANativeObject) {
    TestArchive test;
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    const std::string bytes = pixels(3UL * 64 * 50 * 2);
    set_pixels(data_set, 64, 50, 3, bytes);
    ASSERT_TRUE(test.store({to_part10(data_set)})[0].created);
    const auto location = *test.archive->locate(key_of("1.2", "1.3", "1.4"));
    for (std::uint32_t number = 1; number <= 3; ++number) {
        EXPECT_EQ(text_of(test.archive->open_frame(*location, number)),
                  bytes.substr((number - 1) * 6400, 6400));
    }
    EXPECT_EQ(text_of(test.archive->open_native_frame(*location, 2)), bytes.substr(6400, 6400));
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 0)), "out_of_range");
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 4)), "out_of_range");
    EXPECT_EQ(text_of(test.archive->open_bulk(*location, *dicom::find_bulk(location->layout, "7FE00010"))),
              bytes);
    EXPECT_EQ(dicom::find_bulk(location->layout, "00420011"), nullptr);
    const PixelDescription description = *test.archive->pixel_description(location->record);
    EXPECT_EQ(description.rows, 64U);
    EXPECT_EQ(description.columns, 50U);
    EXPECT_EQ(description.bits_allocated, 16U);
}

TEST(Retrieve, FramesBeyondTheEndOfThePixelDataAreMissing) {
    TestArchive test;
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    const std::string bytes = pixels(2UL * 6400 + 100);
    set_pixels(data_set, 64, 50, 3, bytes);
    ASSERT_TRUE(test.store({to_part10(data_set)})[0].created);
    const auto location = *test.archive->locate(key_of("1.2", "1.3", "1.4"));
    EXPECT_EQ(location->layout.frames.present(), 2U);
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 2)), bytes.substr(6400, 6400));
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 3)), "not_found");
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 4)), "out_of_range");
}

TEST(Retrieve, AnObjectWithoutPixelDataHasNoFrames) {
    TestArchive test;
    ASSERT_TRUE(test.store({to_part10(make_data_set("1.2", "1.3", "1.4"))})[0].created);
    const auto location = *test.archive->locate(key_of("1.2", "1.3", "1.4"));
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 1)), "not_found");
}

TEST(Retrieve, AMissingOrShortObjectIsCorrupt) {
    TestArchive test;
    ASSERT_TRUE(test.store({to_part10(make_data_set("1.2", "1.3", "1.4"))})[0].created);
    auto record = (*test.archive->locate(key_of("1.2", "1.3", "1.4")))->record;
    EXPECT_EQ(text_of(test.archive->open_object(record, ByteRange{record.size_bytes, 1})), "out_of_range");
    record.size_bytes += 1;
    EXPECT_EQ(text_of(test.archive->open_object(record)), "corrupt");
    ASSERT_TRUE(test.memory.remove(record.blob).ok());
    EXPECT_EQ(text_of(test.archive->open_object(record)), "corrupt");
}

TEST(Retrieve, AnObjectThatWasRemovedMeanwhileIsNoDamage) {
    TestArchive test;
    dicom::DataSet image = make_data_set("1.2", "1.3", "1.4");
    set_pixels(image, 2, 2, 1, std::string(8, 'x'));
    ASSERT_TRUE(test.store({to_part10(image)})[0].created);
    const auto location = *test.archive->locate(key_of("1.2", "1.3", "1.4"));
    const auto all = [&] {
        return std::vector{
            text_of(test.archive->open_object(location->record)),
            text_of(test.archive->open_frame(*location, 1)),
            text_of(test.archive->open_bulk(*location, *dicom::find_bulk(location->layout, "7FE00010"))),
            text_of(test.archive->open_as_explicit_little_endian(*location))};
    };
    ASSERT_TRUE(test.memory.remove(location->record.blob).ok());
    EXPECT_EQ(all(), std::vector<std::string>(4, "corrupt"));
    ASSERT_TRUE(test.archive->remove(key_of("1.2")).ok());
    EXPECT_EQ(all(), std::vector<std::string>(4, "changed"));
}

TEST(Retrieve, ImplicitVrBecomesExplicit) {
    TestArchive test;
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    const std::string bytes = pixels(400UL * 300 * 2);
    set_pixels(data_set, 400, 300, 1, bytes);
    const auto outcome = test.store({to_part10(data_set, dicom::kImplicitVrLittleEndian)})[0];
    ASSERT_TRUE(outcome.created);
    EXPECT_TRUE(outcome.implicit_vr);
    const auto location = *test.archive->locate(key_of("1.2", "1.3", "1.4"));
    const std::string converted = text_of(test.archive->open_as_explicit_little_endian(*location));
    EXPECT_EQ(converted, to_part10(data_set, dicom::kExplicitVrLittleEndian));
    const auto object = dicom::read_part10(as_bytes(converted));
    ASSERT_TRUE(object.ok());
    EXPECT_EQ(object->transfer_syntax, dicom::kExplicitVrLittleEndian);
}

TEST(Retrieve, NumbersThatAreNotFiniteCanBeFetchedAndSurviveConversion) {
    TestArchive test;
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    std::string numbers;
    for (int i = 0; i < 9000; ++i)
        numbers += std::string("\x01\0\0\0\0\0\xF8\x7F", 8);  // NaN, more of them than are fed unread
    data_set.set({.tag = {0x0018, 0x9310}, .vr = dicom::Vr::FD, .bytes = numbers});
    ASSERT_TRUE(test.store({to_part10(data_set, dicom::kImplicitVrLittleEndian)})[0].created);
    const auto location = *test.archive->locate(key_of("1.2", "1.3", "1.4"));
    EXPECT_EQ(text_of(test.archive->open_bulk(*location, *dicom::find_bulk(location->layout, "00189310"))),
              numbers);
    EXPECT_EQ(text_of(test.archive->open_as_explicit_little_endian(*location)),
              to_part10(data_set, dicom::kExplicitVrLittleEndian));
}

TEST(Sources, SwapsUnitsAndKeepsTheTail) {
    EXPECT_EQ(text_of(make_swapping_source(make_string_source("ABCDEFG"), 2)), "BADCFEG");
    EXPECT_EQ(text_of(make_swapping_source(make_string_source("ABCDEFGH"), 4)), "DCBAHGFE");
}

TEST(Sources, PartsAreCutOrCorrupt) {
    EXPECT_EQ(text_of(make_part_source(make_string_source("0123456789"), 3, 4)), "3456");
    EXPECT_EQ(text_of(make_part_source(make_string_source("0123456789"), 8, 4)), "corrupt");
    EXPECT_EQ(text_of(make_part_source(make_string_source("01"), 8, 1)), "corrupt");
}

TEST(Sources, BitsAreShiftedToTheFirstByte) {
    // Every offset and length against a bit by bit copy.
    const std::string bytes = pixels(12);
    for (unsigned offset = 0; offset < 8; ++offset) {
        for (std::uint64_t bits = 1; bits <= 80; ++bits) {
            std::string expected((bits + 7) / 8, '\0');
            for (std::uint64_t i = 0; i < bits; ++i) {
                const auto byte = static_cast<unsigned char>(bytes[(offset + i) / 8]);
                if ((byte >> ((offset + i) % 8) & 1U) == 0) continue;
                expected[i / 8] =
                    static_cast<char>(static_cast<unsigned char>(expected[i / 8]) | (1U << (i % 8)));
            }
            const std::string needed = bytes.substr(0, (offset + bits + 7) / 8);
            EXPECT_EQ(text_of(make_bit_source(make_string_source(needed), offset, bits)), expected)
                << offset << ' ' << bits;
        }
    }
}

}  // namespace
}  // namespace isocenter::archive
