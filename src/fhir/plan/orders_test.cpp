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

TEST(Orders, every_number_is_asked_for_once) {
    Wanted wanted;
    wanted.study = WantedResource{
        {}, {}, {{"basedOn", json::array{based_on({"urn:ris", "551"}), based_on({"", "5,2"})}}}};
    wanted.observations = {{{}, {}, {{"basedOn", json::array{based_on({"urn:ris", "551"})}}}}};
    EXPECT_EQ(order_tokens(order_identifiers(wanted)), "urn%3Aris%7C551,5%5C%2C2");
}

}  // namespace
}  // namespace isocenter::fhir
