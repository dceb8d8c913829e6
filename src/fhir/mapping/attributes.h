#pragma once

#include <boost/json.hpp>
#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

/// Reads DICOM JSON (PS3.18 annex F). Tags are eight upper-case hexadecimal digits.
namespace isocenter::fhir {

using DataSet = boost::json::object;

/// Whether FHIR's strings may have the character, or all of the text: no control below U+0020 but tab, CR,
/// LF.
bool is_in_fhir(char c);
bool is_in_fhir(std::string_view text);

/// The values of an attribute; null when it has none.
const boost::json::array* values_of(const DataSet& data_set, std::string_view tag);
/// The first value as text, trimmed; empty when there is none. Numbers by their digits, UIDs as stored.
std::string first_text(const DataSet& data_set, std::string_view tag);
/// The first value as it is, but for blanks around it.
std::string stored_text(const DataSet& data_set, std::string_view tag);
/// The same for what tells things apart: empty where FHIR has no place for it, since without a character it
/// could be that of another thing.
std::string exact_text(const DataSet& data_set, std::string_view tag);
/// All values that are not empty.
std::vector<std::string> all_texts(const DataSet& data_set, std::string_view tag);
/// The items of a sequence.
std::vector<const DataSet*> items_of(const DataSet& data_set, std::string_view tag);
/// One group (`Alphabetic`, `Ideographic`, `Phonetic`) of each name that has it.
std::vector<std::string> names_of(const DataSet& data_set, std::string_view tag, std::string_view group);
/// What to call each person of an attribute: `Dr. Ada Byron, PhD` for `Byron^Ada^^Dr.^PhD`, in the first
/// group that is filled. One per value, empty for who has no name: other attributes go by these positions.
std::vector<std::string> displays_of(const DataSet& data_set, std::string_view tag);
/// Without blanks, tabs and ends of lines around it, and without what FHIR's strings may not have.
std::string trimmed(std::string_view text);
std::vector<std::string> split(std::string_view text, char separator);

/// Data sets that should agree. Where they do not, non-empty beats empty, then the greatest
/// (InstanceCreationDate, InstanceCreationTime, SOPInstanceUID) wins; so nothing depends on their order.
class Agreement {
  public:
    explicit Agreement(std::vector<const DataSet*> instances);

    const std::vector<const DataSet*>& instances() const { return instances_; }
    /// The instance that decides about `tag`: the first, in order of rank, with a value; null when none has.
    const DataSet* decider(std::string_view tag) const;
    const DataSet* decider(const std::function<bool(const DataSet&)>& has_value) const;
    std::string text(std::string_view tag) const;
    /// The decider, or an empty data set.
    const DataSet& source(std::string_view tag) const;

  private:
    std::vector<const DataSet*> instances_;
};

/// Whether the attribute has a value that is not empty.
bool has_value(const DataSet& data_set, std::string_view tag);

}  // namespace isocenter::fhir
