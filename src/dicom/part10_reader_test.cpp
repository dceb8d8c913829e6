#include "dicom/part10_reader.h"

#include <fmt/format.h>
#include <gtest/gtest.h>
#include <zlib.h>

#include "dicom/tags.h"
#include "dicom/test_file.h"

namespace isocenter::dicom {
namespace {

using namespace std::string_literals;
using namespace test_file;

/// Reads whole, byte by byte and in random pieces; all must agree.
Result<Part10Object> read(const std::string& bytes, ReaderLimits limits = {}) {
    Result<Part10Object> whole = read_part10(as_bytes(bytes), limits);
    const std::string expected = dump(whole);
    EXPECT_EQ(dump(read_in_pieces(bytes, 1, 0, limits)), expected);
    for (unsigned seed = 1; seed < 6; ++seed) {
        EXPECT_EQ(dump(read_in_pieces(bytes, 5U * seed * seed, seed, limits)), expected);
    }
    return whole;
}

Part10Object read_good(const std::string& bytes) {
    Result<Part10Object> object = read(bytes);
    if (!object) {
        ADD_FAILURE() << object.error().message;
        return {};
    }
    return std::move(*object);
}

void expect_malformed(const std::string& bytes, std::string_view part_of_message) {
    const Result<Part10Object> object = read(bytes);
    ASSERT_FALSE(object.ok());
    EXPECT_EQ(object.error().code, ErrorCode::malformed_dicom);
    EXPECT_NE(object.error().message.find(part_of_message), std::string::npos) << object.error().message;
}

const std::string kName = explicit_element(tags::PatientName, "PN", "A^B ");
const std::string kId = explicit_element(tags::PatientID, "LO", "42");

TEST(Part10Reader, ExplicitLittleEndian) {
    const Part10Object object = read_good(file_of(kExplicitVrLittleEndian, kName + kId));
    EXPECT_EQ(object.transfer_syntax, kExplicitVrLittleEndian);
    EXPECT_FALSE(object.implicit_vr);
    EXPECT_EQ(object.data_set.text(tags::PatientName), "A^B");
    EXPECT_EQ(object.data_set.find(tags::PatientName)->bytes, "A^B ");
    EXPECT_EQ(object.data_set.elements().size(), 2U);
    EXPECT_EQ(object.meta.elements().size(), 1U) << "without the group length";
    const ByteRange place = object.data_set.find(tags::PatientName)->where;
    EXPECT_EQ(place.offset, object.layout.data_set_offset + 8);
    EXPECT_EQ(place.length, 4U);
    EXPECT_EQ(object.layout.frames.kind, FrameTable::Kind::none);
}

TEST(Part10Reader, NumbersThatAreNotFiniteAreHeldAndListedAsBulk) {
    const std::string good = explicit_element({0x0018, 0x9309}, "FD", "\0\0\0\0\0\0\xF0\x3F"s);
    const std::string infinite = explicit_element({0x0018, 0x9310}, "FD", "\0\0\0\0\0\0\xF0\x7F"s);
    const Part10Object object = read_good(file_of(kExplicitVrLittleEndian, good + infinite));
    const Element* element = object.data_set.find({0x0018, 0x9310});
    ASSERT_NE(element, nullptr);
    EXPECT_EQ(element->bytes.size(), 8U);
    ASSERT_EQ(object.layout.bulk.size(), 1U);
    EXPECT_EQ(object.layout.bulk[0], (BulkValue{.path = "00189310", .vr = "FD", .range = element->where}));
}

TEST(Part10Reader, ImplicitLittleEndianTakesTheDictionarysVr) {
    const Part10Object object = read_good(
        file_of(kImplicitVrLittleEndian,
                implicit_element({0x0008, 0x0000}, u32(4)) + implicit_element({0x0009, 0x0010}, "ACME") +
                    implicit_element({0x0009, 0x1001}, "xy") + implicit_element(tags::PatientName, "A^B ") +
                    implicit_element(tags::Rows, u16(7))));
    EXPECT_TRUE(object.implicit_vr);
    EXPECT_EQ(object.data_set.find({0x0009, 0x0010})->vr, Vr::LO);
    EXPECT_EQ(object.data_set.find({0x0009, 0x1001})->vr, Vr::UN);
    EXPECT_EQ(object.data_set.integer(tags::Rows), 7);
    EXPECT_EQ(object.data_set.find({0x0008, 0x0000}), nullptr) << "group lengths are dropped";
}

TEST(Part10Reader, ImplicitSignOfPixelsDecidesAmbiguousVrs) {
    const Tag smallest{0x0028, 0x0106};
    for (const unsigned sign : {0U, 1U}) {
        const Part10Object object = read_good(
            file_of(kImplicitVrLittleEndian, implicit_element(tags::PixelRepresentation, u16(sign)) +
                                                 implicit_element(smallest, u16(0xFFFF))));
        EXPECT_EQ(object.data_set.integer(smallest), sign == 1 ? -1 : 65535);
    }
}

TEST(Part10Reader, BigEndianIsTurned) {
    const auto big = [](Tag tag, std::string_view vr, std::string_view value) {
        return explicit_element(tag, vr, value, ~0ULL, true);
    };
    const Part10Object object = read_good(
        file_of(kExplicitVrBigEndian,
                big(tags::PatientID, "LO", "42") + big({0x0028, 0x0009}, "AT", "\x00\x18\x10\x63"s) +
                    big(tags::Rows, "US", u16(7, true)) + big({0x0028, 0x1201}, "OW", "\x01\x02\x03\x04")));
    EXPECT_TRUE(object.layout.big_endian);
    EXPECT_EQ(object.data_set.text(tags::PatientID), "42");
    EXPECT_EQ(object.data_set.integer(tags::Rows), 7);
    EXPECT_EQ(object.data_set.integer({0x0028, 0x0009}), 0x00181063);
    EXPECT_EQ(object.data_set.find({0x0028, 0x1201})->bytes, "\x02\x01\x04\x03");
    EXPECT_TRUE(object.data_set.find(tags::Rows)->big_endian);
}

std::string deflated(const std::string& text) {
    z_stream stream{};
    deflateInit2(&stream, 6, Z_DEFLATED, -MAX_WBITS, 8, Z_DEFAULT_STRATEGY);
    std::string out(deflateBound(&stream, text.size()), '\0');
    std::string in = text;
    stream.next_in = reinterpret_cast<Bytef*>(in.data());
    stream.avail_in = static_cast<uInt>(in.size());
    stream.next_out = reinterpret_cast<Bytef*>(out.data());
    stream.avail_out = static_cast<uInt>(out.size());
    deflate(&stream, Z_FINISH);
    out.resize(stream.total_out);
    deflateEnd(&stream);
    return out;
}

TEST(Part10Reader, DeflatedOffsetsCountInTheInflatedDataSet) {
    const std::string file = file_of(kDeflatedExplicitVrLittleEndian, deflated(kName + kId));
    for (const std::string& padded : {file, file + "\0"s}) {
        const Part10Object object = read_good(padded);
        EXPECT_TRUE(object.layout.deflated);
        EXPECT_EQ(object.data_set.text(tags::PatientID), "42");
        EXPECT_EQ(object.data_set.find(tags::PatientName)->where.offset, 8U);
    }
    expect_malformed(file.substr(0, file.size() - 3), "cut off");
    expect_malformed(file_of(kDeflatedExplicitVrLittleEndian, "\xFF\xFF\xFF\xFF"), "damaged");
    ReaderLimits small;
    small.inflated_bytes = 10;
    EXPECT_EQ(read(file, small).error().code, ErrorCode::too_large);
}

TEST(Part10Reader, SequencesOfDefinedAndUndefinedLength) {
    const Tag tag = tags::RequestAttributesSequence;
    const std::string closed = explicit_element(tag, "SQ", item(kName) + item(kId));
    const std::string open =
        explicit_element(tag, "SQ", open_item(kName) + open_item(kId) + sequence_end(), kUndefined);
    const std::string mixed = explicit_element(tag, "SQ", open_item(kName) + item(kId));
    for (const std::string& sequence : {closed, open, mixed}) {
        const Part10Object object = read_good(file_of(
            kExplicitVrLittleEndian, sequence + explicit_element(tags::RequestedProcedureID, "SH", "x ")));
        const Element* element = object.data_set.find(tag);
        ASSERT_NE(element, nullptr);
        ASSERT_EQ(element->items.size(), 2U);
        EXPECT_EQ(element->items[0].text(tags::PatientName), "A^B");
        EXPECT_EQ(element->items[1].text(tags::PatientID), "42");
        EXPECT_EQ(object.data_set.text(tags::RequestedProcedureID), "x");
    }
    const Part10Object empty =
        read_good(file_of(kExplicitVrLittleEndian, explicit_element(tag, "SQ", "") +
                                                       explicit_element({0x0040, 0xA730}, "SQ", item(""))));
    EXPECT_FALSE(empty.data_set.find(tag)->has_value());
    EXPECT_EQ(empty.data_set.find({0x0040, 0xA730})->items.size(), 1U);
}

TEST(Part10Reader, UnknownVrOfUndefinedLengthIsAnImplicitSequence) {
    const Tag tag{0x0009, 0x1002};
    for (const std::string& inner : {implicit_element(tags::PatientID, "42"), kId}) {
        const Part10Object object = read_good(
            file_of(kExplicitVrLittleEndian,
                    explicit_element(tag, "UN", open_item(inner) + sequence_end(), kUndefined) + kName));
        EXPECT_EQ(object.data_set.find(tag)->vr, Vr::SQ);
        EXPECT_EQ(object.data_set.find(tag)->items.at(0).text(tags::PatientID), "42");
        EXPECT_EQ(object.data_set.text(tags::PatientName), "A^B");
    }
}

TEST(Part10Reader, UnknownVrOfKnownAttributesIsResolved) {
    const std::string rows = explicit_element(tags::Rows, "UN", u16(9));
    const std::string broken = explicit_element(tags::Columns, "UN", "abc");
    const std::string sequence =
        explicit_element(tags::RequestAttributesSequence, "UN", item(implicit_element(tags::StudyID, "7 ")));
    const std::string damaged = explicit_element({0x0040, 0xA730}, "UN", "no sequence ");
    const Part10Object object =
        read_good(file_of(kExplicitVrLittleEndian, rows + broken + sequence + damaged));
    EXPECT_EQ(object.data_set.integer(tags::Rows), 9);
    EXPECT_EQ(object.data_set.find(tags::Columns)->vr, Vr::UN);
    const Element* items = object.data_set.find(tags::RequestAttributesSequence);
    EXPECT_EQ(items->vr, Vr::SQ);
    EXPECT_EQ(items->items.at(0).text(tags::StudyID), "7");
    EXPECT_EQ(object.data_set.find({0x0040, 0xA730})->vr, Vr::UN);
    EXPECT_EQ(object.data_set.find({0x0040, 0xA730})->bytes, "no sequence ");
}

TEST(Part10Reader, LabelsThatContradictTheDataSet) {
    const std::string implicit_id = implicit_element(tags::PatientID, "42");
    const std::string big_id = explicit_element(tags::PatientID, "LO", "42", ~0ULL, true);
    struct Case {
        std::string_view syntax;
        std::string data_set;
        bool implicit;
        bool big;
        bool mislabelled;
    };
    const Case cases[] = {
        {kExplicitVrLittleEndian, kId, false, false, false},
        {kImplicitVrLittleEndian, implicit_id, true, false, false},
        {kExplicitVrBigEndian, big_id, false, true, false},
        {kExplicitVrLittleEndian, implicit_id, true, false, true},
        {kImplicitVrLittleEndian, kId, false, false, true},
        {kExplicitVrBigEndian, kId, false, false, true},
        {kExplicitVrLittleEndian, big_id, false, true, true},
        {kImplicitVrLittleEndian, big_id, false, true, true},
        {"1.2.3.4", implicit_id, true, false, false},
        {"1.2.840.10008.1.2.4.50", implicit_id, true, false, true},
        {"", kId, false, false, true},
        {"", implicit_id, true, false, true},
        {"", big_id, false, true, true},
    };
    for (const Case& each : cases) {
        const Part10Object object = read_good(file_of(each.syntax, each.data_set));
        EXPECT_EQ(object.data_set.text(tags::PatientID), "42") << each.syntax;
        EXPECT_EQ(object.implicit_vr, each.implicit) << each.syntax;
        EXPECT_EQ(object.layout.big_endian, each.big) << each.syntax;
        EXPECT_EQ(object.layout.mislabelled, each.mislabelled) << each.syntax;
        EXPECT_EQ(is_mislabelled(encode_layout(object.layout)), each.mislabelled) << each.syntax;
        const std::string_view detected = each.implicit
                                              ? kImplicitVrLittleEndian
                                              : (each.big ? kExplicitVrBigEndian : kExplicitVrLittleEndian);
        EXPECT_EQ(object.transfer_syntax, each.syntax.empty() ? detected : each.syntax);
    }
}

TEST(Part10Reader, FragmentsWithoutALabelHaveNoSyntax) {
    const std::string fragments = explicit_element(tags::PixelData, "OB", "", kUndefined) + item("") +
                                  item("\xFF\xD8\xFF\xE0") + sequence_end();
    const std::string icon = explicit_element({0x0088, 0x0200}, "SQ", item(fragments));
    for (const std::string& data_set : {kId + fragments, kId + icon}) {
        const Part10Object object = read_good(file_of("", data_set));
        EXPECT_EQ(object.transfer_syntax, "");
        EXPECT_FALSE(object.layout.mislabelled);
    }
}

TEST(Part10Reader, LabelsThatContradictThePixelData) {
    const std::string native = explicit_element(tags::PixelData, "OW", "ABCD");
    const std::string fragments = explicit_element(tags::PixelData, "OB", "", kUndefined) + item("") +
                                  item("\xFF\xD8\xFF\xE0") + sequence_end();
    struct Case {
        std::string_view syntax;
        std::string pixels;
        bool foreign;
    };
    const Case cases[] = {
        {kExplicitVrLittleEndian, native, false},
        {kExplicitVrLittleEndian, fragments, true},
        {"1.2.840.10008.1.2.4.50", fragments, false},
        {"1.2.840.10008.1.2.4.50", native, true},
        {"1.2.840.10008.1.2.1.98", native, true},
        {"1.2.840.10008.1.2.4.50", "", false},
        {"1.2.3.4", native, false},
        {"1.2.3.4", fragments, false},
    };
    for (const Case& each : cases) {
        const Part10Object object = read_good(file_of(each.syntax, kId + each.pixels));
        EXPECT_EQ(object.layout.foreign_pixels, each.foreign) << each.syntax;
        EXPECT_EQ(has_foreign_pixels(encode_layout(object.layout)), each.foreign) << each.syntax;
        EXPECT_EQ(*decode_layout(encode_layout(object.layout)), object.layout) << each.syntax;
    }
}

TEST(Part10Reader, OfAnElementThatIsThereTwiceTheLastOneCounts) {
    const std::string large(2000, 'a');
    const auto pixels = [](std::string_view value) { return explicit_element(tags::PixelData, "OW", value); };
    const auto icon = [](std::string_view items) { return explicit_element({0x0088, 0x0200}, "SQ", items); };
    const std::string image = explicit_element(tags::Rows, "US", u16(1)) +
                              explicit_element(tags::Columns, "US", u16(2)) +
                              explicit_element(tags::BitsAllocated, "US", u16(16));
    const std::string head = explicit_element(tags::PatientID, "LO", "first ") + kId + image;
    const std::string first = icon(item(pixels(large)) + item(pixels(large))) + pixels("ABCD");
    const std::string second = icon(item(pixels(large + "bb"))) + pixels("EFGH");
    const std::string file = file_of(kExplicitVrLittleEndian, head + first + second);
    const Part10Object object = read_good(file);
    EXPECT_EQ(object.data_set.text(tags::PatientID), "42");
    ASSERT_EQ(object.layout.bulk.size(), 2U);
    EXPECT_EQ(object.layout.bulk[0].path, "00880200/1/7FE00010");
    EXPECT_EQ(object.layout.bulk[0].range.length, 2002U);
    EXPECT_EQ(object.layout.bulk[1].path, "7FE00010");
    EXPECT_EQ(file.substr(object.layout.bulk[1].range.offset, 4), "EFGH");
    EXPECT_EQ(object.layout.frames.value, object.layout.bulk[1].range);

    const Part10Object emptied = read_good(file_of(kExplicitVrLittleEndian, head + first + pixels("")));
    EXPECT_EQ(emptied.layout.frames.kind, FrameTable::Kind::none);
}

TEST(Part10Reader, OddVrLetters) {
    const Part10Object object = read_good(
        file_of(kExplicitVrLittleEndian,
                kName + tag_bytes(tags::PatientID) + "\0\0"s + u16(2) + "42" +     // zero letters
                    implicit_element(tags::PatientBirthDate, "19700101") +         // implicit among explicit
                    tag_bytes(tags::PatientSex) + "XY" + u16(0) + u32(2) + "F " +  // a VR to come
                    tag_bytes({0x0010, 0x1010}) + "ZZ" + u16(4) + "030Y"));  // the same with a short length
    EXPECT_EQ(object.data_set.text(tags::PatientID), "42");
    EXPECT_EQ(object.data_set.text(tags::PatientBirthDate), "19700101");
    EXPECT_EQ(object.data_set.text(tags::PatientSex), "F");
    EXPECT_EQ(object.data_set.text({0x0010, 0x1010}), "030Y");
}

TEST(Part10Reader, OddLengthsAndMisorderedElements) {
    const Part10Object object =
        read_good(file_of(kExplicitVrLittleEndian, explicit_element(tags::PatientID, "LO", "123") + kName +
                                                       explicit_element(tags::PatientID, "LO", "4567")));
    EXPECT_EQ(object.data_set.elements().size(), 2U);
    EXPECT_EQ(object.data_set.elements()[0].tag, tags::PatientName);
    EXPECT_EQ(object.data_set.text(tags::PatientID), "4567");
}

TEST(Part10Reader, FileMetaWithoutGroupLengthOrTransferSyntax) {
    const std::string start = std::string(128, 'x') + "DICM";
    const Part10Object without_length =
        read_good(start + explicit_element(tags::TransferSyntaxUID, "UI", "1.2.840.10008.1.2.1\0"s) + kId);
    EXPECT_EQ(without_length.transfer_syntax, kExplicitVrLittleEndian);
    EXPECT_EQ(without_length.data_set.text(tags::PatientID), "42");
    EXPECT_EQ(read_good(start + kId).data_set.text(tags::PatientID), "42");
    EXPECT_EQ(read_good(start + implicit_element(tags::PatientID, "42")).data_set.text(tags::PatientID),
              "42");
    EXPECT_TRUE(read_good(start).data_set.empty());
}

TEST(Part10Reader, TrailingPaddingAndZeros) {
    const std::string file = file_of(kExplicitVrLittleEndian, kId);
    for (const std::string& tail :
         {"\0"s, std::string(7, '\0'), std::string(8, '\0'), std::string(500, '\0'),
          explicit_element(tags::DataSetTrailingPadding, "OB", std::string(64, '\0'))}) {
        EXPECT_EQ(read_good(file + tail).data_set.elements().size(), 1U);
    }
    expect_malformed(file + std::string(30, '\0') + "x", "padding");
}

TEST(Part10Reader, NotDicom) {
    expect_malformed("", "not a DICOM file");
    expect_malformed(std::string(128, '\0') + "DIC", "not a DICOM file");
    expect_malformed(std::string(200, 'x'), "not a DICOM file");
}

TEST(Part10Reader, MissingDelimitersBeforeAnotherEndAreForgiven) {
    const std::string open = tag_bytes(tags::Item) + u32(kUndefined) + kId;
    const std::string after = explicit_element(tags::RequestedProcedureID, "SH", "x ");
    const Part10Object no_item_end = read_good(file_of(
        kExplicitVrLittleEndian,
        explicit_element(tags::RequestAttributesSequence, "SQ", open + open + sequence_end(), kUndefined) +
            after));
    EXPECT_EQ(no_item_end.data_set.text(tags::RequestedProcedureID), "x");
    const auto& items = no_item_end.data_set.find(tags::RequestAttributesSequence)->items;
    ASSERT_EQ(items.size(), 2U);
    EXPECT_EQ(items[0].text(tags::PatientID), "42");
    const Part10Object defined_length = read_good(file_of(
        kExplicitVrLittleEndian, explicit_element(tags::RequestAttributesSequence, "SQ", open) + after));
    EXPECT_EQ(defined_length.data_set.text(tags::RequestedProcedureID), "x");
}

/// Wherever a sequence or item of undefined length is cut, also exactly between two elements or delimiters.
TEST(Part10Reader, EveryCutInsideOfUndefinedLengthsIsRefused) {
    const std::string inner = explicit_element(tags::RequestAttributesSequence, "SQ",
                                               open_item(kName + kId) + sequence_end(), kUndefined);
    const std::string sequence = explicit_element(
        Tag{0x0008, 0x1115}, "SQ", open_item(kId) + open_item(inner) + sequence_end(), kUndefined);
    const std::string file = file_of(kExplicitVrLittleEndian, sequence);
    read_good(file);
    const std::size_t start = file.size() - sequence.size();
    for (std::size_t size = start + 1; size < file.size(); ++size) {
        expect_malformed(file.substr(0, size), "offset ");
    }
    const auto cut = [&](std::size_t missing) { return file.substr(0, file.size() - missing); };
    expect_malformed(cut(8), "inside of 00081115");
    expect_malformed(cut(16), "inside of 00081115/2");
    expect_malformed(cut(24), "inside of 00081115/2/00400275");
    expect_malformed(cut(32), fmt::format("offset {}, element (0010,0020): the input ends after it, "
                                          "inside of 00081115/2/00400275/1",
                                          file.size() - 32));
    expect_malformed(cut(33), "1 bytes of its value are missing, inside of 00081115/2/00400275/1");
}

TEST(Part10Reader, EncapsulatedPixelDataEndWithTheirDelimiter) {
    const std::string fragments = tag_bytes(tags::Item) + u32(0) + item("abcd") + item("efgh");
    const std::string file =
        file_of("1.2.840.10008.1.2.5",
                explicit_element(tags::PixelData, "OB", fragments + sequence_end(), kUndefined));
    read_good(file);
    for (std::size_t missing = 1; missing <= fragments.size() + 8; ++missing) {
        expect_malformed(file.substr(0, file.size() - missing), "inside of 7FE00010");
    }
}

TEST(Part10Reader, TruncationNamesOffsetAndTag) {
    const std::string file = file_of(kExplicitVrLittleEndian, kName + kId);
    expect_malformed(file.substr(0, file.size() - 1), "(0010,0020): 1 bytes of its value are missing");
    expect_malformed(file.substr(0, file.size() - 5), "cut off");
    const std::string nested = explicit_element(tags::RequestAttributesSequence, "SQ", item(kId));
    const std::string cut = file_of(kExplicitVrLittleEndian, nested);
    expect_malformed(cut.substr(0, cut.size() - 10), "inside of 00400275/1");
    const std::string pixels =
        file_of(kExplicitVrLittleEndian, explicit_element(tags::PixelData, "OW", "abcd"));
    expect_malformed(pixels.substr(0, pixels.size() - 1), "(7fe0,0010)");
}

TEST(Part10Reader, ErrorsStay) {
    Part10Reader reader;
    EXPECT_FALSE(reader.write(as_bytes(std::string(200, 'x'))).has_value());
    const Status again = reader.write(as_bytes("y"));
    ASSERT_FALSE(again.has_value());
    EXPECT_EQ(again.error().code, ErrorCode::malformed_dicom);
    EXPECT_FALSE(reader.finish().ok());
}

}  // namespace
}  // namespace isocenter::dicom
