#include <gtest/gtest.h>

#include <algorithm>

#include "archive/test_archive.h"
#include "dicom/part10_reader.h"

namespace isocenter::archive {
namespace {

namespace tags = dicom::tags;

std::string text_of(Result<std::unique_ptr<ByteSource>> source) {
    if (!source) return std::string(to_string(source.error().code));
    auto text = read_all(**source, 1U << 28U);
    return text ? *text : std::string(to_string(text.error().code)) + ": " + text.error().message;
}

void put(std::string& out, std::uint64_t value, std::size_t bytes, bool big_endian = false) {
    for (std::size_t i = 0; i < bytes; ++i) {
        out.push_back(static_cast<char>(value >> (8 * (big_endian ? bytes - 1 - i : i))));
    }
}

/// Preamble and a file meta group that names the transfer syntax.
std::string make_head(std::string_view transfer_syntax) {
    std::string uid(transfer_syntax);
    if (uid.size() % 2 != 0) uid.push_back('\0');
    std::string meta;
    put(meta, 0x00100002, 4);
    meta += "UI";
    put(meta, uid.size(), 2);
    meta += uid;
    std::string head(128, '\0');
    head += "DICM";
    put(head, 0x00000002, 4);
    head += "UL";
    put(head, 4, 2);
    put(head, meta.size(), 4);
    return head + meta;
}

/// The data set's bytes in explicit VR little endian.
std::string body_of(const dicom::DataSet& data_set) {
    const std::string file = to_part10(data_set);
    return file.substr(dicom::read_part10(as_bytes(file))->layout.data_set_offset);
}

/// Explicit VR big endian; no sequences.
std::string big_endian_body(const dicom::DataSet& data_set) {
    std::string body;
    for (const dicom::Element& element : data_set.elements()) {
        std::string value = element.bytes;
        if (value.size() % 2 != 0) value.push_back(element.vr == dicom::Vr::UI ? '\0' : ' ');
        const std::size_t unit = dicom::unit_bytes(element.vr);
        for (std::size_t i = 0; i + unit <= value.size(); i += unit) {
            std::reverse(value.begin() + static_cast<std::ptrdiff_t>(i),
                         value.begin() + static_cast<std::ptrdiff_t>(i + unit));
        }
        put(body, element.tag.group, 2, true);
        put(body, element.tag.element, 2, true);
        body += dicom::to_string(element.vr);
        if (dicom::has_long_length(element.vr)) {
            put(body, 0, 2);
            put(body, value.size(), 4, true);
        } else {
            put(body, value.size(), 2, true);
        }
        body += value;
    }
    return body;
}

/// A raw deflate stream of stored blocks (RFC 1951 3.2.4).
std::string deflate_stored(const std::string& text) {
    std::string out;
    for (std::size_t at = 0; at < text.size(); at += 60'000) {
        const std::string block = text.substr(at, 60'000);
        out.push_back(at + 60'000 >= text.size() ? '\1' : '\0');
        put(out, block.size(), 2);
        put(out, ~block.size(), 2);
        out += block;
    }
    return out;
}

/// Encapsulated pixel data with an empty basic offset table.
std::string encapsulate(const std::vector<std::string>& fragments) {
    std::string out;
    put(out, 0x00107FE0, 4);
    out += "OB";
    put(out, 0, 2);
    put(out, 0xFFFFFFFF, 4);
    put(out, 0xE000FFFE, 4);
    put(out, 0, 4);
    for (const std::string& fragment : fragments) {
        put(out, 0xE000FFFE, 4);
        put(out, fragment.size(), 4);
        out += fragment;
    }
    put(out, 0xE0DDFFFE, 4);
    put(out, 0, 4);
    return out;
}

dicom::DataSet with_pixels(std::uint16_t rows, std::uint16_t columns, int frames) {
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    std::string bytes(static_cast<std::size_t>(frames) * rows * columns * 2, '\0');
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(i * 13 + i / 255);
    set_pixels(data_set, rows, columns, frames, bytes);
    return data_set;
}

class ConvertTest : public ::testing::Test {
  protected:
    std::shared_ptr<const Location> stored(const std::string& object) {
        const auto outcome = test.store({object})[0];
        EXPECT_TRUE(outcome.created) << outcome.message;
        return *test.archive->locate(key_of("1.2", "1.3", "1.4"));
    }
    void expect_all_of(const dicom::DataSet& data_set, const Location& location) {
        const std::string& bytes = data_set.find(tags::PixelData)->bytes;
        const std::size_t frame = bytes.size() / 3;
        for (std::uint32_t number = 1; number <= 3; ++number) {
            EXPECT_EQ(text_of(test.archive->open_frame(location, number)),
                      bytes.substr((number - 1) * frame, frame));
        }
        EXPECT_EQ(text_of(test.archive->open_bulk(location, *dicom::find_bulk(location.layout, "7FE00010"))),
                  bytes);
        const std::string converted = text_of(test.archive->open_as_explicit_little_endian(location));
        const auto object = dicom::read_part10(as_bytes(converted));
        ASSERT_TRUE(object.ok()) << converted.substr(0, 100);
        EXPECT_EQ(object->transfer_syntax, dicom::kExplicitVrLittleEndian);
        EXPECT_EQ(converted.substr(object->layout.data_set_offset), body_of(data_set));
    }
    TestArchive test;
};

TEST_F(ConvertTest, BigEndianValuesComeOutLittleEndian) {
    const dicom::DataSet data_set = with_pixels(201, 151, 3);
    const auto location = stored(make_head(dicom::kExplicitVrBigEndian) + big_endian_body(data_set));
    EXPECT_TRUE(location->layout.big_endian);
    expect_all_of(data_set, *location);
}

TEST_F(ConvertTest, BigEndianFramesThatBeginInsideAWord) {
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    set_pixels(data_set, 3, 5, 4, std::string(60, '\0'));
    set_number(data_set, tags::BitsAllocated, 8);
    std::string& bytes = data_set.find(tags::PixelData)->bytes;
    for (std::size_t i = 0; i < bytes.size(); ++i)
        bytes[i] = static_cast<char>(i);
    const auto location = stored(make_head(dicom::kExplicitVrBigEndian) + big_endian_body(data_set));
    for (std::uint32_t number = 1; number <= 4; ++number) {
        EXPECT_EQ(text_of(test.archive->open_frame(*location, number)), bytes.substr((number - 1) * 15, 15));
    }
}

TEST_F(ConvertTest, BigEndianCellsOf32BitsAreTurnedWhole) {
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    std::string stored_cells =
        "ABCDEFGHIJKLMNOPQRSTUVWX";  // two frames of three cells, most significant byte first
    std::string words = stored_cells;
    for (std::size_t i = 0; i < words.size(); i += 2)
        std::swap(words[i], words[i + 1]);  // what big_endian_body undoes
    set_pixels(data_set, 1, 3, 2, words);
    set_number(data_set, tags::BitsAllocated, 32);
    const auto location = stored(make_head(dicom::kExplicitVrBigEndian) + big_endian_body(data_set));
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 2)), "PONMTSRQXWVU");
    const std::string converted = text_of(test.archive->open_as_explicit_little_endian(*location));
    EXPECT_TRUE(converted.ends_with("DCBAHGFELKJIPONMTSRQXWVU")) << converted.size();
}

TEST_F(ConvertTest, DeflatedValuesComeOutInflated) {
    const dicom::DataSet data_set = with_pixels(300, 200, 3);
    const auto location =
        stored(make_head(dicom::kDeflatedExplicitVrLittleEndian) + deflate_stored(body_of(data_set)));
    EXPECT_TRUE(location->layout.deflated);
    expect_all_of(data_set, *location);
}

TEST_F(ConvertTest, OneBitFramesBeginAtBitZero) {
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    // Three frames of 15 bits: 45 bits in 6 bytes.
    set_pixels(data_set, 3, 5, 3, std::string("\xFF\x7F\x01\x80\x55\x15", 6));
    set_number(data_set, tags::BitsAllocated, 1);
    const auto location = stored(to_part10(data_set));
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 1)), "\xFF\x7F");
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 2)), std::string("\x02\x00", 2));
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 3)), std::string("\x56\x55", 2));
}

