#include "fhir/exact_json.h"

#include <gtest/gtest.h>

#include "fhir/json_members.h"

namespace isocenter::fhir {
namespace {

namespace json = boost::json;

json::value parsed(std::string_view text) {
    boost::system::error_code error;
    json::value value = parse_exact(text, error);
    EXPECT_FALSE(error) << text << ": " << error.message();
    return value;
}

TEST(ExactJson, gives_every_number_back_as_it_was) {
    for (const char* text : {"0",
                             "-0",
                             "-0.0",
                             "1.5690000",
                             "1.50",
                             "0.1234567890123456789",
                             "100000000.10",
                             "-71.0700",
                             "1E2",
                             "1e+2",
                             "1.0e-05",
                             "5.0",
                             "9223372036854775807",
                             "9223372036854775808",
                             "-9223372036854775808",
                             "12345678901234567890",
                             "123456789012345678901234567890",
                             "1e400",
                             "[1.0,2,[3.00]]",
                             R"({"a":{"valueDecimal":1.0},"b":[null,true,false,"1.0","",{},[]]})"})
        EXPECT_EQ(serialize_exact(parsed(text)), text);
}

TEST(ExactJson, counts_stay_integers_and_other_numbers_can_be_read) {
    EXPECT_TRUE(parsed("5").is_int64());
    EXPECT_FALSE(is_exact_number(parsed("5")));
    EXPECT_TRUE(is_exact_number(parsed("5.0")));
    EXPECT_EQ(number_in(parsed("5.0")), 5.0);
    EXPECT_EQ(number_in(parsed("-1.50")), -1.5);
    EXPECT_EQ(number_in(json::value(std::uint64_t{7})), 7.0);
    EXPECT_EQ(number_in(json::value(0.5)), 0.5);
    EXPECT_EQ(number_in(json::value("5.0")), std::nullopt);
    const json::value object = parsed(R"({"value":1.50})");
    EXPECT_EQ(text_member(object.as_object(), "value"), "") << "a number is no text";
}

TEST(ExactJson, text_is_never_taken_for_a_number) {
    const std::string long_text(5000, 'x');
    for (const std::string& text :
         {std::string(R"("\u0000n1.5")"), std::string(R"("\u0000t")"), std::string(R"("\u0000")"),
          std::string(R"("a\u0000n1.5\"\\")"), std::string(R"({"\u0000n1.5":"ä"})"),
          "\"\\u0000" + long_text + "\\u0000" + long_text + '"'}) {
        EXPECT_EQ(serialize_exact(parsed(text)), text);
        EXPECT_FALSE(is_exact_number(parsed(text)));
    }
    const std::string forged("\0n1,\"a\":2", 9);
    EXPECT_EQ(serialize_exact(json::value(forged)), R"("\u0000n1,\"a\":2")");
}

TEST(ExactJson, refuses_what_is_no_json) {
    for (const char* text :
         {"", "{", "1.", "01", "1.5x", "[1.0,]", "{} {}", "\"a", "--1", "+1", ".5", "1e"}) {
        boost::system::error_code error;
        EXPECT_TRUE(parse_exact(text, error).is_null()) << text;
        EXPECT_TRUE(error) << text;
    }
}

}  // namespace
}  // namespace isocenter::fhir
