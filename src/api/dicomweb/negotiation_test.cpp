#include "api/dicomweb/negotiation.h"

#include <gtest/gtest.h>

namespace isocenter::api {
namespace {

constexpr const char* kEle = "1.2.840.10008.1.2.1";
constexpr const char* kFragments = "1.2.840.10008.1.2.1.98";
constexpr const char* kImplicit = "1.2.840.10008.1.2";
constexpr const char* kJpeg = "1.2.840.10008.1.2.4.50";
constexpr const char* kJpegLossless = "1.2.840.10008.1.2.4.70";
constexpr const char* kJls = "1.2.840.10008.1.2.4.80";
constexpr const char* kJ2k = "1.2.840.10008.1.2.4.90";
constexpr const char* kRle = "1.2.840.10008.1.2.5";
constexpr const char* kMpeg2 = "1.2.840.10008.1.2.4.100";
constexpr const char* kRpcl = "1.2.840.10008.1.2.4.202";

struct Case {
    const char* name;
    const Profile* profile;
    ByteResource resource;
    const char* accept;
    const char* stored;
    const char* expected;  ///< "multipart <type> <syntax> <way>", or "406"
    bool mislabelled = false;
    std::optional<std::string> pixels = {};  ///< StoredForm::pixel_syntax
};

std::string describe(const Case& c) {
    http::Request request;
    if (c.accept != nullptr) request.headers.add("Accept", c.accept);
    const auto wishes = find_wishes(*c.profile, read_accept(*c.profile, request), c.resource);
    if (wishes.empty()) return "406";
    const bool object = c.resource == ByteResource::object || c.resource == ByteResource::object_set;
    const bool decodable = std::string_view(c.stored) == kRle || std::string_view(c.stored) == kFragments;
    const StoredForm stored{c.stored, true, decodable, c.mislabelled, c.pixels};
    const auto choice = choose(*c.profile, wishes, stored, object ? deliver_object : deliver_frame);
    if (!choice) return "406";
    static constexpr const char* kWays[] = {"verbatim", "explicit", "decoded"};
    return std::string(choice->wish.multipart ? "multipart " : "single ") + choice->delivery.media_type +
           " " + choice->delivery.syntax + " " + kWays[static_cast<int>(choice->delivery.way)];
}

class Negotiation : public testing::TestWithParam<Case> {};

TEST_P(Negotiation, Chooses) {
    EXPECT_EQ(describe(GetParam()), GetParam().expected) << GetParam().accept;
}

const Profile* const kStandard = &standard_profile();
const Profile* const kV2 = &v2_profile();
constexpr auto kObject = ByteResource::object;
constexpr auto kSet = ByteResource::object_set;
constexpr auto kFrame = ByteResource::frame;
constexpr auto kFrames = ByteResource::frame_list;

// The headers of standard-face.md 9.1 and of the scenarios of dicomweb.md 11.3.
INSTANTIATE_TEST_SUITE_P(
    Standard, Negotiation,
    testing::Values(
        Case{"absent", kStandard, kObject, nullptr, kEle,
             "multipart application/dicom 1.2.840.10008.1.2.1 verbatim"},
        Case{"any", kStandard, kSet, "*/*", kEle, "multipart application/dicom 1.2.840.10008.1.2.1 verbatim"},
        Case{"any_undecodable", kStandard, kSet, "*/*", kJ2k,
             "multipart application/dicom 1.2.840.10008.1.2.4.90 verbatim"},
        Case{"single_google", kStandard, kObject, "application/dicom; transfer-syntax=*", kJls,
             "single application/dicom 1.2.840.10008.1.2.4.80 verbatim"},
        Case{"single_for_set", kStandard, kSet, "application/dicom; transfer-syntax=*", kEle, "406"},
        Case{"implicit_star", kStandard, kObject, "application/dicom; transfer-syntax=*", kImplicit,
             "single application/dicom 1.2.840.10008.1.2.1 explicit"},
        Case{"rle_object", kStandard, kSet, nullptr, kRle,
             "multipart application/dicom 1.2.840.10008.1.2.1 decoded"},
        Case{"rle_object_stored", kStandard, kObject, "application/dicom; transfer-syntax=*", kRle,
             "single application/dicom 1.2.840.10008.1.2.5 verbatim"},
        Case{"lossless_default", kStandard, kObject, "multipart/related; type=\"application/dicom\"", kJ2k,
             "406"},
        Case{"lossy_default", kStandard, kObject, "multipart/related; type=\"application/dicom\"", kJpeg,
             "multipart application/dicom 1.2.840.10008.1.2.4.50 verbatim"},
        Case{"weasis", kStandard, kSet,
             "multipart/related;type=\"application/dicom\";transfer-syntax=1.2.840.10008.1.2.4.70",
             kJpegLossless, "multipart application/dicom 1.2.840.10008.1.2.4.70 verbatim"},
        Case{"excluded", kStandard, kObject, "*/*, application/dicom;q=0", kEle,
             "multipart application/dicom 1.2.840.10008.1.2.1 verbatim"},
        Case{"excluded_syntax", kStandard, kFrame,
             "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1; q=0, "
             "application/octet-stream; transfer-syntax=*",
             kEle, "406"},
        Case{"excluded_syntax_of_others", kStandard, kFrame,
             "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1; q=0, "
             "application/octet-stream; transfer-syntax=*",
             kRle, "single image/dicom-rle 1.2.840.10008.1.2.5 verbatim"},
        Case{"excluded_stored_syntax", kStandard, kObject,
             "application/dicom; transfer-syntax=1.2.840.10008.1.2.5; q=0, application/dicom; "
             "transfer-syntax=*",
             kRle, "single application/dicom 1.2.840.10008.1.2.1 decoded"},
        Case{"excluded_default_syntax", kStandard, kObject,
             "application/dicom, application/dicom; transfer-syntax=1.2.840.10008.1.2.1; q=0", kEle, "406"},
        Case{"excluded_by_a_wider_range", kStandard, kObject,
             "application/dicom; transfer-syntax=*, application/*; transfer-syntax=1.2.840.10008.1.2.1; q=0",
             kEle, "single application/dicom 1.2.840.10008.1.2.1 verbatim"},
        Case{"last_resort", kStandard, kObject,
             "application/dicom; transfer-syntax=1.2.840.10008.1.2.1; q=0.1, application/dicom; "
             "transfer-syntax=*; q=0.9, multipart/related; type=\"application/dicom\"; q=0.5",
             kEle, "multipart application/dicom 1.2.840.10008.1.2.1 verbatim"},
        Case{"rendered_only", kStandard, kObject, "image/png", kEle, "406"},
        Case{"ohif", kStandard, kFrame,
             "multipart/related; type=\"application/octet-stream\"; transfer-syntax=\"*\"", kJls,
             "multipart image/jls 1.2.840.10008.1.2.4.80 verbatim"},
        Case{"ohif_syntax", kStandard, kFrame,
             "multipart/related; type=\"image/jls\"; transfer-syntax=\"1.2.840.10008.1.2.4.80\"; "
             "transfer-syntax=\"*\"",
             kJls, "multipart image/jls 1.2.840.10008.1.2.4.80 verbatim"},
        Case{"old_jpeg_name", kStandard, kFrame,
             "multipart/related; type=\"image/dicom+jpeg\"; transfer-syntax=1.2.840.10008.1.2.4.50", kJpeg,
             "multipart image/jpeg 1.2.840.10008.1.2.4.50 verbatim"},
        Case{"cornerstone", kStandard, kFrame,
             "multipart/related; type=application/octet-stream; transfer-syntax=*", kEle,
             "multipart application/octet-stream 1.2.840.10008.1.2.1 verbatim"},
        Case{"python_client", kStandard, kFrames, "multipart/related; type=\"*/*\"", kJ2k,
             "multipart image/jp2 1.2.840.10008.1.2.4.90 verbatim"},
        Case{"frames_any", kStandard, kFrames, "*/*", kEle,
             "multipart application/octet-stream 1.2.840.10008.1.2.1 verbatim"},
        Case{"rle_any", kStandard, kFrames, "*/*", kRle,
             "multipart application/octet-stream 1.2.840.10008.1.2.1 decoded"},
        Case{"rle_cheapest", kStandard, kFrames, "multipart/related; type=\"*/*\"", kRle,
             "multipart image/dicom-rle 1.2.840.10008.1.2.5 verbatim"},
        Case{"single_octets", kStandard, kFrame, "application/octet-stream", kEle,
             "single application/octet-stream 1.2.840.10008.1.2.1 verbatim"},
        Case{"single_for_many", kStandard, kFrames, "application/octet-stream", kEle, "406"},
        Case{"bare_jpeg_on_lossy", kStandard, kFrame, "image/jpeg", kJpeg,
             "single image/jpeg 1.2.840.10008.1.2.4.50 verbatim"},
        Case{"rpcl_for_201", kStandard, kFrame, "image/jphc; transfer-syntax=1.2.840.10008.1.2.4.201", kRpcl,
             "single image/jphc 1.2.840.10008.1.2.4.202 verbatim"},
        Case{"probe", kStandard, kFrame,
             "multipart/related; type=\"image/jp2\"; transfer-syntax=1.2.840.10008.1.2.4.90", kJpeg, "406"},
        Case{"named_octets", kStandard, kFrame,
             "multipart/related; type=\"application/octet-stream\"; transfer-syntax=1.2.840.10008.1.2.4.50",
             kJpeg, "multipart application/octet-stream 1.2.840.10008.1.2.4.50 verbatim"},
        Case{"many_ranges", kStandard, kFrame,
             "multipart/related; type=\"image/jls\"; q=0.5, multipart/related; "
             "type=\"application/octet-stream\"; q=0.9",
             kJls, "multipart image/jls 1.2.840.10008.1.2.4.80 verbatim"},
        Case{"mislabelled_star", kStandard, kObject, "application/dicom; transfer-syntax=*", kEle,
             "single application/dicom 1.2.840.10008.1.2.1 explicit", true},
        Case{"mislabelled_default", kStandard, kObject, nullptr, kEle,
             "multipart application/dicom 1.2.840.10008.1.2.1 explicit", true},
        Case{"mislabelled_compressed", kStandard, kObject,
             "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90", kJ2k,
             "single application/dicom 1.2.840.10008.1.2.4.90 explicit", true},
        Case{"mislabelled_lossy", kStandard, kObject, "application/dicom", kJpeg,
             "single application/dicom 1.2.840.10008.1.2.4.50 explicit", true},
        Case{"mislabelled_frame", kStandard, kFrame, "application/octet-stream", kEle,
             "single application/octet-stream 1.2.840.10008.1.2.1 verbatim", true}),
    [](const auto& test) { return std::string(test.param.name); });

INSTANTIATE_TEST_SUITE_P(
    EncapsulatedUncompressed, Negotiation,
    testing::Values(Case{"frame_star", kStandard, kFrame, "application/octet-stream; transfer-syntax=*",
                         kFragments, "single application/octet-stream 1.2.840.10008.1.2.1 decoded"},
                    Case{"frame_default", kStandard, kFrames, nullptr, kFragments,
                         "multipart application/octet-stream 1.2.840.10008.1.2.1 decoded"},
                    Case{"frame_any", kV2, kFrames, "multipart/related; type=\"*/*\"; transfer-syntax=*",
                         kFragments, "multipart application/octet-stream 1.2.840.10008.1.2.1 decoded"},
                    Case{"frame_named", kStandard, kFrame,
                         "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1.98", kFragments,
                         "406"},
                    Case{"object_default", kStandard, kObject, "application/dicom", kFragments,
                         "single application/dicom 1.2.840.10008.1.2.1 decoded"},
                    Case{"object_named", kStandard, kObject,
                         "application/dicom; transfer-syntax=1.2.840.10008.1.2.1.98", kFragments,
                         "single application/dicom 1.2.840.10008.1.2.1.98 verbatim"}),
    [](const auto& test) { return std::string(test.param.name); });

// Fragments under a label of native pixel data, and the reverse.
INSTANTIATE_TEST_SUITE_P(
    ForeignPixels, Negotiation,
    testing::Values(
        Case{"frame_star", kStandard, kFrame, "application/octet-stream; transfer-syntax=*", kEle,
             "single image/jpeg 1.2.840.10008.1.2.4.50 verbatim", false, kJpeg},
        Case{"frame_star_v2", kV2, kFrame, "application/octet-stream; transfer-syntax=*", kEle,
             "single application/octet-stream 1.2.840.10008.1.2.4.50 verbatim", false, kJpeg},
        Case{"frame_default", kStandard, kFrame, "application/octet-stream", kEle, "406", false, kJ2k},
        Case{"frame_named_v2", kV2, kFrame, "application/octet-stream; transfer-syntax=1.2.840.10008.1.2.1",
             kImplicit, "406", false, kJpeg},
        Case{"frame_unknown", kStandard, kFrame, "*/*", kEle, "406", false, ""},
        Case{"frame_unknown_v2", kV2, kFrame, "application/octet-stream; transfer-syntax=*", kEle, "406",
             false, ""},
        Case{"frame_native", kStandard, kFrame, "application/octet-stream; transfer-syntax=*", kJ2k,
             "single application/octet-stream 1.2.840.10008.1.2.1 verbatim", false, kEle},
        Case{"frame_native_named", kStandard, kFrame, "image/jp2", kJ2k, "406", false, kEle},
        Case{"object_star", kStandard, kObject, "application/dicom; transfer-syntax=*", kImplicit,
             "single application/dicom 1.2.840.10008.1.2.4.50 explicit", false, kJpeg},
        Case{"object_star_v2", kV2, kObject, "application/dicom; transfer-syntax=*", kEle,
             "single application/dicom 1.2.840.10008.1.2.4.50 explicit", false, kJpeg},
        Case{"object_explicit", kStandard, kObject, "application/dicom; transfer-syntax=1.2.840.10008.1.2.1",
             kEle, "406", false, kJ2k},
        Case{"object_unknown", kStandard, kObject, "application/dicom", kEle,
             "single application/dicom 1.2.840.10008.1.2.1 verbatim", false, ""},
        Case{"object_native", kStandard, kObject, "application/dicom; transfer-syntax=*", kJ2k,
             "single application/dicom 1.2.840.10008.1.2.1 explicit", false, kEle},
        Case{"object_native_named", kStandard, kObject,
             "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.90", kJ2k, "406", false, kEle}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(NegotiationTooLarge, TheDefaultIsTheStoredSyntaxThen) {
    http::Request request;
    request.headers.add("Accept", "application/dicom");
    const auto wishes = find_wishes(standard_profile(), read_accept(standard_profile(), request), kObject);
    StoredForm stored{kJ2k, true, false};
    EXPECT_FALSE(choose(standard_profile(), wishes, stored, deliver_object));
    stored.fits = false;
    EXPECT_EQ(choose(standard_profile(), wishes, stored, deliver_object)->delivery.syntax, kJ2k);
    request.headers.set("Accept", "application/dicom; transfer-syntax=1.2.840.10008.1.2.1");
    const auto named = find_wishes(standard_profile(), read_accept(standard_profile(), request), kObject);
    EXPECT_FALSE(choose(standard_profile(), named, stored, deliver_object)) << "named is named";
}

INSTANTIATE_TEST_SUITE_P(
    Compatibility, Negotiation,
    testing::Values(
        Case{"missing", kV2, kObject, nullptr, kMpeg2,
             "multipart application/dicom 1.2.840.10008.1.2.4.100 verbatim"},
        Case{"instance_default", kV2, kObject, "application/dicom;transfer-syntax=\"*\"", kMpeg2,
             "single application/dicom 1.2.840.10008.1.2.4.100 verbatim"},
        Case{"implicit_verbatim", kV2, kObject, "application/dicom;transfer-syntax=*", kImplicit,
             "single application/dicom 1.2.840.10008.1.2 verbatim"},
        Case{"mislabelled_implicit", kV2, kObject, "application/dicom;transfer-syntax=*", kImplicit,
             "single application/dicom 1.2.840.10008.1.2.1 explicit", true},
        Case{"mislabelled_explicit", kV2, kObject, "application/dicom;transfer-syntax=*", kEle,
             "single application/dicom 1.2.840.10008.1.2.1 explicit", true},
        Case{"none_is_ele", kV2, kObject, "application/dicom", kImplicit,
             "single application/dicom 1.2.840.10008.1.2.1 explicit"},
        Case{"rle_is_decoded", kV2, kObject, "application/dicom", kRle,
             "single application/dicom 1.2.840.10008.1.2.1 decoded"},
        Case{"wi4", kV2, kObject, "application/dicom; transfer-syntax=1.2.840.10008.1.2.1", kMpeg2, "406"},
        Case{"wi3_octets", kV2, kObject, "application/octet-stream; transfer-syntax=*", kEle, "406"},
        Case{"wi3_mpeg", kV2, kObject, "application/dicom; transfer-syntax=1.2.840.10008.1.2.4.100", kMpeg2,
             "406"},
        Case{"ws2_single", kV2, kSet, "application/dicom; transfer-syntax=*", kEle, "406"},
        Case{"ws2_octets", kV2, kSet,
             "multipart/related; type=\"application/octet-stream\"; transfer-syntax=*", kEle, "406"},
        Case{"zero_excludes_no_syntax", kV2, kObject,
             "application/dicom; transfer-syntax=1.2.840.10008.1.2.1; q=0, application/dicom; "
             "transfer-syntax=*",
             kEle, "single application/dicom 1.2.840.10008.1.2.1 verbatim"},
        Case{"star_beats_equal_q", kV2, kSet,
             "multipart/related; type=\"application/dicom\", multipart/related; type=\"application/dicom\"; "
             "transfer-syntax=*",
             kJ2k, "multipart application/dicom 1.2.840.10008.1.2.4.90 verbatim"},
        Case{"wf2", kV2, kFrame, "multipart/related; type=\"application/octet-stream\";transfer-syntax=\"*\"",
             kMpeg2, "multipart application/octet-stream 1.2.840.10008.1.2.4.100 verbatim"},
        Case{"wf3", kV2, kFrame, "multipart/related; type=\"*/*\"; transfer-syntax=*", kJ2k,
             "multipart application/octet-stream 1.2.840.10008.1.2.4.90 verbatim"},
        Case{"wf4", kV2, kFrame,
             "multipart/related; type=\"application/octet-stream\"; transfer-syntax=1.2.840.10008.1.2.4.90",
             "1.2.840.10008.1.2.4.107", "406"},
        Case{"wf1_jp2", kV2, kFrame, "multipart/related; type=\"image/jp2\"", kJ2k,
             "multipart image/jp2 1.2.840.10008.1.2.4.90 verbatim"},
        Case{"wf6", kV2, kFrame, "application/octet-stream; transfer-syntax=\"*\"", kEle,
             "single application/octet-stream 1.2.840.10008.1.2.1 verbatim"}),
    [](const auto& test) { return std::string(test.param.name); });

TEST(NegotiationParameter, BeatsTheHeader) {
    http::Request request;
    request.query =
        "accept=multipart%2Frelated%3B%20type%3D%22application%2Fdicom%22%3B%20transfer-syntax%3D*";
    request.headers.add("Accept", "application/dicom; transfer-syntax=*");
    const auto wishes = find_wishes(standard_profile(), read_accept(standard_profile(), request), kObject);
    const StoredForm stored{kJ2k, true, false};
    const auto choice = choose(standard_profile(), wishes, stored, deliver_object);
    ASSERT_TRUE(choice);
    EXPECT_TRUE(choice->wish.multipart);
}

TEST(NegotiationAvailable, NamesWhatCouldBeHad) {
    const StoredForm rle{kRle, true, true};
    EXPECT_EQ(
        available_ranges(standard_profile(), kFrame, rle),
        (std::vector<std::string>{
            "multipart/related; type=\"image/dicom-rle\"; transfer-syntax=1.2.840.10008.1.2.5",
            "multipart/related; type=\"application/octet-stream\"; transfer-syntax=1.2.840.10008.1.2.1"}));
}

struct FormCase {
    const Profile* profile;
    const char* accept;
    int expected;  ///< DataSetForm, -1: 406
};
class DataSetForms : public testing::TestWithParam<FormCase> {};
TEST_P(DataSetForms, Chooses) {
    http::Request request;
    if (GetParam().accept != nullptr) request.headers.add("Accept", GetParam().accept);
    const auto form = choose_data_set_form(*GetParam().profile, request, {true, true});
    EXPECT_EQ(form ? static_cast<int>(*form) : -1, GetParam().expected) << GetParam().accept;
}
INSTANTIATE_TEST_SUITE_P(
    All, DataSetForms,
    testing::Values(FormCase{kStandard, nullptr, 0}, FormCase{kStandard, "application/json", 0},
                    FormCase{kStandard, "multipart/related; type=\"application/dicom+xml\"", 1},
                    FormCase{kStandard, "application/dicom+xml", 2}, FormCase{kStandard, "image/png", -1},
                    FormCase{kStandard, "application/dicom+json;q=0.1, application/dicom+xml", 2},
                    FormCase{kStandard, "application/dicom+json;q=0", -1},
                    FormCase{kV2, "application/dicom+json", 0}, FormCase{kV2, "application/*", 0},
                    FormCase{kV2, "application/json;q=0", 0}, FormCase{kV2, "application/data", -1},
                    FormCase{kV2, "application/dicom", -1}, FormCase{kV2, "application/dicom+xml", -1},
                    FormCase{kV2, nullptr, 0}));

TEST(StrictAccept, WithoutAcceptNothingFits) {
    Profile strict = standard_profile();
    strict.strict_accept = true;
    http::Request request;
    EXPECT_TRUE(find_wishes(strict, read_accept(strict, request), ByteResource::object).empty());
    EXPECT_FALSE(choose_data_set_form(strict, request, {}).ok());
    EXPECT_TRUE(choose_data_set_form(standard_profile(), request, {}).ok());
    request.query = "accept=application%2Fdicom%2Bjson";
    EXPECT_TRUE(choose_data_set_form(strict, request, {}).ok()) << "the parameter stands for the header";
    request.query.clear();
    request.headers.add("Accept", "*/*");
    EXPECT_TRUE(choose_data_set_form(strict, request, {}).ok());
}

TEST(StrictAccept, DicomAndRenderedTypesTogether) {
    Profile strict = standard_profile();
    strict.strict_accept = true;
    const auto refused = [](const Profile& profile, const char* header) {
        http::Request request;
        request.headers.add("Accept", header);
        return !check_accept(profile, request).ok();
    };
    const char* mixed = "multipart/related; type=\"application/dicom\", image/png";
    EXPECT_TRUE(refused(strict, mixed));
    EXPECT_FALSE(refused(standard_profile(), mixed));
    EXPECT_FALSE(refused(strict, "image/jpeg, image/png, */*"));
    // With a transfer syntax it is bulk data.
    EXPECT_FALSE(refused(strict,
                         "application/dicom, multipart/related; type=\"image/jpeg\"; "
                         "transfer-syntax=1.2.840.10008.1.2.4.50"));
}

}  // namespace
}  // namespace isocenter::api