TEST_F(ConvertTest, FramesOfEncapsulatedObjects) {
    dicom::DataSet head = with_pixels(2, 2, 1);
    head.remove(tags::PixelData);
    const std::string file =
        make_head("1.2.840.10008.1.2.4.90") + body_of(head) + encapsulate({"first ", "second", "third "});
    const auto location = stored(file);
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 1)), "first secondthird ");
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 2)), "out_of_range");
    EXPECT_EQ(text_of(test.archive->open_native_frame(*location, 1)), "not_acceptable");
    EXPECT_TRUE(text_of(test.archive->open_as_explicit_little_endian(*location, "1.2.840.10008.1.2.4.90"))
                    .ends_with(body_of(head) + encapsulate({"first ", "second", "third "})));
}

/// The data set in implicit VR, as it stands in a file.
std::string implicit_body_of(const dicom::DataSet& data_set) {
    const std::string file = to_part10(data_set, dicom::kImplicitVrLittleEndian);
    return file.substr(dicom::read_part10(as_bytes(file))->layout.data_set_offset);
}

TEST_F(ConvertTest, ImplicitVrUnderACompressedLabelKeepsThePixels) {
    dicom::DataSet head = with_pixels(2, 2, 2);
    head.remove(tags::PixelData);
    const std::string items = encapsulate({"first ", "second"}).substr(12);
    const auto location = stored(make_head("1.2.840.10008.1.2.4.90") + implicit_body_of(head) +
                                 std::string("\xE0\x7F\x10\x00\xFF\xFF\xFF\xFF", 8) + items);
    ASSERT_TRUE(location->layout.mislabelled);
    const std::string rewritten =
        text_of(test.archive->open_as_explicit_little_endian(*location, "1.2.840.10008.1.2.4.90"));
    EXPECT_TRUE(rewritten.ends_with(body_of(head) + encapsulate({"first ", "second"})));
    const auto object = dicom::read_part10(as_bytes(rewritten));
    ASSERT_TRUE(object.ok()) << object.error().message;
    EXPECT_EQ(object->transfer_syntax, "1.2.840.10008.1.2.4.90");
    EXPECT_FALSE(object->layout.mislabelled);
    EXPECT_EQ(object->layout.frames.first_fragment, (std::vector<std::uint32_t>{0, 1, 2}));
}

