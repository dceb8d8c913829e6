#include "fhir/plan/orders.h"

#include <gtest/gtest.h>

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

json::object based_on(const Identifier& number) {
    json::object identifier{{"value", number.value}};
    if (!number.system.empty()) identifier["system"] = number.system;
    return {{"type", "ServiceRequest"}, {"identifier", std::move(identifier)}};
}

json::object order(const std::string& id, const Identifier& number, const std::string& type = {}) {
    json::object identifier{{"system", number.system}, {"value", number.value}};
    if (!type.empty()) identifier["type"] = {{"coding", json::array{{{"code", type}}}}};
    return {
        {"resourceType", "ServiceRequest"}, {"id", id}, {"identifier", json::array{std::move(identifier)}}};
}

/// Where the reference to `number` leads with these orders; empty: it stays logical.
std::string linked(const Identifier& number, const std::vector<json::object>& found) {
    json::object study{{"basedOn", json::array{based_on(number)}}};
    link_orders(study, found);
    const auto* reference = study["basedOn"].as_array()[0].as_object().if_contains("reference");
    return reference == nullptr ? "" : std::string(reference->as_string());
}

TEST(Orders, the_one_with_the_accession_number_is_referred_to) {
    const Identifier number{"urn:ris", "551"};
    EXPECT_EQ(linked(number, {order("1", number)}), "ServiceRequest/1");
    EXPECT_EQ(linked(number, {order("1", number, "ACSN")}), "ServiceRequest/1");
    EXPECT_EQ(linked({"", "551"}, {order("1", number)}), "ServiceRequest/1");
    EXPECT_EQ(linked(number, {order("1", number), order("2", {"urn:ris", "552"})}), "ServiceRequest/1");
}

TEST(Orders, none_several_and_other_numbers_leave_it_logical) {
    const Identifier number{"urn:ris", "551"};
    EXPECT_EQ(linked(number, {}), "");
    EXPECT_EQ(linked(number, {order("1", number), order("2", number)}), "");
    EXPECT_EQ(linked(number, {order("1", {"urn:other", "551"})}), "");
    EXPECT_EQ(linked(number, {order("1", number, "PLAC")}), "") << "a placer number of the same text";
}

TEST(Orders, one_for_somebody_else_is_none_of_the_study) {
    const Identifier identity{"urn:mrn", "A"};
    const std::string base = "http://fhir.test/fhir";
    const std::vector<json::object> patients{
        {{"id", "p1"},
         {"identifier", json::array{json::object{{"system", "urn:insurance"}, {"value", "X"}}}}}};
    const auto is_for = [&](json::value subject) {
        return is_order_of({{"subject", std::move(subject)}}, {identity, patients, base});
    };
    EXPECT_TRUE(is_order_of({}, {identity, patients, base}));
    EXPECT_TRUE(is_for({{"reference", "Patient/p1"}}));
    EXPECT_TRUE(is_for({{"reference", "http://fhir.test/fhir/Patient/p1/_history/2"}}));
    EXPECT_TRUE(is_for({{"identifier", {{"system", "urn:mrn"}, {"value", "A"}}}}));
    EXPECT_TRUE(is_for({{"identifier", {{"system", "urn:insurance"}, {"value", "X"}}}}));
    for (const char* reference : {"Patient/p2", "Group/p1", "http://other.test/fhir/Patient/p1", "#p1"})
        EXPECT_FALSE(is_for({{"reference", reference}})) << reference;
    EXPECT_FALSE(is_for({{"identifier", {{"system", "urn:mrn"}, {"value", "a"}}}}));
    EXPECT_FALSE(is_for({{"identifier", {{"value", "A"}}}}));
    EXPECT_FALSE(is_for({{"display", "somebody"}}));
    EXPECT_FALSE(is_for("Patient/p1"));
}

TEST(Orders, every_number_is_asked_for_once) {
    Wanted wanted;
    wanted.study = WantedResource{
        {}, {}, {{"basedOn", json::array{based_on({"urn:ris", "551"}), based_on({"", "5,2"})}}}};
    wanted.observations = {{{}, {}, {{"basedOn", json::array{based_on({"urn:ris", "551"})}}}}};
    EXPECT_EQ(order_tokens(order_identifiers(wanted)), "urn%3Aris%7C551,5%5C%2C2");
}

}  // namespace
}  // namespace isocenter::fhir
