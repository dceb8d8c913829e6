#include "dicom/json_filter.h"

#include <gtest/gtest.h>

namespace isocenter::dicom {
namespace {

std::string filtered(std::string_view stored, const JsonView& view) {
    std::string out = "[";
    append_filtered(out, stored, view);
    return out.substr(1);
}

JsonView standard() {
    JsonView view;
    view.bulk_prefix = "https://h/dicom-web/b/";
    view.strip_padding = true;
    view.character_set = "ISO_IR 192";
    return view;
}

JsonView compatible() {
    JsonView view;
    view.drop_bulk = true;
    return view;
}

constexpr std::string_view kMixed =
    R"({"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00080060":{"vr":"CS","Value":["X\u0000"]},)"
    R"("00091001":{"vr":"UN","InlineBinary":"AAE="},)"
    R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^\"J\"","Ideographic":"]}"}]},)"
    R"("00189310":{"vr":"FD","Value":["NaN",1.5],"BulkDataURI":"00189310"},)"
    R"("00200013":{"vr":"IS","Value":[1]},)"
    R"("00880200":{"vr":"SQ","Value":[{"00280010":{"vr":"US","Value":[2]},)"
    R"("7FE00010":{"vr":"OB","BulkDataURI":"00880200/1/7FE00010"}},{}]},)"
    R"("7FE00010":{"vr":"OW","BulkDataURI":"7FE00010"}})";

TEST(JsonFilter, WithoutAnyWishTheTextStaysWhereNothingIsPending) {
    const std::string_view text =
        R"({"00080060":{"vr":"CS","Value":["X\u0000"]},"00400275":{"vr":"SQ","Value":[{},{"00080050":{"vr":"SH"}}]}})";
    EXPECT_EQ(filtered(text, {}), text);
    EXPECT_EQ(filtered("{}", {}), "{}");
}

TEST(JsonFilter, StandardFaceCompletesUrisAndStripsPadding) {
    EXPECT_EQ(filtered(kMixed, standard()),
              R"({"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00080060":{"vr":"CS","Value":["X"]},)"
              R"("00091001":{"vr":"UN","InlineBinary":"AAE="},)"
              R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^\"J\"","Ideographic":"]}"}]},)"
              R"("00189310":{"vr":"FD","BulkDataURI":"https://h/dicom-web/b/00189310"},)"
              R"("00200013":{"vr":"IS","Value":[1]},)"
              R"("00880200":{"vr":"SQ","Value":[{"00280010":{"vr":"US","Value":[2]},)"
              R"("7FE00010":{"vr":"OB","BulkDataURI":"https://h/dicom-web/b/00880200/1/7FE00010"}},{}]},)"
              R"("7FE00010":{"vr":"OW","BulkDataURI":"https://h/dicom-web/b/7FE00010"}})");
}

TEST(JsonFilter, CompatibilityFaceDropsBulkAtEveryLevelAndKeepsNuls) {
    EXPECT_EQ(filtered(kMixed, compatible()),
              R"({"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00080060":{"vr":"CS","Value":["X\u0000"]},)"
              R"("00100010":{"vr":"PN","Value":[{"Alphabetic":"Doe^\"J\"","Ideographic":"]}"}]},)"
              R"("00189310":{"vr":"FD","Value":["NaN",1.5]},)"
              R"("00200013":{"vr":"IS","Value":[1]},)"
              R"("00880200":{"vr":"SQ","Value":[{"00280010":{"vr":"US","Value":[2]}},{}]}})");
}

TEST(JsonFilter, CommasAreRightWhicheverNeighbourGoes) {
    const auto text = [](std::string_view a, std::string_view b, std::string_view c) {
        std::string out = "{";
        out.append(R"("00090001":{"vr":")").append(a).append(R"("},"00090002":{"vr":")").append(b);
        return out.append(R"("},"00090003":{"vr":")").append(c).append(R"("}})");
    };
    EXPECT_EQ(filtered(text("UN", "LO", "LO"), compatible()),
              R"({"00090002":{"vr":"LO"},"00090003":{"vr":"LO"}})");
    EXPECT_EQ(filtered(text("LO", "OB", "LO"), compatible()),
              R"({"00090001":{"vr":"LO"},"00090003":{"vr":"LO"}})");
    EXPECT_EQ(filtered(text("LO", "LO", "OV"), compatible()),
              R"({"00090001":{"vr":"LO"},"00090002":{"vr":"LO"}})");
    EXPECT_EQ(filtered(text("OF", "OL", "LO"), compatible()), R"({"00090003":{"vr":"LO"}})");
    EXPECT_EQ(filtered(text("OD", "UN", "OW"), compatible()), "{}");
}

TEST(JsonFilter, StrippingWhatIsOnlyPaddingEmptiesTheElement) {
    EXPECT_EQ(
        filtered(R"({"00100020":{"vr":"LO","Value":["\u0000\u0000"]},"00100040":{"vr":"CS","Value":["M"]}})",
                 standard()),
        R"({"00100020":{"vr":"LO"},"00100040":{"vr":"CS","Value":["M"]}})");
    EXPECT_EQ(filtered(R"({"00080008":{"vr":"CS","Value":["A \u0000"," ",null,"  B"]}})", standard()),
              R"({"00080008":{"vr":"CS","Value":["A",null,null,"B"]}})");
}

TEST(JsonFilter, AnEscapedBackslashBeforeU0000IsText) {
    const std::string_view text = R"({"00204000":{"vr":"LT","Value":["  a\\u0000"]}})";
    EXPECT_EQ(filtered(text, standard()), text) << "leading blanks of LT count, and this is no NUL";
    EXPECT_EQ(filtered(R"({"00204000":{"vr":"LT","Value":["a\\\u0000"]}})", standard()),
              R"({"00204000":{"vr":"LT","Value":["a\\"]}})");
}

