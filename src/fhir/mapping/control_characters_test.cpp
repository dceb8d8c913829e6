#include <gtest/gtest.h>

#include "fhir/mapping/codings.h"
#include "fhir/mapping/parts.h"
#include "fhir/mapping/test_study.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;
using testing::element;
using testing::image;
using testing::person;
using testing::sequence;

class ControlCharacters : public ::testing::Test {
  protected:
    Result<Wanted> wanted(std::initializer_list<std::pair<const char*, json::object>> attributes) {
        records_.clear();
        auto instance = image("2.25.2", 1);
        for (const auto& [tag, value] : attributes)
            instance[tag] = value;
        return compute_wanted({testing::study_of({instance}), {}, {}}, options_, records_);
    }
    json::object study(std::initializer_list<std::pair<const char*, json::object>> attributes) {
        const auto made = wanted(attributes);
        EXPECT_TRUE(made.ok());
        return made->study->resource;
    }
    std::vector<std::string> noted() const {
        std::vector<std::string> tags;
        for (const auto& record : records_)
            tags.push_back(record.tag);
        return tags;
    }
    using Tags = std::vector<std::string>;

    Options options_{.own_endpoint = "https://pacs.lakeside.test/v2"};
    std::vector<ValidationRecord> records_;
};

TEST_F(ControlCharacters, leave_texts_and_are_noted) {
    const auto made = study({{"00081030", element("a\x01"
                                                  "b\x1b\fc")},
                             {"0008103E", element("\x0b\x1f")},
                             {"00080080", element("Lake\x02side")},
                             {"00081032", sequence({testing::code("7", "99X", "Thorax\f")})}});
    EXPECT_EQ(made.at("description"), "ab c");
    EXPECT_EQ(made.at("location").at("display"), "Lakeside");
    EXPECT_FALSE(made.at("series").at(0).as_object().contains("description")) << "nothing was left";
    EXPECT_EQ(made.at("procedureCode").at(0).at("coding").at(0).at("display"), "Thorax");
    EXPECT_EQ(noted(), (Tags{"00080080", "00080104", "00081030", "0008103E"}));
    EXPECT_EQ(records_[0].value, "Lake\x02side") << "as stored";
}

TEST_F(ControlCharacters, leave_names) {
    const auto made = wanted({{"00100010", person("Oka\ffor^Ada\x1c")}});
    const auto& name = made->patient->resource.at("name").at(0);
    EXPECT_EQ(name.at("family"), "Oka for");
    EXPECT_EQ(name.at("given").at(0), "Ada");
    EXPECT_EQ(noted(), Tags{"00100010"});
}

TEST_F(ControlCharacters, tabs_and_lines_stay_inside_of_texts) {
    const auto made = study({{"00081030", element("\ta\r\nb\n")}, {"00104000", element("not\x01mapped")}});
    EXPECT_EQ(made.at("description"), "a\r\nb");
    EXPECT_TRUE(noted().empty());
    EXPECT_TRUE(wanted({{"00100020", element("LK\t7\t")}}).ok());
    EXPECT_TRUE(noted().empty()) << "one patient";
    EXPECT_FALSE(wanted({{"00100020", element("\t")}}).ok());
    EXPECT_EQ(make_coding("urn:x", " a\t b\n").at("code"), "a b");
}

TEST_F(ControlCharacters, do_not_make_one_thing_another) {
    const auto made = study({{"00080050", element("5\x01"
                                                  "51")},
                             {"00400560", sequence({json::object{{"00400551", element("S\x01"
                                                                                      "1")}}})},
                             {"00081032", sequence({testing::code("2462\x01"
                                                                  "7-2",
                                                                  "LN", "CT")})}});
    EXPECT_EQ(made.at("identifier").as_array().size(), 1U) << "no accession number";
    EXPECT_FALSE(made.contains("basedOn"));
    EXPECT_FALSE(made.contains("procedureCode"));
    EXPECT_FALSE(made.at("series").at(0).as_object().contains("specimen"));
    EXPECT_EQ(noted(), (Tags{"00080050", "00080100", "00400551"}));
    const auto patient = wanted({{"00100020", element("LK-\x01"
                                                      "2207")}});
    ASSERT_FALSE(patient.ok());
    EXPECT_EQ(patient.error().detail, "00100020");
    const json::object uid{{"vr", "UI"},
                           {"Value", json::array{"2.25.\x01"
                                                 "2"}}};
    EXPECT_EQ(wanted({{"0020000E", uid}}).error().detail, "0020000E");
}

}  // namespace
}  // namespace isocenter::fhir