TEST_F(ConvertTest, ANestedIconOfFragmentsStaysOne) {
    dicom::DataSet icon;
    icon.set({.tag = tags::PixelData, .vr = dicom::Vr::OB, .bytes = "abcd", .encapsulated = true});
    dicom::DataSet data_set = make_data_set("1.2", "1.3", "1.4");
    data_set.set({.tag = {0x0088, 0x0200}, .vr = dicom::Vr::SQ, .items = {icon}});
    const auto location = stored(to_part10(data_set, dicom::kImplicitVrLittleEndian));
    EXPECT_EQ(text_of(test.archive->open_as_explicit_little_endian(*location)),
              to_part10(data_set, dicom::kExplicitVrLittleEndian));
}

/// One RLE frame of six 16-bit pixels that are all alike.
std::string rle_frame(char low, char high) {
    std::string rle;
    put(rle, 2, 4);
    put(rle, 64, 4);
    put(rle, 66, 4);
    rle.resize(64, '\0');
    rle += {'\xFB', high, '\xFB', low};
    return rle;
}

TEST_F(ConvertTest, RleFramesAreDecoded) {
    dicom::DataSet head = with_pixels(2, 3, 2);
    head.remove(tags::PixelData);
    const auto location = stored(make_head(dicom::kRleLossless) + body_of(head) +
                                 encapsulate({rle_frame('a', 'b'), rle_frame('c', 'd')}));
    EXPECT_EQ(text_of(test.archive->open_native_frame(*location, 1)), "abababababab");
    EXPECT_EQ(text_of(test.archive->open_native_frame(*location, 2)), "cdcdcdcdcdcd");
    EXPECT_EQ(text_of(test.archive->open_frame(*location, 2)), rle_frame('c', 'd'));
}

