#include "dicom/json_writer.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>

#include "dicom/tags.h"
#include "dicom/value_text.h"

namespace isocenter::dicom {
namespace {

/// A private element of any VR, so that the dictionary has no say.
constexpr Tag kTag{0x0009, 0x1001};

Element element(Vr vr, std::string bytes, Tag tag = kTag) {
    return {.tag = tag, .vr = vr, .bytes = std::move(bytes)};
}

/// What stands between `"00091001":{` and `}}`.
std::string json_of(Element one, std::string_view charset = {}) {
    DataSet data_set;
    if (!charset.empty()) data_set.set(element(Vr::CS, std::string(charset), tags::SpecificCharacterSet));
    data_set.set(std::move(one));
    const std::string all = to_json(data_set);
    const std::size_t at = all.find("\"00091001\":{");
    EXPECT_NE(at, std::string::npos) << all;
    EXPECT_TRUE(all.ends_with("}}")) << all;
    return all.substr(at + 12, all.size() - at - 14);
}

template <class T>
std::string raw(std::initializer_list<T> values) {
    std::string bytes;
    for (T value : values)
        bytes.append(reinterpret_cast<const char*>(&value), sizeof value);
    return bytes;
}

using namespace std::string_literals;

TEST(JsonWriter, AscendingUpperCaseKeysWithoutGroupLengthsAndMeta) {
    DataSet data_set;
    data_set.set(element(Vr::UI, "1.2", tags::TransferSyntaxUID));
    data_set.set(element(Vr::UL, raw<std::uint32_t>({4}), {0x0008, 0x0000}));
    data_set.set(element(Vr::UI, "1.2\0"s, tags::SeriesInstanceUID));
    data_set.set(element(Vr::CS, "CT", tags::Modality));
    data_set.set(element(Vr::OB, "xx", tags::DataSetTrailingPadding));
    EXPECT_EQ(to_json(data_set),
              R"({"00080060":{"vr":"CS","Value":["CT"]},"0020000E":{"vr":"UI","Value":["1.2"]}})");
    EXPECT_EQ(to_json(DataSet{}), "{}");
}

TEST(JsonWriter, TextLosesTrailingBlanksAndKeepsNuls) {
    EXPECT_EQ(json_of(element(Vr::LO, " a ")), R"("vr":"LO","Value":[" a"])");
    EXPECT_EQ(json_of(element(Vr::CS, "X\0"s)), R"("vr":"CS","Value":["X\u0000"])");
    EXPECT_EQ(json_of(element(Vr::UI, "1.2 ")), R"("vr":"UI","Value":["1.2 "])") << "dicomweb.md 2.5";
    EXPECT_EQ(json_of(element(Vr::CS, "A\\\\B ")), R"("vr":"CS","Value":["A",null,"B"])");
    EXPECT_EQ(json_of(element(Vr::LT, "A\\B")), R"("vr":"LT","Value":["A\\B"])");
    EXPECT_EQ(json_of(element(Vr::LO, "  ")), R"("vr":"LO")");
    EXPECT_EQ(json_of(element(Vr::LO, "")), R"("vr":"LO")");
    EXPECT_EQ(json_of(element(Vr::UT, "a\"\r\n\t\x1")), R"("vr":"UT","Value":["a\"\r\n\t\u0001"])");
}

TEST(JsonWriter, TextIsDecodedByTheCharacterSetOfItsDataSet) {
    EXPECT_EQ(json_of(element(Vr::LO, "B\xFC"), "ISO_IR 100"), R"("vr":"LO","Value":["Bü"])");
    EXPECT_EQ(json_of(element(Vr::LO, "B\xFC"), "ISO_IR 192"), "\"vr\":\"LO\",\"Value\":[\"B\xEF\xBF\xBD\"]");
    DataSet inner;
    inner.set(element(Vr::LO, "B\xFC"));
    DataSet outer;
    outer.set(element(Vr::CS, "ISO_IR 100", tags::SpecificCharacterSet));
    outer.set({.tag = {0x0040, 0x0275}, .vr = Vr::SQ, .items = {inner}});
    EXPECT_EQ(to_json(outer), R"({"00080005":{"vr":"CS","Value":["ISO_IR 100"]},)"
                              R"("00400275":{"vr":"SQ","Value":[{"00091001":{"vr":"LO","Value":["Bü"]}}]}})");
}

TEST(JsonWriter, NamesAreObjectsOfTheirFilledGroups) {
    EXPECT_EQ(json_of(element(Vr::PN, "Yamada^Tarou=\xE5\xB1\xB1=", kTag), "ISO_IR 192"),
              R"("vr":"PN","Value":[{"Alphabetic":"Yamada^Tarou","Ideographic":"山"}])");
    EXPECT_EQ(json_of(element(Vr::PN, "A^^^^\\=\\==C ")),
              R"("vr":"PN","Value":[{"Alphabetic":"A^^^^"},null,{"Phonetic":"C"}])");
    EXPECT_EQ(json_of(element(Vr::PN, "== ")), R"("vr":"PN")");
}

TEST(JsonWriter, DecimalsAreNumbersUnlessOneIsNot) {
    EXPECT_EQ(json_of(element(Vr::DS, "+1.50\\.5\\ 7 ")), R"("vr":"DS","Value":[1.50,0.5,7])");
    EXPECT_EQ(json_of(element(Vr::DS, "1.5\\\\2")), R"("vr":"DS","Value":[1.5,null,2])");
    EXPECT_EQ(json_of(element(Vr::DS, "1.5\\x ")), R"("vr":"DS","Value":["1.5","x"])");
    EXPECT_EQ(json_of(element(Vr::IS, "007 ")), R"("vr":"IS","Value":[7])");
    EXPECT_EQ(json_of(element(Vr::IS, " ")), R"("vr":"IS")");
}

TEST(JsonWriter, BinaryNumbers) {
    EXPECT_EQ(json_of(element(Vr::US, raw<std::uint16_t>({1, 65535}))), R"("vr":"US","Value":[1,65535])");
    EXPECT_EQ(json_of(element(Vr::AT, raw<std::uint16_t>({0x0028, 0x001A}))),
              R"("vr":"AT","Value":["0028001A"])");
    EXPECT_EQ(json_of(element(Vr::FL, raw<float>({0.1F, 2}))), R"("vr":"FL","Value":[0.1,2])");
    EXPECT_EQ(json_of(element(Vr::US, "x")), R"("vr":"US")") << "half a value is none";
}

TEST(JsonWriter, WideIntegersBeyond53BitsMakeAllTheirNeighboursStrings) {
    const std::int64_t largest = (1LL << 53) - 1;
    EXPECT_EQ(json_of(element(Vr::SV, raw<std::int64_t>({-largest, largest}))),
              R"("vr":"SV","Value":[-9007199254740991,9007199254740991])");
    EXPECT_EQ(json_of(element(Vr::SV, raw<std::int64_t>({1, largest + 1}))),
              R"("vr":"SV","Value":["1","9007199254740992"])");
}

TEST(JsonWriter, NumbersThatAreNotFiniteHaveBothForms) {
    EXPECT_EQ(json_of(element(Vr::FD, raw<double>({NAN, -INFINITY, 1.5}))),
              R"("vr":"FD","Value":["NaN","-Infinity",1.5],"BulkDataURI":"00091001")");
}

TEST(JsonWriter, BulkIsInlineWhenHeldAndAPathWhenNot) {
    EXPECT_EQ(json_of(element(Vr::OB, "foob")), R"("vr":"OB","InlineBinary":"Zm9vYg==")");
    EXPECT_EQ(json_of(element(Vr::UN, "")), R"("vr":"UN")");
    const Element pixels{.tag = tags::PixelData, .vr = Vr::OW, .held = false, .where = {100, 8}};
    DataSet icon;
    icon.set(pixels);
    DataSet data_set;
    data_set.set({.tag = {0x0088, 0x0200}, .vr = Vr::SQ, .items = {DataSet{}, icon}});
    data_set.set({.tag = tags::PixelData, .vr = Vr::OB, .bulk_uri = "http://h/b?x=\"1\""});
    EXPECT_EQ(
        to_json(data_set),
        R"({"00880200":{"vr":"SQ","Value":[{},{"7FE00010":{"vr":"OW","BulkDataURI":"00880200/2/7FE00010"}}]},)"
        R"("7FE00010":{"vr":"OB","BulkDataURI":"http://h/b?x=\"1\""}})");
}

TEST(JsonWriter, EmptySequencesHaveNoValueAndEmptyItemsAreKept) {
    EXPECT_EQ(json_of({.tag = kTag, .vr = Vr::SQ}), R"("vr":"SQ")");
    EXPECT_EQ(json_of({.tag = kTag, .vr = Vr::SQ, .items = {DataSet{}}}), R"("vr":"SQ","Value":[{}])");
}

TEST(JsonWriter, ATextIsBoundedWhileItIsWritten) {
    DataSet data_set;
    for (std::uint16_t i = 1; i <= 8; ++i)
        data_set.set(element(Vr::UT, std::string(1 << 20, '\x01'), {0x0009, static_cast<std::uint16_t>(i)}));
    const std::uint64_t whole = to_json(data_set).size();
    ASSERT_GT(whole, 48U << 20U);
    std::uint64_t reserved = 0;
    const Reserve keep = [&](std::uint64_t bytes) -> Status {
        reserved = bytes;
        return {};
    };
    EXPECT_EQ(to_json(data_set, whole, keep)->size(), whole);
    EXPECT_GE(reserved, 2 * whole);
    reserved = 0;
    EXPECT_EQ(to_json(data_set, 10U << 20U, keep).error().code, ErrorCode::too_large);
    EXPECT_GT(reserved, 20U << 20U);
    EXPECT_LT(reserved, whole) << "no more was made";
    EXPECT_EQ(to_json(data_set, whole - 1, nullptr).error().code, ErrorCode::too_large);
    const Reserve refuse = [](std::uint64_t) -> Status { return fail(ErrorCode::overloaded, "no"); };
    EXPECT_EQ(to_json(data_set, whole, refuse).error().code, ErrorCode::overloaded);
}

TEST(JsonWriter, ValuesThatAreTakenApartAreReservedToo) {
    constexpr std::size_t kBytes = 1 << 20;
    const std::pair<Vr, std::string> values[] = {{Vr::LO, std::string(kBytes, '\\')},
                                                 {Vr::US, std::string(kBytes, '\xFF')},
                                                 {Vr::FD, std::string(kBytes, '\x21')},
                                                 {Vr::OB, std::string(kBytes, '\x21')},
                                                 {Vr::DS, "1" + std::string(kBytes, '\\')}};
    for (const auto& [vr, bytes] : values) {
        DataSet data_set;
        data_set.set(element(vr, bytes));
        std::uint64_t reserved = 0;
        const auto text = to_json(data_set, UINT64_MAX, [&](std::uint64_t asked) -> Status {
            reserved = asked;
            return {};
        });
        const auto many = static_cast<std::uint64_t>(std::count(text->begin(), text->end(), ','));
        EXPECT_GE(reserved, 2 * text->size() + many * sizeof(std::string)) << to_string(vr);
        EXPECT_EQ(*text, to_json(data_set));
    }
}

}  // namespace
}  // namespace isocenter::dicom