TEST(JsonFilter, NamesLosePaddingInsideTheirGroups) {
    EXPECT_EQ(filtered(R"({"00100010":{"vr":"PN","Value":[{"Alphabetic":"A^B\u0000"},null]}})", standard()),
              R"({"00100010":{"vr":"PN","Value":[{"Alphabetic":"A^B"},null]}})");
}

TEST(JsonFilter, WideIntegersAreNumbersOnTheCompatibilityFaces) {
    const std::string_view text = R"({"00080301":{"vr":"UV","Value":["18446744073709551615","7"]}})";
    EXPECT_EQ(filtered(text, standard()), text);
    EXPECT_EQ(filtered(text, compatible()), R"({"00080301":{"vr":"UV","Value":[18446744073709551615,7]}})");
}

TEST(JsonFilter, AsManyPathsMayBeHiddenAsThereAreAttributes) {
    std::string text = "{";
    std::vector<std::string> hidden;
    for (std::uint32_t tag = 0; tag < 200'000; ++tag) {
        const std::string key = to_hex8({static_cast<std::uint16_t>(0x1001 + tag / 0x8000 * 2),
                                         static_cast<std::uint16_t>(0x1000 + tag % 0x8000)});
        text.append(tag == 0 ? "\"" : ",\"").append(key).append(R"(":{"vr":"CS","Value":["a"]})");
        if (tag > 0) hidden.push_back(key);
    }
    JsonView view;
    view.hidden = &hidden;
    EXPECT_EQ(filtered(text + "}", view), R"({"10011000":{"vr":"CS","Value":["a"]}})");
}

TEST(JsonFilter, HiddenPathsGoWhereTheyAreAndNowhereElse) {
    JsonView view;
    const std::vector<std::string> hidden = {"00880200/2/00100020", "00080020"};
    view.hidden = &hidden;
    EXPECT_EQ(
        filtered(R"({"00080020":{"vr":"DA","Value":["bad"]},"00100020":{"vr":"LO","Value":["1"]},)"
                 R"("00880200":{"vr":"SQ","Value":[{"00100020":{"vr":"LO"}},{"00100020":{"vr":"LO"}}]}})",
                 view),
        R"({"00100020":{"vr":"LO","Value":["1"]},)"
        R"("00880200":{"vr":"SQ","Value":[{"00100020":{"vr":"LO"}},{}]}})");
}

TEST(JsonFilter, OnlyTheWantedTopLevelAttributesStay) {
    JsonView view;
    const std::vector<Tag> only = {{0x0008, 0x0005}, {0x0010, 0x0020}, {0x0020, 0x0013}, {0x7FE0, 0x0010}};
    view.only = &only;
    EXPECT_EQ(filtered(kMixed, view),
              R"({"00080005":{"vr":"CS","Value":["ISO_IR 100"]},"00200013":{"vr":"IS","Value":[1]},)"
              R"("7FE00010":{"vr":"OW","BulkDataURI":"7FE00010"}})");
    const std::vector<Tag> none;
    view.only = &none;
    EXPECT_EQ(filtered(kMixed, view), "{}");
}

TEST(JsonFilter, CharacterSetIsReplacedInItemsToo) {
    EXPECT_EQ(filtered(R"({"00080005":{"vr":"CS"},"00880200":{"vr":"SQ","Value":[{"00080005":{"vr":"CS",)"
                       R"("Value":["","ISO 2022 IR 87"]}}]}})",
                       standard()),
              R"({"00080005":{"vr":"CS","Value":["ISO_IR 192"]},"00880200":{"vr":"SQ","Value":[{"00080005":)"
              R"({"vr":"CS","Value":["ISO_IR 192"]}}]}})");
}

TEST(JsonFilter, FindsTopLevelAttributesOnly) {
    EXPECT_EQ(find_attribute(kMixed, {0x0020, 0x0013}), R"({"vr":"IS","Value":[1]})");
    EXPECT_EQ(find_attribute(kMixed, {0x0008, 0x0005}), R"({"vr":"CS","Value":["ISO_IR 100"]})");
    EXPECT_EQ(find_attribute(kMixed, {0x7FE0, 0x0010}), R"({"vr":"OW","BulkDataURI":"7FE00010"})");
    EXPECT_EQ(find_attribute(kMixed, {0x0028, 0x0010}), "") << "only inside an item";
    EXPECT_EQ(find_attribute("{}", {0x0028, 0x0010}), "");
    EXPECT_EQ(find_attribute("", {0x0028, 0x0010}), "");
}

TEST(JsonFilter, EveryCutOfTheTextIsMemorySafe) {
    const std::vector<std::string> hidden = {"00880200/1/00280010"};
    const std::vector<Tag> only = {{0x0008, 0x0060}, {0x0088, 0x0200}};
    for (std::size_t n = 0; n < kMixed.size(); ++n) {
        const std::string cut(kMixed.substr(0, n));
        JsonView view = standard();
        view.hidden = &hidden;
        EXPECT_LE(filtered(cut, view).size(), n + 1000);
        view.only = &only;
        EXPECT_LE(filtered(cut, view).size(), n + 1000);
        EXPECT_LE(filtered(cut, compatible()).size(), n);
        EXPECT_LE(find_attribute(cut, {0x7FE0, 0x0010}).size(), n);
    }
}

}  // namespace
}  // namespace isocenter::dicom