TEST_F(ConvertTest, RleObjectsAreDecodedWithTheirIcons) {
    dicom::DataSet native = with_pixels(2, 3, 2);
    native.find(tags::PixelData)->bytes = "ababababababcdcdcdcdcdcd";
    dicom::DataSet icon;
    set_pixels(icon, 2, 3, 1, "efefefefefef");
    native.set({.tag = {0x0088, 0x0200}, .vr = dicom::Vr::SQ, .items = {icon}});
    dicom::DataSet head = native;
    head.remove(tags::PixelData);
    dicom::Element& packed = *head.find({0x0088, 0x0200})->items.front().find(tags::PixelData);
    packed.bytes = rle_frame('e', 'f');
    packed.encapsulated = true;
    std::string offsets;
    put(offsets, 0x00017FE0, 4);
    offsets += "OV";
    put(offsets, 0, 2);
    put(offsets, 16, 4);
    put(offsets, 0, 8);
    put(offsets, 76, 8);
    const auto location = stored(make_head(dicom::kRleLossless) + body_of(head) + offsets +
                                 encapsulate({rle_frame('a', 'b'), rle_frame('c', 'd')}));
    ASSERT_TRUE(test.archive->check_decodable(*location).ok());
    const std::string decoded = text_of(test.archive->open_decoded(*location));
    EXPECT_TRUE(decoded.ends_with(body_of(native)));
    EXPECT_EQ(dicom::read_part10(as_bytes(decoded))->transfer_syntax, dicom::kExplicitVrLittleEndian);
    EXPECT_EQ(text_of(test.archive->open_bulk(*location,
                                              *dicom::find_bulk(location->layout, "00880200/1/7FE00010"))),
              rle_frame('e', 'f'));
}

/// Frames of 1-bit pixels in RLE, one literal run each.
std::string rle_bits(std::string packed) {
    std::string rle;
    put(rle, 1, 4);
    put(rle, 64, 4);
    rle.resize(64, '\0');
    rle.push_back(static_cast<char>(packed.size() - 1));
    rle += packed;
    if (rle.size() % 2 != 0) rle.push_back('\0');
    return rle;
}

TEST_F(ConvertTest, OneBitFramesAreJoinedBitByBit) {
    for (const std::uint16_t columns : std::initializer_list<std::uint16_t>{1, 3, 5, 8, 11, 13, 16}) {
        test.archive->remove(key_of("1.2")).ok();
        constexpr int kFrames = 9;
        std::string expected((static_cast<std::size_t>(columns) * kFrames + 7) / 8, '\0');
        std::vector<std::string> fragments;
        for (std::size_t frame = 0; frame < kFrames; ++frame) {
            // What fills the last byte has no meaning.
            std::string packed((columns + 7U) / 8, static_cast<char>(0xFF));
            for (std::size_t i = 0; i < columns; ++i) {
                if ((frame * 7 + i * i) % 3 == 0) {
                    const std::size_t at = frame * columns + i;
                    expected[at / 8] = static_cast<char>(expected[at / 8] | 1 << at % 8);
                } else {
                    packed[i / 8] = static_cast<char>(packed[i / 8] & ~(1 << i % 8));
                }
            }
            fragments.push_back(rle_bits(packed));
        }
        dicom::DataSet head = make_data_set("1.2", "1.3", "1.4");
        set_pixels(head, 1, columns, kFrames, "");
        set_number(head, tags::BitsAllocated, 1);
        head.remove(tags::PixelData);
        const auto location = stored(make_head(dicom::kRleLossless) + body_of(head) + encapsulate(fragments));
        const std::string decoded = text_of(test.archive->open_decoded(*location));
        if (expected.size() % 2 != 0) expected.push_back('\0');
        EXPECT_TRUE(decoded.ends_with(expected)) << columns;
        EXPECT_EQ(dicom::read_part10(as_bytes(decoded))->layout.frames.value.length, expected.size());
    }
}

