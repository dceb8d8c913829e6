#include "fhir/classic/values.h"

#include <gtest/gtest.h>

#include "fhir/classic/test_entry.h"

namespace isocenter::fhir::classic {
namespace {

namespace json = boost::json;
using testing::Desk;
using testing::element;

json::object several(const char* first, const char* second) {
    return {{"vr", "LO"}, {"Value", json::array{first, second}}};
}

TEST(ClassicValues, one_value_or_none) {
    const json::object data_set{{"00080060", element("CT ")}, {"0008103E", several("a", "b")},
                                {"00081030", {{"vr", "LO"}}}, {"00200011", element(-3)},
                                {"00200013", element("+12")}, {"00200012", element(1.5)}};
    EXPECT_EQ(single_text(data_set, "00080060"), "CT");
    EXPECT_FALSE(single_text(data_set, "0008103E"));
    EXPECT_EQ(joined_text(data_set, "0008103E"), "a\\b");
    EXPECT_FALSE(single_text(data_set, "00081030"));
    EXPECT_TRUE(is_present(data_set, "00081030"));
    EXPECT_FALSE(is_present(data_set, "00100010"));
    EXPECT_EQ(single_integer(data_set, "00200011"), -3);
    EXPECT_EQ(single_integer(data_set, "00200013"), 12);
    EXPECT_FALSE(single_integer(data_set, "00200012"));
    EXPECT_FALSE(single_integer(data_set, "00080060"));
}

TEST(ClassicValues, groups_of_a_name_are_one_text) {
    json::object data_set{
        {"00100010",
         {{"vr", "PN"}, {"Value", json::array{{{"Alphabetic", "Yamada^Tarou"}, {"Phonetic", "yamada"}}}}}}};
    EXPECT_EQ(joined_text(data_set, "00100010"), "Yamada^Tarou==yamada");
}

TEST(ClassicValues, missing_day_and_month_are_the_first) {
    EXPECT_EQ(to_whole_date("1961"), "1961-01-01");
    EXPECT_EQ(to_whole_date("1961.04"), "1961-04-01");
    EXPECT_EQ(to_whole_date("1961/04/30"), "1961-04-30");
    EXPECT_FALSE(to_whole_date("19611301"));
    EXPECT_FALSE(to_whole_date(""));
}

// Obligation: 19.helper.offset
TEST(ClassicValues, offsets) {
    struct Case {
        const char* stored;
        const char* text;
        bool valid;
    };
    for (const Case& each :
         {Case{"+0830", "+08:30", true}, Case{"-0800", "-08:00", true}, Case{"+1400", "+14:00", true},
          Case{"-1400", "-14:00", true}, Case{"+0000", "+00:00", true}, Case{"0", "+00:00", false},
          Case{"8", "+00:00", false}, Case{"+25", "+00:00", false}}) {
        Desk desk;
        const Offset offset = read_offset({{"00080201", element(each.stored)}}, desk.context);
        EXPECT_EQ(offset.text, each.text) << each.stored;
        EXPECT_EQ(offset.valid, each.valid) << each.stored;
        EXPECT_EQ(desk.records.size(), each.valid ? 0U : 1U) << each.stored;
    }
    Desk desk;
    const Offset absent = read_offset({}, desk.context);
    EXPECT_TRUE(absent.valid);
    EXPECT_EQ(absent.text, "+00:00");
}

// Obligation: 19.helper.started
TEST(ClassicValues, date_and_time_together_or_nothing) {
    struct Case {
        const char* date;
        const char* time;
        const char* offset;
        const char* wanted;  ///< null: none
    };
    for (const Case& each :
         {Case{"20240229", "134501.250000", "+05:30", "2024-02-29T13:45:01.25+05:30"},
          Case{"20240229", "134501.123987", "+00:00", "2024-02-29T13:45:01.123+00:00"},
          Case{"20240229", "13", "+00:00", "2024-02-29T13:00:00+00:00"},
          Case{"202402", "0915", "-03:30", "2024-02-01T09:15:00-03:30"},
          Case{"2024", "09:15", "+00:00", "2024-01-01T09:15:00+00:00"},
          Case{"20240229", "", "+00:00", nullptr}, Case{"", "0915", "+00:00", nullptr},
          Case{"20240230", "0915", "+00:00", nullptr}, Case{"20240229", "2515", "+00:00", nullptr}}) {
        json::object data_set;
        if (*each.date != '\0') data_set["00080020"] = element(each.date);
        if (*each.time != '\0') data_set["00080030"] = element(each.time);
        const auto started = started_at(data_set, "00080020", "00080030", {each.offset, true});
        EXPECT_EQ(started, each.wanted == nullptr ? std::nullopt : std::optional<std::string>(each.wanted))
            << each.date << ' ' << each.time;
    }
}

}  // namespace
}  // namespace isocenter::fhir::classic