TEST_F(ConvertTest, UncompressedFragmentsBecomeOneValue) {
    dicom::DataSet native = make_data_set("1.2", "1.3", "1.4");
    set_pixels(native, 1, 3, 2, "abcdef");
    set_number(native, tags::BitsAllocated, 8);
    native.find(tags::PixelData)->vr = dicom::Vr::OB;
    dicom::DataSet head = native;
    head.remove(tags::PixelData);
    const auto location = stored(make_head(dicom::kEncapsulatedUncompressed) + body_of(head) +
                                 encapsulate({std::string("abc\0", 4), std::string("def\0", 4)}));
    EXPECT_EQ(text_of(test.archive->open_native_frame(*location, 2)), "def");
    EXPECT_TRUE(text_of(test.archive->open_decoded(*location)).ends_with(body_of(native)));
    test.archive->remove(key_of("1.2")).ok();
    const auto other_size = stored(make_head(dicom::kEncapsulatedUncompressed) + body_of(head) +
                                   encapsulate({"abcdef", "ghijkl"}));
    EXPECT_EQ(text_of(test.archive->open_native_frame(*other_size, 1)), "not_acceptable");
    EXPECT_EQ(text_of(test.archive->open_decoded(*other_size)), "not_acceptable");
}

TEST_F(ConvertTest, UncompressedFragmentsMayShareTheirColours) {
    dicom::DataSet native = make_data_set("1.2", "1.3", "1.4");
    set_pixels(native, 1, 2, 2, "YyBRZzbr");
    set_number(native, tags::BitsAllocated, 8);
    set_number(native, tags::SamplesPerPixel, 3);
    native.set_text(tags::PhotometricInterpretation, "YBR_FULL_422");
    native.find(tags::PixelData)->vr = dicom::Vr::OB;
    dicom::DataSet icon;
    set_pixels(icon, 1, 2, 1, "IiBR");
    set_number(icon, tags::BitsAllocated, 8);
    set_number(icon, tags::SamplesPerPixel, 3);
    icon.set_text(tags::PhotometricInterpretation, "YBR_FULL_422");
    native.set({.tag = {0x0088, 0x0200}, .vr = dicom::Vr::SQ, .items = {icon}});
    dicom::DataSet head = native;
    head.remove(tags::PixelData);
    head.find({0x0088, 0x0200})->items.front().find(tags::PixelData)->encapsulated = true;
    const auto location =
        stored(make_head(dicom::kEncapsulatedUncompressed) + body_of(head) + encapsulate({"YyBR", "Zzbr"}));
    EXPECT_EQ(text_of(test.archive->open_native_frame(*location, 2)), "Zzbr");
    const auto decoded = dicom::read_part10(as_bytes(text_of(test.archive->open_decoded(*location))));
    ASSERT_TRUE(decoded.ok());
    EXPECT_EQ(decoded->layout.frames.present(), 2U);
    EXPECT_EQ(decoded->data_set.find({0x0088, 0x0200})->items.front().find(tags::PixelData)->bytes, "IiBR");
}

TEST_F(ConvertTest, RleUnderANativeLabelIsDecoded) {
    dicom::DataSet native = with_pixels(2, 3, 2);
    native.find(tags::PixelData)->bytes = "ababababababcdcdcdcdcdcd";
    dicom::DataSet head = native;
    head.remove(tags::PixelData);
    const auto location = stored(make_head(dicom::kExplicitVrLittleEndian) + body_of(head) +
                                 encapsulate({rle_frame('a', 'b'), rle_frame('c', 'd')}));
    EXPECT_EQ(*test.archive->pixel_syntax(*location), dicom::kRleLossless);
    EXPECT_EQ(text_of(test.archive->open_native_frame(*location, 2)), "cdcdcdcdcdcd");
    EXPECT_TRUE(text_of(test.archive->open_decoded(*location)).ends_with(body_of(native)));
}

TEST_F(ConvertTest, PixelDataThatContradictTheirLabelSayWhatTheyAre) {
    const std::string jpeg("\xFF\xD8\xFF\xC0\0\x0B\x08\0\2\0\2\1\1\x11\0\xFF\xDA\0\x08\1\1\0\0\x3F\0\0", 26);
    const auto syntax_of = [this](std::string_view label, const std::string& pixels) {
        dicom::DataSet head = with_pixels(2, 2, 1);
        head.remove(tags::PixelData);
        test.archive->remove(key_of("1.2")).ok();
        return *test.archive->pixel_syntax(*stored(make_head(label) + body_of(head) + pixels));
    };
    const std::string native =
        body_of(with_pixels(2, 2, 1)).substr(body_of(with_pixels(2, 2, 1)).size() - 20);
    EXPECT_EQ(syntax_of(dicom::kExplicitVrLittleEndian, encapsulate({jpeg})), "1.2.840.10008.1.2.4.50");
    EXPECT_EQ(syntax_of(dicom::kExplicitVrLittleEndian, encapsulate({"nobody knows"})), "");
    EXPECT_EQ(syntax_of(dicom::kExplicitVrLittleEndian, encapsulate({rle_frame('a', 'b')})),
              dicom::kRleLossless);
    EXPECT_EQ(syntax_of(dicom::kExplicitVrLittleEndian, native), dicom::kExplicitVrLittleEndian);
    EXPECT_EQ(syntax_of("1.2.840.10008.1.2.4.90", native), dicom::kExplicitVrLittleEndian);
    EXPECT_EQ(syntax_of("1.2.840.10008.1.2.4.90", encapsulate({jpeg})), "1.2.840.10008.1.2.4.90");
    EXPECT_EQ(syntax_of("1.2.3.4", native), "1.2.3.4") << "of a private syntax nobody knows";
    dicom::DataSet head = with_pixels(2, 2, 1);
    head.remove(tags::PixelData);
    test.archive->remove(key_of("1.2")).ok();
    EXPECT_EQ(*test.archive->pixel_syntax(*stored(make_head(dicom::kDeflatedExplicitVrLittleEndian) +
                                                  deflate_stored(body_of(head) + encapsulate({jpeg})))),
              "")
        << "offsets of a deflated data set are not the file's";
}

TEST_F(ConvertTest, WhatFitsUncompressed) {
    const auto fits = [this](std::uint16_t rows, int frames, std::uint16_t bits) {
        dicom::DataSet head = make_data_set("1.2", "1.3", "1.4");
        set_pixels(head, rows, 0x8000, frames, {});
        set_number(head, tags::BitsAllocated, bits);
        head.remove(tags::PixelData);
        test.archive->remove(key_of("1.2")).ok();
        return test.archive->fits_uncompressed(
            *stored(make_head("1.2.840.10008.1.2.4.90") + body_of(head) + encapsulate({"??"})));
    };
    EXPECT_TRUE(fits(0x8000, 1, 16));
    EXPECT_TRUE(fits(0x8000, 3, 8));
    EXPECT_FALSE(fits(0x8000, 2, 16));
    EXPECT_FALSE(fits(0x8000, 4, 8)) << "4 GiB are one byte too many";
    EXPECT_TRUE(fits(0x8000, 31, 1));
    EXPECT_FALSE(fits(0x8000, 2'000'000'000, 1));
}

TEST_F(ConvertTest, ObjectsThatCannotBeDecodedAreKnownBefore) {
    const auto code = [this](dicom::DataSet head, std::string_view syntax, const std::string& fragment) {
        head.remove(tags::PixelData);
        test.archive->remove(key_of("1.2")).ok();
        const auto location = stored(make_head(syntax) + body_of(head) + encapsulate({fragment}));
        const Status status = test.archive->check_decodable(*location);
        EXPECT_EQ(text_of(test.archive->open_decoded(*location)), to_string(status.error().code));
        return status.error().code;
    };
    EXPECT_EQ(code(with_pixels(2, 3, 1), "1.2.840.10008.1.2.4.90", rle_frame('a', 'b')),
              ErrorCode::not_acceptable);
    EXPECT_EQ(code(with_pixels(2, 3, 1), dicom::kRleLossless, "no RLE "), ErrorCode::not_acceptable);
    dicom::DataSet colour = with_pixels(2, 3, 1);
    colour.set({.tag = tags::SamplesPerPixel, .vr = dicom::Vr::US, .bytes = {'\3', '\0'}});
    EXPECT_EQ(code(colour, dicom::kRleLossless, rle_frame('a', 'b')), ErrorCode::not_acceptable);
    dicom::DataSet large = make_data_set("1.2", "1.3", "1.4");
    set_pixels(large, 0xFFFF, 0xFFFF, 1, {});
    EXPECT_EQ(code(large, dicom::kRleLossless, rle_frame('a', 'b')), ErrorCode::too_large);
}

}  // namespace
}  // namespace isocenter::archive
